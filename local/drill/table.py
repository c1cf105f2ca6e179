"""The table of a drill: in a terminal, and in docs/releases.md, where each row has its date and commit."""

import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from local.drill.load import LOADS
from local.drill.row import Row

PAGE = Path("docs", "releases.md")
BEGIN, END = "<!-- drill: written by `make drill release` -->\n", "<!-- end of drill -->"
_COLUMNS = ("version", "load", "outcome", "by", "seconds", "requests (hurt)", "events hurt", "lost", "state after")


def table_of(rows: Iterable[Row]) -> Table:
    """Return the rows for a terminal of 80 columns; `line_of` has the rest."""
    table = Table("version", "load", "outcome", "seconds", "hurt", "lost", "faults", box=None, padding=(0, 1))
    for row in rows:
        hurt, lost = row.requests_hurt + row.events_hurt, row.requests_lost + row.events_lost
        counts = f"{row.seconds:.0f}", str(hurt), str(lost)
        table.add_row(row.name, row.load, row.outcome, *counts, "; ".join(row.faults))
    return table


def line_of(row: Row) -> str:
    """Return one row as a line."""
    mark = "✘" if row.faults else "✔"
    by = f" by {row.by}" if row.by else ""
    faults = f" {'; '.join(row.faults)}." if row.faults else ""
    return (
        f"{mark} {row.name}, load {row.load}: {row.outcome}{by} after {row.seconds:g} s;"
        f" {row.requests} requests, {row.requests_hurt} hurt; {row.events_hurt} events hurt; {row.state}.{faults}"
    )


def write(rows: Iterable[Row], project: Path, *, titles: Sequence[str]) -> None:
    """Write rows into the page; each takes the place of the row with the same version and load.

    Args:
        rows: The rows.
        project: The checkout.
        titles: Those of all versions, in the order of the page; rows of others are removed.
    """
    page = project / PAGE
    head, rest = page.read_text("utf-8").split(BEGIN)
    old, tail = rest.split(END)
    found = {_key(line): line for line in old.splitlines() if line.startswith("| ")}
    shown = f"{datetime.now(UTC):%Y-%m-%d} {_commit(project)}"
    found |= {_key(line): line for line in (_line((*_cells(row), shown)) for row in rows)}
    places = [(title, load) for title in titles for load in LOADS]
    lines = [_line((*_COLUMNS, "run")), _line(["---"] * (len(_COLUMNS) + 1))]
    lines += [found[place] for place in places if place in found]
    page.write_text(f"{head}{BEGIN}\n{'\n'.join(lines)}\n\n{END}{tail}", "utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.title,
        row.load,
        row.outcome,
        row.by,
        f"{row.seconds:.0f}",
        f"{row.requests} ({row.requests_hurt})",
        str(row.events_hurt),
        str(row.requests_lost + row.events_lost),
        row.state,
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _key(line: str) -> tuple[str, str]:
    title, load, *_ = line.removeprefix("| ").split(" | ")
    return title, load


def _commit(project: Path) -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, check=True)  # noqa: S607 - a checkout has Git
        return done.stdout.strip()

    is_changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{PAGE.as_posix()}")
    return git("rev-parse", "--short", "HEAD") + ("+" if is_changed else "")
