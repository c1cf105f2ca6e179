"""Draws each thumbnail in a process of its own: no picture takes more time or memory than the function has.

A decoder in C can neither be interrupted nor kept from memory within the function's own process. The process gets no
credentials in its environment. It is no sandbox: a picture that takes a decoder over acts as the function's own user.
"""

import math
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

from functions.files.ports import CannotBeDrawn

if TYPE_CHECKING:
    from functions.files.ports import Draw

# The largest pictures that `drawing.py` allows take 500 MB. The function's own process takes 150 MB of `memory_mb`.
MEMORY_MB = 700
# Of the function's `timeout_s`; the rest is for S3 and DynamoDB. The largest pictures take two seconds.
DEADLINE_S = 20.0
_CANNOT_BE_DRAWN = os.EX_DATAERR


def draw_apart(
    content: bytes, content_type: str, *, memory_mb: int = MEMORY_MB, deadline_s: float = DEADLINE_S
) -> bytes:
    """Return the result of `drawing.draw`.

    Raises:
        CannotBeDrawn: As `drawing.draw`, or the picture takes more than the memory or the time.
    """
    limits = (str(memory_mb * 1024 * 1024), str(math.ceil(deadline_s)))
    try:
        # -S and -P: only the function's own path, no packages of the interpreter, no working directory.
        ended = subprocess.run(
            [sys.executable, "-S", "-P", "-m", __name__, content_type, *limits],
            input=content,
            capture_output=True,
            timeout=deadline_s,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotBeDrawn(f"It takes longer than {deadline_s} s.") from error
    said = ended.stderr.decode(errors="replace").strip()
    if ended.returncode == _CANNOT_BE_DRAWN:
        raise CannotBeDrawn(said)
    if ended.returncode < 0:
        raise CannotBeDrawn(f"The drawing ended with signal {-ended.returncode}. {said}")
    if ended.returncode:
        # No picture causes this: the process did not get as far as the drawing.
        raise RuntimeError(f"The drawing process ended with {ended.returncode}: {said}")
    return ended.stdout


def _environment() -> dict[str, str]:
    """Return the variables that the interpreter needs; those of Lambda contain credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _main(content_type: str, memory_bytes: int, cpu_s: int) -> int:
    from functions.files.drawing import draw  # noqa: PLC0415 - only this process has Pillow in memory

    # macOS knows the limit of memory, but does not enforce it.
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, resource.getrlimit(resource.RLIMIT_AS)[1]))
    # Ends the process if its parent did not live to the deadline.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    try:
        drawn = draw(sys.stdin.buffer.read(), content_type)
    except CannotBeDrawn as error:
        sys.stderr.write(str(error))
        return _CANNOT_BE_DRAWN
    sys.stdout.buffer.write(drawn)
    return 0


if TYPE_CHECKING:
    _: Draw = draw_apart

if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
