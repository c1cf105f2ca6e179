"""End a handler's log lines with a marker, so that MiniStack neither waits for more lines nor loses any.

Relies on `lambda_runtime._PYTHON_WORKER_SCRIPT`, which runs in the handler's process, and on
`Worker._drain_stderr_bounded`, which waited 50 ms for a first line and then 5 ms for silence.
"""

import queue
import time
from typing import Any

from ministack.core import lambda_runtime

from local.embedded_aws.extension import Extension, Hook

_MARKER = "\x1eend-of-invocation\x1e"
_ANSWERED = "        _real_stdout.flush()\n\nrun()"
_MARK = f"        sys.stderr.write({_MARKER + '\n'!r})\n        sys.stderr.flush()\n"


def _drain(
    worker: Any,
    first_line_wait: float = 0.050,  # noqa: ARG001 - the signature is upstream's
    idle_confirm: float = 0.005,  # noqa: ARG001 - the signature is upstream's
    hard_cap: float = 0.250,
) -> str:
    """Collect the lines of one invocation, up to its marker.

    A process that died has written no marker: after `hard_cap` seconds, return the lines so far.
    """
    lines: list[str] = []
    deadline = time.monotonic() + hard_cap
    while (remaining := deadline - time.monotonic()) > 0:
        try:
            line: str = worker._stderr_queue.get(timeout=remaining)
        except queue.Empty:
            break
        # A last line without a line break is followed by the marker on the same line.
        if line.endswith(_MARKER):
            lines += filter(None, [line.removesuffix(_MARKER)])
            break
        lines.append(line)
    return "\n".join(lines)


def _install() -> None:
    lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(_ANSWERED, _MARK + _ANSWERED)
    lambda_runtime.Worker._drain_stderr_bounded = _drain


EXTENSION = Extension(
    closes="Every warm invocation waited up to 50 ms for log lines that might still come.",
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="_PYTHON_WORKER_SCRIPT",
            contains=(_ANSWERED, "sys.stdout = sys.stderr"),
        ),
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker._drain_stderr_bounded",
            parameters=("self", "first_line_wait", "idle_confirm", "hard_cap"),
            contains=("self._stderr_queue.get_nowait()",),
        ),
    ),
    install=_install,
)
