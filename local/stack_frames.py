"""Stacks of the functions in the paths of this checkout, the innermost frame first."""

import re
from collections.abc import Iterable, Iterator

# Lambda unpacks a bundle here; the embedded AWS reports this folder, too.
_TASK_ROOT = "/var/task/"
_FRAME = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)\n?(?P<code>[^\n]*)')


def readable(stack: Iterable[str]) -> Iterator[str]:
    """Turn the `stackTrace` of Lambda's runtime into lines: `functions/users/routes.py:52 create  user = …`."""
    for frame in reversed(list(stack)):
        found = _FRAME.match(frame)
        if found is None:
            yield frame.strip()
        else:
            place = f"{found['file'].removeprefix(_TASK_ROOT)}:{found['line']} {found['name']}"
            yield f"{place}  {found['code'].strip()}".rstrip()
