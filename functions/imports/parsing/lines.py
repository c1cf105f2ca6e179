"""The lines of a stream of bytes, in bounded memory, each with the place that reading can be taken up from again."""

import codecs
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from functions.imports.parsing.encodings import Encoding

# More than any row of a target needs, and less than the `csv` module takes in a field (131,072).
LINE_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a line begins.

    Attributes:
        offset: In bytes from the beginning of the file.
        line: Counted from 1.
        is_within: Whether it is no beginning, but somewhere in a line that is too long.
    """

    offset: int
    line: int
    is_within: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what ends it, or a piece of one that has more than `LINE_CHARACTERS`: then `text` is None.

    A line that never ends comes in pieces, so that whoever reads it gets to look at the clock.
    """

    text: str | None
    size_bytes: int
    begins: bool = True
    ends: bool = True


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
        self._is_within = start.is_within

    @property
    def position(self) -> Position:
        """Where the next line, or piece of one, begins."""
        return Position(self._offset, self._number, self._is_within)

    @property
    def offset(self) -> int:
        """How many bytes of the file are before that."""
        return self._offset

    def take(self) -> Line | None:
        """Return the next line, or piece of one; None at the end."""
        line = self._given_back.popleft() if self._given_back else next(self._source, None)
        if line is not None:
            self._offset += line.size_bytes
            self._number += line.ends
            self._is_within = not line.ends
        return line

    def give_back(self, lines: list[Line]) -> None:
        """Return the lines taken last, in their order, to be taken again."""
        if not lines:
            return
        self._given_back.extendleft(reversed(lines))
        self._offset -= sum(line.size_bytes for line in lines)
        self._number -= sum(line.ends for line in lines)
        self._is_within = not lines[0].begins

    def _read(self, blocks: Iterable[bytes]) -> Iterator[Line]:
        size_of = self._encoding.size_bytes
        rest, is_within = "", self._is_within
        for text, is_last in self._decoded(blocks):
            lines = list(StringIO(rest + text, newline=""))
            rest = ""
            if lines and not is_last and not lines[-1].endswith("\n"):
                # Also after a CR: the LF that belongs to it may come with the next block.
                rest = lines.pop()
            for line in lines:
                if is_within or len(line) > LINE_CHARACTERS:
                    yield Line(None, size_of(line), begins=not is_within)
                    is_within = False
                else:
                    yield Line(line, size_of(line))
            # A CR at its end stays, to be looked at together with what follows.
            kept = "\r" if rest.endswith("\r") else ""
            if len(rest) > LINE_CHARACTERS or (is_within and rest != kept):
                yield Line(None, size_of(rest) - size_of(kept), begins=not is_within, ends=False)
                rest, is_within = kept, True

    def _decoded(self, blocks: Iterable[bytes]) -> Iterator[tuple[str, bool]]:
        decoder = codecs.getincrementaldecoder(self._encoding.name)(self._encoding.errors)
        for block in blocks:
            yield decoder.decode(block), False
        try:
            yield decoder.decode(b"", final=True), True
        except UnicodeDecodeError:
            # Half a unit at the very end, maybe after half a character: a lone surrogate stands for it, as for all that
            # is no text.
            pending, _ = decoder.getstate()
            yield pending[:-1].decode(self._encoding.name, self._encoding.errors) + "\udc80", True
