"""Thumbnails: the only Pillow of this service. What it opens comes from anybody, and is taken for hostile."""

import struct
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from functions.files.thumbnailing import CannotBeDrawn

if TYPE_CHECKING:
    from functions.files.thumbnailing import Draw

EDGE_PIXELS = 256
# A few kilobytes can describe a picture that takes gigabytes to hold: https://en.wikipedia.org/wiki/Zip_bomb
PIXELS_MAX = 50_000_000
QUALITY = 80
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
# What Pillow's readers raise for broken files; its tests of the formats collect no fewer.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, struct.error)

# `draw` refuses by its own limit, before Pillow's would warn.
Image.MAX_IMAGE_PIXELS = None


def draw(content: bytes, content_type: str) -> bytes:
    """Return a WebP of at most 256 × 256 pixels, upright, of the first frame.

    Raises:
        CannotBeDrawn: The content is broken, or has more than 50 million pixels.
    """
    try:
        # One reader alone: Pillow has dozens, and the more can be reached, the more can be attacked.
        with Image.open(BytesIO(content), formats=[FORMATS[content_type]]) as image:
            if image.width * image.height > PIXELS_MAX:
                raise CannotBeDrawn(f"{image.width} × {image.height} pixels are more than {PIXELS_MAX}.")
            # A JPEG can be read at a fraction of its size.
            image.draft("RGB", (2 * EDGE_PIXELS, 2 * EDGE_PIXELS))
            upright = ImageOps.exif_transpose(image)
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            upright.thumbnail((EDGE_PIXELS, EDGE_PIXELS))
            drawn = BytesIO()
            # Of the picture's metadata, the place it was taken at for one, nothing is passed on.
            upright.save(drawn, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=None)
    except _BROKEN as error:
        raise CannotBeDrawn(f"Pillow cannot read it: {type(error).__name__}.") from error
    return drawn.getvalue()


if TYPE_CHECKING:
    _: Draw = draw
