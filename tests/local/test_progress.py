import io
import re

import pytest
from rich.console import Console

from local.progress import Progress


def plain() -> tuple[Progress, io.StringIO]:
    written = io.StringIO()
    return Progress(Console(file=written, highlight=False, soft_wrap=True)), written


def test_a_step_is_one_line_with_its_time_without_a_terminal() -> None:
    progress, written = plain()

    with progress.step("stacks") as step:
        step.say("synthesizing")
        step.note = "unchanged"

    assert re.fullmatch(r"✔ stacks +\d+\.\d s  unchanged\n", written.getvalue())


def test_a_step_that_fails_is_marked_and_the_error_propagates() -> None:
    progress, written = plain()

    with pytest.raises(KeyboardInterrupt), progress.step("stacks"):
        raise KeyboardInterrupt

    assert written.getvalue().startswith("✘ stacks")


def test_a_terminal_shows_the_current_action_of_the_step() -> None:
    written = io.StringIO()
    progress = Progress(Console(file=written, force_terminal=True, width=100, highlight=False))

    with progress.step("stacks") as step:
        step.say("users [3/20]")

    assert "users [3/20]" in written.getvalue()


def test_text_is_written_unchanged() -> None:
    progress, written = plain()

    progress.say("[not] markup :smile:")

    assert written.getvalue() == "[not] markup :smile:\n"
