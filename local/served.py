"""The ASGI app inside the handler that the variable SERVED_HANDLER names: see `local/serve.py`."""

import importlib
import io
import os
import pdb  # noqa: T100 - for `breakpoint()` in the code of the service
import sys
import time
from typing import TextIO, override

from local.log_lines import function_line


class _ReadableLines(io.TextIOBase):
    """Writes the JSON lines of a function as `make logs` shows them."""

    def __init__(self, output: TextIO, source: str) -> None:
        self._output = output
        self._source = source
        self._partial = ""

    @override
    def write(self, text: str, /) -> int:
        *lines, self._partial = (self._partial + text).split("\n")
        for line in filter(None, (function_line(self._source, time.time_ns() // 1_000_000, each) for each in lines)):
            self._output.write(f"{line}\n")
        self._output.flush()
        return len(text)


def _stop_in_terminal(*_: object, **__: object) -> None:
    """Open Python's debugger in the terminal of `make serve`; its prompt is no line."""
    pdb.Pdb(stdout=sys.__stdout__).set_trace(sys._getframe(1))  # noqa: SLF001 - as pdb.set_trace() does


# debugpy has a hook of its own.
if "debugpy" not in sys.modules:
    sys.breakpointhook = _stop_in_terminal
sys.stdout = _ReadableLines(sys.stdout, f"{os.environ['SERVICE']}/{os.environ['FUNCTION']}")
_module, _, _name = os.environ["SERVED_HANDLER"].rpartition(".")
# Mangum, which makes the app a Lambda handler, keeps it: the app with the middlewares of the deployed function.
app = getattr(importlib.import_module(_module), _name).app
