"""Thumbnails of images that are whole, broken, or hostile."""

import contextlib
import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from functions.files.drawing import EDGE_PIXELS, FORMATS, draw
from functions.files.ports import CannotBeDrawn


def picture(kind: str, *, size: tuple[int, int] = (640, 480), mode: str = "RGB", **more: object) -> bytes:
    content = BytesIO()
    Image.new(mode, size, 1).save(content, kind, **more)
    return content.getvalue()


def drawn(content: bytes, content_type: str) -> Image.Image:
    image = Image.open(BytesIO(draw(content, content_type)))
    image.load()
    return image


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_becomes_a_small_webp_of_the_same_shape(content_type: str) -> None:
    thumbnail = drawn(picture(FORMATS[content_type]), content_type)

    assert thumbnail.format == "WEBP"
    assert thumbnail.size == (EDGE_PIXELS, 192)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_all_modes_are_drawn(mode: str) -> None:
    assert drawn(picture("PNG", mode=mode), "image/png").size == (EDGE_PIXELS, 192)


def test_a_small_picture_is_not_made_larger() -> None:
    assert drawn(picture("PNG", size=(3, 2)), "image/png").size == (3, 2)


def test_a_photo_taken_upright_is_drawn_upright_and_keeps_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010E] = "at home"

    thumbnail = drawn(picture("JPEG", exif=exif), "image/jpeg")

    assert thumbnail.size == (192, EDGE_PIXELS)
    assert not thumbnail.getexif()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_a_picture_that_unpacks_to_gigabytes_is_refused_by_its_header() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))

    with pytest.raises(CannotBeDrawn, match="pixels"):
        draw(bomb, "image/png")


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_that_ends_early_cannot_be_drawn(content_type: str) -> None:
    content = picture(FORMATS[content_type])

    with pytest.raises(CannotBeDrawn):
        draw(content[: len(content) // 2], content_type)


def test_an_image_of_another_type_than_declared_is_not_opened() -> None:
    with pytest.raises(CannotBeDrawn):
        draw(picture("PNG"), "image/jpeg")


WHOLE = {content_type: picture(kind, size=(16, 12)) for content_type, kind in FORMATS.items()}


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_corrupted_image_is_drawn_or_refused(content_type: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[content_type])
    for place in data.draw(st.lists(st.integers(8, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))

    with contextlib.suppress(CannotBeDrawn):
        draw(bytes(content), content_type)
