"""The encoding of an imported file: the one of its byte order mark, or else the one that the request names.

UTF-16 without a mark is not guessed: a client can name it.
"""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

from functions.imports.parsing.encoding_labels import codec_of, name_of

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# The first bytes that detection looks at.
HEAD_BYTES = 4


class UnknownEncoding(Exception):
    """The first bytes of the file fit no supported encoding."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python, in which a line end is never a part of another character."""

    name: str

    @property
    def is_wide(self) -> bool:
        """True if the units of the encoding have two bytes."""
        return self.name.startswith("utf-16")

    def ends_with_line_feed(self, content: bytes) -> bool:
        """Return whether bytes that begin with a whole unit end with a line feed."""
        return content.endswith("\n".encode(self.name)) and not (self.is_wide and len(content) % 2)

    def lines(self, content: bytes) -> list[bytes]:
        """Split bytes after each LF, CR or CRLF; half a unit at the end stays with the line before it."""
        if not self.is_wide:
            return content.splitlines(keepends=True)
        whole = len(content) // 2 * 2
        text = content[:whole].decode(self.name, "surrogatepass")
        lines = [line.encode(self.name, "surrogatepass") for line in StringIO(text, newline="")]
        if whole < len(content):
            begun = lines.pop() if lines and not self.ends_with_line_feed(lines[-1]) else b""
            lines.append(begun + content[whole:])
        return lines

    @property
    def text_of(self) -> Callable[[bytes], str]:
        """The function that decodes a line; invalid bytes become lone surrogates, which `is_text` finds."""
        if self.is_wide:
            return self._text_of_units
        codec = self.name
        return lambda line: line.decode(codec, "surrogateescape")

    def _text_of_units(self, line: bytes) -> str:
        whole = len(line) // 2 * 2
        return line[:whole].decode(self.name, "surrogatepass") + ("" if whole == len(line) else "\udc80")

    def without_carriage_return(self, content: bytes) -> bytes:
        """Return the whole units of the content, without a CR at their end, to which an LF may belong."""
        if self.is_wide:
            content = content[: len(content) // 2 * 2]
        return content.removesuffix("\r".encode(self.name))


def encoding_of(first_bytes: bytes, *, named: str) -> tuple[Encoding, int]:
    """Return the encoding of a file and the length of its byte order mark.

    Args:
        first_bytes: At least `HEAD_BYTES` bytes, or the whole file if it is shorter.
        named: A label of an encoding, or `auto` for UTF-8. A mark wins, as in the Encoding Standard:
            https://encoding.spec.whatwg.org/#decode.

    Raises:
        UnknownEncoding: The mark is that of UTF-32, or a NUL shows that the file is not in UTF-8.
    """
    head = first_bytes[:HEAD_BYTES]
    if head in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        raise UnknownEncoding
    for mark, codec in _MARKS.items():
        if head.startswith(mark):
            return Encoding(codec), len(mark)
    if named == "auto":
        # Without a mark, UTF-16 and UTF-32 show by a NUL, because a header and JSON begin with ASCII.
        if b"\0" in head:
            raise UnknownEncoding
        named = "utf-8"
    return Encoding(codec_of(name_of(named) or named)), 0


def is_text(text: str) -> bool:
    """Return whether all bytes that a text was decoded from were valid."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
