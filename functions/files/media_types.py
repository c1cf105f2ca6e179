"""Which content types are taken, how large each may be, and how the first bytes of each look."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

MB = 1_000_000
GB = 1_000 * MB

# The bytes that are looked at; the longest signature ends before the 12th, and text shows itself soon.
HEAD_BYTES = 4096

# Text in these has NULs, with a byte order mark or without one.
_WIDE_ENCODINGS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters but white space, and what a byte order mark is the wrong way round.
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# A block, or the end of a stream of none: https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf, 2.2.
_BZIP2 = re.compile(rb"BZh[1-9](\x31\x41\x59\x26\x53\x59|\x17\x72\x45\x38\x50\x90)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A content type that is taken.

    Attributes:
        max_bytes: The largest file; a presigned POST takes 5 GB at most, and S3 copies up to 5 GB in one go.
        fits: Tells from the first `HEAD_BYTES` bytes whether a file may be of this type.
        is_image: Gets a thumbnail.
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
    """Tell text by what it has not: no signature, and no NUL, unless it reads well in an encoding that has them."""
    if any(fits(head) for fits in _SIGNATURES):
        return False
    if b"\0" in head or head.startswith(_WIDE_MARKS):
        return any(_reads_well(head, encoding) for encoding in _WIDE_ENCODINGS)
    return True


def _reads_well(head: bytes, encoding: str) -> bool:
    try:
        # The head may end within a character.
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    # Rows and JSON have ASCII in them, if only to separate what is not.
    return _NO_TEXT.search(text) is None and any(character.isascii() for character in text)


def _is_bzip2(head: bytes) -> bool:
    # Names begin with these letters, too, and so do columns of tables.
    return _BZIP2.match(head) is not None


_is_pdf = _begins(b"%PDF-")
_is_png = _begins(b"\x89PNG\r\n\x1a\n")
_is_jpeg = _begins(b"\xff\xd8\xff")
_is_gif = _begins(b"GIF87a", b"GIF89a")
# What is often called text by mistake: archives, compressed files, programs. Those of Windows are known by their NULs,
# for their signature is two letters that a name begins with.
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
