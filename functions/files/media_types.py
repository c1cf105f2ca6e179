"""The accepted content types: the largest size of each, and the test of its first bytes."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

MB = 1_000_000
GB = 1_000 * MB

# The tests read this many bytes: the longest signature has 12, and the rest is enough to recognise text.
HEAD_BYTES = 4096

# Text in these encodings contains NULs, with or without a byte order mark.
_WIDE_ENCODINGS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters except white space and the Ctrl-Z at the end of DOS files, and a byte order mark read in the wrong
# byte order.
_NO_TEXT = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# A block, or the end of an empty stream: https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf, 2.2.
_BZIP2 = re.compile(rb"BZh[1-9](\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """An accepted content type.

    Attributes:
        max_bytes: The largest file; a presigned POST and a single S3 copy both take at most 5 GB.
        fits: Returns whether a file with these first `HEAD_BYTES` bytes can be of this type.
        is_image: A thumbnail is drawn.
    """

    max_bytes: int
    fits: Callable[[bytes], bool]
    is_image: bool = False


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


def _is_webp(head: bytes) -> bool:
    # https://developers.google.com/speed/webp/docs/riff_container#webp_file_header
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_text(head: bytes) -> bool:
    """Return whether no binary signature matches, and NULs occur only in UTF-16 or UTF-32 text."""
    if any(fits(head) for fits in _SIGNATURES):
        return False
    if b"\0" in head or head.startswith(_WIDE_MARKS):
        return any(_decodes_to_text(head, encoding) for encoding in _WIDE_ENCODINGS)
    return True


def _decodes_to_text(head: bytes, encoding: str) -> bool:
    try:
        # The head can end within a character.
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    # Rows and JSON contain ASCII, at least as separators.
    return _NO_TEXT.search(text) is None and any(character.isascii() for character in text)


def _is_bzip2(head: bytes) -> bool:
    # A name or a table's column can begin with the letters BZh: compare the magic number after them, too.
    return _BZIP2.match(head) is not None


_is_pdf = _begins(b"%PDF-")
_is_png = _begins(b"\x89PNG\r\n\x1a\n")
_is_jpeg = _begins(b"\xff\xd8\xff")
_is_gif = _begins(b"GIF87a", b"GIF89a")
# Archives, compressed files and programs, which clients mistake for text. Windows programs are recognised by their
# NULs, because their signature is two letters that a name can begin with.
_is_archive_or_program = _begins(b"PK\x03\x04", b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x7fELF")
_SIGNATURES = (_is_pdf, _is_png, _is_jpeg, _is_gif, _is_webp, _is_bzip2, _is_archive_or_program)

MEDIA_TYPES = {
    "text/csv": MediaType(max_bytes=2 * GB, fits=_is_text),
    "application/x-ndjson": MediaType(max_bytes=2 * GB, fits=_is_text),
    "application/pdf": MediaType(max_bytes=100 * MB, fits=_is_pdf),
    "image/png": MediaType(max_bytes=20 * MB, fits=_is_png, is_image=True),
    "image/jpeg": MediaType(max_bytes=20 * MB, fits=_is_jpeg, is_image=True),
    "image/webp": MediaType(max_bytes=20 * MB, fits=_is_webp, is_image=True),
    "image/gif": MediaType(max_bytes=20 * MB, fits=_is_gif, is_image=True),
}
