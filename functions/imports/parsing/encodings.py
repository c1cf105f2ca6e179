"""The encodings of imported files, and their detection by the byte order mark.

UTF-16 is here because Excel ("Unicode Text") and SQL Server (`bcp -w`) write it. UTF-32 is refused, and UTF-16 without
a mark is not guessed: a client can name it.
"""

import codecs
from dataclasses import dataclass

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# The first bytes that detection looks at.
HEAD_BYTES = 4
NAMES = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "windows-1252")


class UnknownEncoding(Exception):
    """The first bytes of the file fit no supported encoding, or not the named one."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One of `NAMES`. Invalid bytes become lone surrogates, so that the text still has every byte of the file."""

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
        named: One of `NAMES`, or `auto` for the encoding of the mark, and UTF-8 without a mark.

    Raises:
        UnknownEncoding: The mark belongs to another encoding, or a NUL shows that the file is not text in this one.
    """
    head = first_bytes[:HEAD_BYTES]
    mark, marked = next(((mark, name) for mark, name in _MARKS.items() if head.startswith(mark)), (b"", "utf-8"))
    name = marked if named == "auto" else named
    if mark and marked != name and name.startswith("utf"):
        raise UnknownEncoding
    # Without a mark, UTF-16 and UTF-32 show by a NUL, because a header and JSON begin with ASCII.
    if head in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE} or (named == "auto" and not mark and b"\0" in head):
        raise UnknownEncoding
    return Encoding(name), len(mark) if marked == name else 0


def is_text(text: str) -> bool:
    """Return whether all bytes that a text was decoded from were valid."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
