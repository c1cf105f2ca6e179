"""Show a release: a table that changes in a terminal, lines elsewhere, or JSON objects for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from local.release.progress import FunctionRelease, Traffic


class Display(Protocol):
    """Shows a release while it runs."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(self, *_: object) -> None:
        """End; the last state stays visible."""
        ...

    def show(self, functions: Sequence[FunctionRelease]) -> None:
        """Show the present state."""
        ...

    def say(self, text: str) -> None:
        """Show a message."""
        ...


class TableDisplay:
    """A table in a terminal, with a row for each function."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End; the table stays."""
        self._live.stop()

    def show(self, functions: Sequence[FunctionRelease]) -> None:
        """Replace the table."""
        if functions:
            self._live.update(_table(functions))

    def say(self, text: str) -> None:
        """Write a line above the table."""
        self._live.console.print(text, markup=False)


class LineDisplay:
    """A line for each change; without the time left, which always changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self, functions: Sequence[FunctionRelease]) -> None:
        """Write a line for each function that changed in more than its requests."""
        for each in functions:
            state = _state(each)
            if self._shown.get(each.deployment_id) != state:
                self._shown[each.deployment_id] = state
                self.say(f"{state}; {_requests(each)}")

    def say(self, text: str) -> None:
        """Write a line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class JsonDisplay:
    """A JSON object for each change: `{"event": "function", …}`; a message is `{"event": "message", "text": …}`."""

    def __init__(self, console: Console) -> None:
        self._lines = LineDisplay(console)
        self._shown: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def show(self, functions: Sequence[FunctionRelease]) -> None:
        """Write an object for each function that changed."""
        for each in functions:
            data = asdict(each)
            del data["left_s"]
            line = json.dumps({"event": "function", **data})
            if self._shown.get(each.deployment_id) != line:
                self._shown[each.deployment_id] = line
                self._lines.say(line)

    def say(self, text: str) -> None:
        """Write a message as an object."""
        self._lines.say(json.dumps({"event": "message", "text": text}))


def display_for(console: Console, *, as_json: bool) -> Display:
    """Return the display that suits the output."""
    if as_json:
        return JsonDisplay(console)
    return TableDisplay(console) if console.is_terminal else LineDisplay(console)


def _table(functions: Sequence[FunctionRelease]) -> Table:
    table = Table("function", "old version", "new version", "hooks", "alarms", "state", box=None, padding=(0, 2))
    for each in functions:
        left = f", {each.left_s:.0f} s left" if each.left_s is not None else ""
        table.add_row(
            each.function,
            f"{each.old_version}: {100 - each.new_percent:g} %, {_counted(each.old)}",
            f"{each.new_version}: {each.new_percent:g} %, {_counted(each.new)}",
            _hooks(each),
            _alarms(each),
            f"{each.status}{left}",
        )
    return table


def _state(each: FunctionRelease) -> str:
    parts = [
        f"{each.function}: {each.status}",
        f"version {each.old_version} {100 - each.new_percent:g} %, {each.new_version} {each.new_percent:g} %",
        f"hooks {_hooks(each)}",
        f"alarms {_alarms(each)}",
        *([each.reason] if each.reason else []),
    ]
    return "; ".join(parts)


def _requests(each: FunctionRelease) -> str:
    return f"old {_counted(each.old)}; new {_counted(each.new)}"


def _counted(traffic: Traffic) -> str:
    return f"{traffic.requests} requests, {traffic.failures} failed"


def _hooks(each: FunctionRelease) -> str:
    shown = [f"{name} {status}" for name, status in each.steps.items() if "Allow" in name and name != "AllowTraffic"]
    return ", ".join(text for text in shown if not text.endswith(("Pending", "Skipped"))) or "none"


def _alarms(each: FunctionRelease) -> str:
    firing = [name for name, state in each.alarms.items() if state == "ALARM"]
    return f"firing: {', '.join(firing)}" if firing else f"{len(each.alarms)} quiet"
