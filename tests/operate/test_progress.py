"""Progress on a terminal and in a log."""

import io

from operate.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_contains_each_change_once() -> None:
    stream = io.StringIO()
    progress = Progress(stream)

    for text in ("1 of 2", "1 of 2", "2 of 2"):
        progress.show(text)
    progress.say("done")

    assert stream.getvalue() == "1 of 2\n2 of 2\ndone\n"


def test_a_terminal_shows_one_line_that_is_overwritten() -> None:
    stream = Terminal()
    progress = Progress(stream)

    progress.show("1 of 2")
    progress.show("2 of 2")
    progress.say("done")

    assert stream.getvalue() == "\r\x1b[K1 of 2\r\x1b[K2 of 2\ndone\n"
