"""The lines of a stream of bytes, in bounded memory, each with the place that reading can be taken up from again."""

import codecs
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from functions.imports.encodings import Encoding

# More than any row of a target needs, and less than the `csv` module takes in a field (131,072).
LINE_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a line begins.

    Attributes:
        offset: In bytes from the beginning of the file.
        line: Counted from 1.
    """

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what ends it; `text` is None for one of more than `LINE_CHARACTERS`."""

    text: str | None
    size_bytes: int


class Lines:
    """Lines ended by LF, CR or CRLF, as the `csv` module knows them.

    Args:
        blocks: The bytes of the file from `start` on, cut anywhere.
        encoding: What they are.
        start: The position that an earlier reader of the same file had, or that of the first line.
    """

    def __init__(self, blocks: Iterable[bytes], *, encoding: Encoding, start: Position) -> None:
        self._encoding = encoding
        self._source = self._read(blocks)
        self._given_back: deque[Line] = deque()
        self._offset = start.offset
        self._number = start.line

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self._offset, self._number)

    def take(self) -> Line | None:
        """Return the next line; None at the end."""
        line = self._given_back.popleft() if self._given_back else next(self._source, None)
        if line is not None:
            self._offset += line.size_bytes
            self._number += 1
        return line

    def give_back(self, lines: list[Line]) -> None:
        """Return the lines taken last, in their order, to be taken again."""
        self._given_back.extendleft(reversed(lines))
        self._offset -= sum(line.size_bytes for line in lines)
        self._number -= len(lines)

    def _read(self, blocks: Iterable[bytes]) -> Iterator[Line]:
        size_of = self._encoding.size_bytes
        rest, skipped_bytes = "", 0
        for text, is_last in self._decoded(blocks):
            lines = list(StringIO(rest + text, newline=""))
            rest = ""
            if lines and not is_last and not lines[-1].endswith("\n"):
                # Also after a CR: the LF that belongs to it may come with the next block.
                rest = lines.pop()
            for line in lines:
                if skipped_bytes or len(line) > LINE_CHARACTERS:
                    yield Line(None, skipped_bytes + size_of(line))
                    skipped_bytes = 0
                else:
                    yield Line(line, size_of(line))
            if len(rest) > LINE_CHARACTERS or (skipped_bytes and rest):
                # A CR at its end stays, to be looked at together with what follows.
                kept = "\r" if rest.endswith("\r") else ""
                skipped_bytes += size_of(rest) - size_of(kept)
                rest = kept
        if skipped_bytes:
            yield Line(None, skipped_bytes)

    def _decoded(self, blocks: Iterable[bytes]) -> Iterator[tuple[str, bool]]:
        decoder = codecs.getincrementaldecoder(self._encoding.name)(self._encoding.errors)
        for block in blocks:
            yield decoder.decode(block), False
        try:
            yield decoder.decode(b"", final=True), True
        except UnicodeDecodeError:
            # Half a character at the very end: a lone surrogate stands for it, as for all that is no text.
            yield "\udc80", True
