"""The encoding of an imported file: the one of its byte order mark, or else the one that the request names.

UTF-16 without a mark is not guessed: a client can name it.
"""

import codecs
from dataclasses import dataclass

from functions.imports.parsing.encoding_labels import codec_of, name_of

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# The first bytes that detection looks at.
HEAD_BYTES = 4


class UnknownEncoding(Exception):
    """The first bytes of the file fit no supported encoding."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python. Invalid bytes become lone surrogates, so that the text still has every byte of the file."""

    name: str

    @property
    def errors(self) -> str:
        """The error handler with which encoding a decoded text returns the original bytes."""
        return "surrogatepass" if self.name.startswith("utf-16") else "surrogateescape"

    def size_bytes(self, text: str) -> int:
        """Return the number of bytes that a text was decoded from."""
        if text.isascii():
            return len(text) * (2 if self.name.startswith("utf-16") else 1)
        return len(text.encode(self.name, self.errors))


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
