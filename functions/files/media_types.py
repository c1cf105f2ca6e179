"""Which content types are taken, how large each may be, and how the first bytes of each look."""

from collections.abc import Callable
from dataclasses import dataclass

MB = 1_000_000
GB = 1_000 * MB

# The bytes that are looked at; the longest signature ends before the 12th, and text shows itself soon.
HEAD_BYTES = 4096

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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
    """Tell text by what it has not: text has no signature, but no NUL either, unless it is UTF-16."""
    return not any(fits(head) for fits in _SIGNATURES) and (head.startswith(_UTF_16) or b"\0" not in head)


_is_pdf = _begins(b"%PDF-")
_is_png = _begins(b"\x89PNG\r\n\x1a\n")
_is_jpeg = _begins(b"\xff\xd8\xff")
_is_gif = _begins(b"GIF87a", b"GIF89a")
# What is often called text by mistake: archives, compressed files, programs.
_is_archive_or_program = _begins(
    b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x7fELF", b"MZ"
)
_SIGNATURES = (_is_pdf, _is_png, _is_jpeg, _is_gif, _is_webp, _is_archive_or_program)

MEDIA_TYPES = {
    "text/csv": MediaType(max_bytes=2 * GB, fits=_is_text),
    "application/x-ndjson": MediaType(max_bytes=2 * GB, fits=_is_text),
    "application/pdf": MediaType(max_bytes=100 * MB, fits=_is_pdf),
    "image/png": MediaType(max_bytes=20 * MB, fits=_is_png, is_image=True),
    "image/jpeg": MediaType(max_bytes=20 * MB, fits=_is_jpeg, is_image=True),
    "image/webp": MediaType(max_bytes=20 * MB, fits=_is_webp, is_image=True),
    "image/gif": MediaType(max_bytes=20 * MB, fits=_is_gif, is_image=True),
}
