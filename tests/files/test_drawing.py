"""Thumbnails of images that are whole, broken, or hostile."""

import contextlib
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from functions.files.drawing import EDGE_PIXELS, FORMATS, SCANS_MAX, draw
from functions.files.ports import CannotBeDrawn
from tests.files.hostile_pictures import jpeg_of_scans, png_bomb, png_chunk


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


def test_a_picture_that_unpacks_to_gigabytes_is_refused_by_its_header() -> None:
    with pytest.raises(CannotBeDrawn, match="pixels"):
        draw(png_bomb(), "image/png")


@pytest.mark.parametrize("padding", [b"", b"\xff", b"\xff\xff\xff", b"\0", b"\x17\0"])
def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(padding: bytes) -> None:
    few = jpeg_of_scans(3, edge=64, padding=padding)
    assert drawn(few, "image/jpeg").size == (64, 64)

    with pytest.raises(CannotBeDrawn, match="scans"):
        draw(jpeg_of_scans(SCANS_MAX + 1, edge=64, padding=padding), "image/jpeg")


def test_as_many_scans_as_an_encoder_writes_are_drawn() -> None:
    assert drawn(jpeg_of_scans(SCANS_MAX, edge=64), "image/jpeg").size == (64, 64)
    assert drawn(picture("JPEG", progressive=True), "image/jpeg").size == (EDGE_PIXELS, 192)


def test_only_the_scans_of_the_picture_itself_count() -> None:
    start_of_scan = b"\xff\xda\0\x08"
    photo = jpeg_of_scans(2, edge=64, metadata=start_of_scan * SCANS_MAX)
    # Phones append a film to a photo.
    film = start_of_scan * SCANS_MAX

    assert drawn(photo + film, "image/jpeg").size == (64, 64)


def test_a_limit_of_pixels_depends_on_what_the_decoder_needs() -> None:
    content = picture("WEBP", size=(5001, 5000), mode="RGB", quality=0, method=0)

    with pytest.raises(CannotBeDrawn, match="pixels"):
        draw(content, "image/webp")


def test_text_that_unpacks_to_megabytes_is_refused() -> None:
    whole = picture("PNG")
    text = png_chunk(b"zTXt", b"comment\0\0" + zlib.compress(b"a" * 10_000_000))
    header = 33  # signature and IHDR

    with pytest.raises(CannotBeDrawn):
        draw(whole[:header] + text + whole[header:], "image/png")


@pytest.mark.parametrize("content_type", ["image/gif", "image/webp", "image/png"])
def test_only_the_first_of_many_frames_is_drawn(content_type: str) -> None:
    frames = [Image.new("RGB", (32, 24), (number, 0, 0)) for number in range(1, 200)]
    content = picture(FORMATS[content_type], size=(32, 24), save_all=True, append_images=frames)

    assert drawn(content, content_type).getpixel((0, 0)) == drawn(
        picture(FORMATS[content_type], size=(32, 24)), content_type
    ).getpixel((0, 0))


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
