"""The lines of a stream of bytes, in bounded memory, with positions at which reading can be resumed."""

import codecs
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from functions.imports.parsing.encodings import Encoding

# More than any row of a target needs, and below the `csv` module's limit of a field (131,072).
LINE_CHARACTERS = 100_000
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
    """A line with its line end; or, with `text` None, a piece of a line of more than `LINE_CHARACTERS`.

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
        size_of = self._encoding.size_bytes
        rest, is_within = "", self._is_within
        for text, is_last in self._decoded(blocks):
            lines = list(StringIO(rest + text, newline=""))
            rest = ""
            if lines and not is_last and not lines[-1].endswith("\n"):
                # A line that ends with CR is kept, too: its LF may be the first character of the next block.
                rest = lines.pop()
            for line in lines:
                if is_within or len(line) > LINE_CHARACTERS:
                    yield Line(None, size_of(line), begins=not is_within)
                    is_within = False
                else:
                    yield Line(line, size_of(line))
            # A CR at the end is kept, because an LF may follow.
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
            # UTF-16 ends within a code unit, perhaps also within a surrogate pair. As for other invalid bytes, a lone
            # surrogate replaces the last byte.
            pending, _ = decoder.getstate()
            yield pending[:-1].decode(self._encoding.name, self._encoding.errors) + "\udc80", True
