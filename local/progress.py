"""Progress of long steps: a line a step with its time, and while it runs, where it is.

On a terminal the running step is shown with a spinner; elsewhere each line is written once.
"""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.status import Status

_NAME_WIDTH = 22


class Step:
    """A running step."""

    def __init__(self, name: str, status: Status | None) -> None:
        self.name = name
        self.note = ""
        self._status = status
        self._began_at = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._began_at

    def say(self, text: str) -> None:
        """Show what the step is doing now; nothing is written where lines cannot be replaced."""
        if self._status is not None:
            self._status.update(f"{self.name:<{_NAME_WIDTH}}{self.elapsed_s:4.0f} s  [dim]{escape(text)}[/dim]")


class Progress:
    """Writes steps to standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step; it ends with ✔ and its time, or with ✘ when the block raises."""
        live = self.console.is_terminal
        with self.console.status(name) if live else contextlib.nullcontext() as status:
            step = Step(name, status)
            try:
                yield step
            except BaseException:
                self.console.print(f"[red]✘[/red] {name:<{_NAME_WIDTH}}{step.elapsed_s:6.1f} s")
                raise
        note = f"  [dim]{escape(step.note)}[/dim]" if step.note else ""
        self.console.print(f"[green]✔[/green] {name:<{_NAME_WIDTH}}{step.elapsed_s:6.1f} s{note}")

    def say(self, text: str = "") -> None:
        """Write a line as it is."""
        self.console.print(text, markup=False)
