"""Progress of a long command: one line that is overwritten on a terminal, one line for each change elsewhere."""

import sys
from typing import TextIO


class Progress:
    """Writes to standard error; standard output contains only results."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = ""

    def show(self, text: str) -> None:
        """Show the current state; on a terminal the next call overwrites it."""
        if text == self._shown:
            return
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()
        else:
            self._stream.write(f"{text}\n")
        self._shown = text

    def say(self, text: str) -> None:
        """Write a line that stays."""
        if self._shown and self._stream.isatty():
            self._stream.write("\n")
        self._stream.write(f"{text}\n")
        self._stream.flush()
        self._shown = ""
