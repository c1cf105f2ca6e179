"""Starts a handler as Lambda does, and calls it; `valgrind` counts the instructions of the process.

`python calling.py <module> <event as JSON> <requests>` in the folder of a bundle. If the environment says that Lambda
takes a snapshot, the hooks of a restore run before the first request.
"""

import importlib
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

sys.path[:] = [".", *(entry for entry in sys.path[1:] if "site-packages" not in entry)]
hooks: list[tuple[Any, ...]] = []
# Lambda's runtime has this module.
runtime: Any = ModuleType("snapshot_restore_py")
runtime.register_after_restore = lambda *call: hooks.append(call)
sys.modules["snapshot_restore_py"] = runtime

module, event, requests = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
handler = importlib.import_module(module).handler
if requests:
    for function, *arguments in hooks:
        function(*arguments)
for _ in range(requests):
    answer = handler(event, SimpleNamespace(function_name="bench", get_remaining_time_in_millis=lambda: 20_000))
    if answer["statusCode"] != 200:
        sys.exit(f"{module} answered {answer}")
