"""The page of a drill's rows."""

import subprocess
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from local.drill.row import Row
from local.drill.table import BEGIN, END, PAGE, line_of, table_of, write

ROW = Row(
    name="slow",
    title="slow at p99",
    load="busy",
    passed=False,
    by="the hook before traffic of api",
    seconds=12.3,
    requests=40,
    requests_hurt=0,
    requests_lost=0,
    events_hurt=0,
    events_lost=0,
    state="old versions, UPDATE_ROLLBACK_COMPLETE",
)


def lines(project: Path) -> list[str]:
    text = (project / PAGE).read_text("utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_a_row_takes_the_place_of_the_one_with_its_version_and_load(tmp_path: Path) -> None:
    for words in (("init", "-q"), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a", "--allow-empty")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S607 - every checkout has Git
    (tmp_path / PAGE).parent.mkdir()
    (tmp_path / PAGE).write_text(f"Before.\n{BEGIN}{END}\nAfter.\n")

    write([ROW, replace(ROW, load="none"), replace(ROW, title="old")], tmp_path, titles=["slow at p99", "old"])
    write([replace(ROW, seconds=99)], tmp_path, titles=["slow at p99"])

    _, _, none, busy = lines(tmp_path)
    assert busy.startswith("| slow at p99 | busy | taken back | the hook before traffic of api | 99 | 40 (0) |")
    assert none.startswith("| slow at p99 | none | taken back | the hook before traffic of api | 12 | 40 (0) |")


def test_a_terminal_of_80_columns_shows_a_row_on_one_line() -> None:
    console = Console(width=80)
    row = replace(ROW, name="answers-500-unrehearsed", load="5-a-minute", requests_hurt=3, events_hurt=1)

    with console.capture() as shown:
        console.print(table_of([row]))

    head, line = shown.get().splitlines()
    assert head.split() == ["version", "load", "outcome", "seconds", "hurt", "lost", "faults"]
    assert line.split() == ["answers-500-unrehearsed", "5-a-minute", "taken", "back", "12", "4", "0"]


def test_a_line_tells_the_faults() -> None:
    bad = replace(ROW, passed=True, by="", faults=("a bad version passed",))

    assert line_of(ROW).startswith("✔ slow, load busy: taken back by the hook before traffic of api after 12.3 s;")
    assert line_of(bad).startswith("✘ slow, load busy: passed after 12.3 s;")
    assert line_of(bad).endswith("a bad version passed.")
