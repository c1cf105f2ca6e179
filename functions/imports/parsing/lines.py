"""The lines of a stream of bytes, in bounded memory, with positions at which reading can be resumed."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from functions.imports.parsing.encodings import Encoding

# More than any row of a target needs, and below the `csv` module's limit of a field (131,072).
LINE_CHARACTERS = 100_000
# A line of more bytes is not decoded: it comes in pieces.
LINE_BYTES = 2 * LINE_CHARACTERS
# Ctrl-Z, with which CP/M and DOS end a text file.
END_OF_FILE = "\x1a"
# Line ends, and the marks that stay within a file that was joined from several.
AROUND_LINES = "\r\n\ufeff" + END_OF_FILE


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a file at which reading can be resumed.

    Attributes:
        offset: Bytes from the beginning of the file.
        line: Number of the line, from 1.
        is_within: False at the beginning of a line, True within a line that is too long.
    """

    offset: int
    line: int
    is_within: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its line end; or, with `text` None, a piece of a line that is too long.

    An endless line comes in pieces, so that the reader can check the clock.
    """

    text: str | None
    size_bytes: int
    begins: bool = True
    ends: bool = True


class Lines:
    """A reader of lines that end with LF, CR or CRLF, like those of the `csv` module.

    Args:
        blocks: The bytes of the file from `start` on, in blocks of any size.
        encoding: The encoding of the bytes.
        start: The position of an earlier reader of the same file, or that of the first line.
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
        """The beginning of the next line, or piece of a line."""
        return Position(self._offset, self._number, self._is_within)

    @property
    def offset(self) -> int:
        """The number of bytes before the position."""
        return self._offset

    def take(self) -> Line | None:
        """Return the next line, or piece of a line; None at the end."""
        line = self._given_back.popleft() if self._given_back else next(self._source, None)
        if line is not None:
            self._offset += line.size_bytes
            self._number += line.ends
            self._is_within = not line.ends
        return line

    def give_back(self, lines: list[Line]) -> None:
        """Put back the lines taken last, in their order."""
        if not lines:
            return
        self._given_back.extendleft(reversed(lines))
        self._offset -= sum(line.size_bytes for line in lines)
        self._number -= sum(line.ends for line in lines)
        self._is_within = not lines[0].begins

    def _read(self, blocks: Iterable[bytes]) -> Iterator[Line]:
        rest, is_within, text_of = b"", self._is_within, self._encoding.text_of
        for block in chain(blocks, [None]):
            lines = self._encoding.lines(rest + (block or b""))
            rest = b""
            if lines and block is not None and not self._encoding.ends_with_line_feed(lines[-1]):
                # A line that ends with CR is kept, too: its LF may be the first character of the next block.
                rest = lines.pop()
            for line in lines:
                text = None if is_within or len(line) > LINE_BYTES else text_of(line)
                if text is None or len(text) > LINE_CHARACTERS:
                    yield Line(None, len(line), begins=not is_within)
                    is_within = False
                else:
                    yield Line(text, len(line))
            piece = self._encoding.without_carriage_return(rest)
            if len(rest) > LINE_BYTES or (is_within and piece):
                yield Line(None, len(piece), begins=not is_within, ends=False)
                rest, is_within = rest[len(piece) :], True
