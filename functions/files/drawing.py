"""Draws thumbnails; no other module uses Pillow. Any client can upload an image, so its content may be hostile.

Limits bound the work and memory before anything is decoded. `drawing_process.py` bounds the rest.
"""

import re
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from functions.files.ports import CannotBeDrawn

if TYPE_CHECKING:
    from functions.files.ports import Draw

EDGE_PIXELS = 256
QUALITY = 80
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
# A file of a few kilobytes can decode to gigabytes of pixels: https://en.wikipedia.org/wiki/Zip_bomb. At the peak, a
# picture takes up to 8 bytes a pixel, and a WebP 20, because its decoder has two pictures of its own.
PIXELS_MAX = {"image/png": 50_000_000, "image/jpeg": 50_000_000, "image/webp": 25_000_000, "image/gif": 50_000_000}
# Each scan of a progressive JPEG costs a pass over all its blocks, and can have fewer than a hundred bytes:
# https://bugzilla.redhat.com/show_bug.cgi?id=1344214. Encoders write about ten.
SCANS_MAX = 100
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# As libjpeg finds the next marker: any bytes, one or more FF, and a code. FF 00 is a byte of a scan's data.
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
# TEM, RST0 to RST7 and SOI, the markers without a length.
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})

# `draw` has its own limit, below the one at which Pillow warns.
Image.MAX_IMAGE_PIXELS = None


def draw(content: bytes, content_type: str) -> bytes:
    """Return the first frame, upright, as a WebP of at most 256 × 256 pixels.

    Raises:
        CannotBeDrawn: The content is broken, or has more pixels or scans than the limits allow.
    """
    if content_type == "image/jpeg" and _scans(content) > SCANS_MAX:
        raise CannotBeDrawn(f"It has more than {SCANS_MAX} scans.")
    try:
        # Allow one reader: Pillow has dozens, and each one that an upload can reach is an attack surface.
        with Image.open(BytesIO(content), formats=[FORMATS[content_type]]) as image:
            _check_pixels(image, content_type)
            return _thumbnail(image)
    except CannotBeDrawn:
        raise
    except Exception as error:  # Pillow's readers raise dozens of errors for hostile content, and promise none.
        raise CannotBeDrawn(f"Pillow cannot read it: {type(error).__name__}.") from error


def _check_pixels(image: Image.Image, content_type: str) -> None:
    most = PIXELS_MAX[content_type]
    if image.width * image.height > most:
        raise CannotBeDrawn(f"{image.width} × {image.height} pixels are more than {most}.")


def _thumbnail(image: Image.Image) -> bytes:
    # Pillow can decode a JPEG at a fraction of its size.
    image.draft("RGB", (2 * EDGE_PIXELS, 2 * EDGE_PIXELS))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode == mode:
        # `convert` would copy it all the same.
        small = image
    else:
        small = image.convert(mode)
        # Free the original: shrinking a transparent picture makes one more copy.
        image.close()
    small.thumbnail((EDGE_PIXELS, EDGE_PIXELS))
    # The Exif data, which says how the photo was held, is still the original's.
    ImageOps.exif_transpose(small, in_place=True)
    drawn = BytesIO()
    # Drop all metadata: it can contain the place where the photo was taken.
    small.save(drawn, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=None)
    return drawn.getvalue()


def _scans(jpeg: bytes) -> int:
    """Return the number of scans up to the end of the image; markers within metadata are not counted."""
    scans, at = 0, 0
    while (marker := _MARKER.search(jpeg, at)) and (code := marker[1][0]) != _END_OF_IMAGE:
        at = marker.end()
        if code not in _WITHOUT_LENGTH:
            scans += code == _START_OF_SCAN
            at += int.from_bytes(jpeg[at : at + 2])
    return scans


if TYPE_CHECKING:
    _: Draw = draw
