"""How the bytes of a file become text: the encodings that are read, and how one is told by its byte order mark."""

import codecs
from dataclasses import dataclass

# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As many bytes as the longest mark has.
MARK_BYTES = 4
NAMES = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "windows-1252")


class UnknownEncoding(Exception):
    """No encoding that is read here fits the first bytes."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One of `NAMES`. What is no text in it is kept as lone surrogates, so that no byte is lost on the way."""

    name: str

    @property
    def errors(self) -> str:
        """The error handler under which decoding and encoding are each other's inverse."""
        return "surrogatepass" if self.name.startswith("utf-16") else "surrogateescape"

    def size_bytes(self, text: str) -> int:
        """Return how many bytes a decoded text had."""
        if text.isascii():
            return len(text) * (2 if self.name.startswith("utf-16") else 1)
        return len(text.encode(self.name, self.errors))


def encoding_of(first_bytes: bytes, *, named: str) -> tuple[Encoding, int]:
    """Tell the encoding of a file and the length of its byte order mark.

    Args:
        first_bytes: At least `MARK_BYTES` of them, where the file has as many.
        named: One of `NAMES`, or `auto` for what the mark says, and UTF-8 without one.

    Raises:
        UnknownEncoding: The mark is that of another encoding, or what stands without one is no UTF-8.
    """
    mark, marked = next(((mark, name) for mark, name in _MARKS if first_bytes.startswith(mark)), (b"", ""))
    if marked is None:
        raise UnknownEncoding
    if named == "auto":
        if not mark and b"\0" in first_bytes[:MARK_BYTES]:
            # UTF-16 or UTF-32 without a mark: the first characters of a header or of JSON are ASCII.
            raise UnknownEncoding
        return Encoding(marked or "utf-8"), len(mark)
    if mark and marked != named and named.startswith("utf"):
        raise UnknownEncoding
    return Encoding(named), len(mark) if marked == named else 0


def is_text(text: str) -> bool:
    """Tell whether every byte that a text was decoded from was text."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
