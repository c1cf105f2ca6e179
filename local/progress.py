"""The progress of long steps: a line with its time for each step.

A terminal also shows the running step with a clock and its current action; elsewhere each line is written once.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich import progress as rich_progress
from rich.console import Console
from rich.markup import escape

_NAME_WIDTH = 22


class Step:
    """A running step; `note` is shown next to its duration when it ends."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.note = ""
        self.say = show
        self._began_at = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._began_at


class Progress:
    """Writes steps to standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step; it ends with ✔ and its time, or with ✘ if the block raises."""
        with self._shown(name) as show:
            step = Step(show)
            try:
                yield step
            except BaseException:
                self._end("[red]✘[/red]", name, step)
                raise
        self._end("[green]✔[/green]", name, step)

    def say(self, text: str = "") -> None:
        """Write a line as it is."""
        self.console.print(text, markup=False, emoji=False)

    def _end(self, mark: str, name: str, step: Step) -> None:
        note = f"  [dim]{escape(step.note)}[/dim]" if step.note else ""
        self.console.print(f"{mark} {name:<{_NAME_WIDTH}}{step.elapsed_s:6.1f} s{note}")

    @contextlib.contextmanager
    def _shown(self, name: str) -> Iterator[Callable[[str], None]]:
        """Yield a function that shows the step's current action; it does nothing outside a terminal."""
        if not self.console.is_terminal:
            yield lambda _: None
            return
        columns = (
            rich_progress.SpinnerColumn(finished_text=" "),
            rich_progress.TextColumn(f"{{task.description:<{_NAME_WIDTH}}}"),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TextColumn("[dim]{task.fields[doing]}"),
        )
        with rich_progress.Progress(*columns, console=self.console, transient=True) as shown:
            task = shown.add_task(name, total=None, doing="")
            yield lambda text: shown.update(task, doing=escape(text))
