"""Draws thumbnails; no other module uses Pillow. Any client can upload an image, so its content may be hostile."""

import struct
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from functions.files.ports import CannotBeDrawn

if TYPE_CHECKING:
    from functions.files.ports import Draw

EDGE_PIXELS = 256
# A file of a few kilobytes can decode to gigabytes of pixels: https://en.wikipedia.org/wiki/Zip_bomb
PIXELS_MAX = 50_000_000
QUALITY = 80
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
# Pillow's readers raise these errors for broken files; Pillow's own tests of the formats expect the same ones.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, struct.error)

# `draw` has its own limit, below the one at which Pillow warns.
Image.MAX_IMAGE_PIXELS = None


def draw(content: bytes, content_type: str) -> bytes:
    """Return the first frame, upright, as a WebP of at most 256 × 256 pixels.

    Raises:
        CannotBeDrawn: The content is broken, or has more than 50 million pixels.
    """
    try:
        # Allow one reader: Pillow has dozens, and each one that an upload can reach is an attack surface.
        with Image.open(BytesIO(content), formats=[FORMATS[content_type]]) as image:
            if image.width * image.height > PIXELS_MAX:
                raise CannotBeDrawn(f"{image.width} × {image.height} pixels are more than {PIXELS_MAX}.")
            # Pillow can decode a JPEG at a fraction of its size.
            image.draft("RGB", (2 * EDGE_PIXELS, 2 * EDGE_PIXELS))
            upright = ImageOps.exif_transpose(image)
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            upright.thumbnail((EDGE_PIXELS, EDGE_PIXELS))
            drawn = BytesIO()
            # Drop all metadata: it can contain the place where the photo was taken.
            upright.save(drawn, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=None)
    except _BROKEN as error:
        raise CannotBeDrawn(f"Pillow cannot read it: {type(error).__name__}.") from error
    return drawn.getvalue()


if TYPE_CHECKING:
    _: Draw = draw
