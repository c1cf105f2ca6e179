"""The process that draws: it never takes more time or memory than it may."""

import os
import signal
import sys
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from functions.files.drawing import FORMATS, PIXELS_MAX
from functions.files.drawing_process import draw_apart
from functions.files.media_types import MEDIA_TYPES
from functions.files.ports import CannotBeDrawn
from tests.files.hostile_pictures import jpeg_of_scans, png_bomb
from tests.waiting import eventually

pytestmark = pytest.mark.slow

enforced = pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit of memory")


def largest(content_type: str, mode: str, **more: object) -> bytes:
    edge = int(PIXELS_MAX[content_type] ** 0.5)
    content = BytesIO()
    Image.new(mode, (edge, edge), 1).save(content, FORMATS[content_type], **more)
    return content.getvalue()


# The kinds of pictures that need the most memory of their formats.
LARGEST: dict[str, tuple[str, str, dict[str, object]]] = {
    "PNG with a transparent colour": ("image/png", "RGB", {"transparency": (9, 9, 9), "compress_level": 1}),
    "PNG of grey with transparency": ("image/png", "LA", {"compress_level": 1}),
    "JPEG for print, progressive": ("image/jpeg", "CMYK", {"progressive": True, "subsampling": 0}),
    "WebP with transparency": ("image/webp", "RGBA", {"lossless": True, "quality": 0, "method": 0}),
    "GIF": ("image/gif", "P", {}),
}


@enforced
@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_picture_of_each_kind_is_drawn_within_the_memory(kind: str) -> None:
    content_type, mode, more = LARGEST[kind]

    assert draw_apart(largest(content_type, mode, **more), content_type)


@enforced
def test_the_largest_picture_is_drawn_even_if_its_metadata_fill_the_largest_file() -> None:
    metadata = b"x" * (MEDIA_TYPES["image/webp"].max_bytes - 1_000_000)

    content = largest("image/webp", "RGBA", lossless=True, quality=0, method=0, xmp=metadata)

    assert len(content) <= MEDIA_TYPES["image/webp"].max_bytes
    assert draw_apart(content, "image/webp")


@enforced
def test_a_picture_that_needs_more_memory_cannot_be_drawn() -> None:
    with pytest.raises(CannotBeDrawn, match="MemoryError"):
        draw_apart(largest("image/png", "RGBA", compress_level=1), "image/png", memory_mb=200)


def test_a_picture_that_takes_too_long_cannot_be_drawn() -> None:
    with pytest.raises(CannotBeDrawn, match="longer"):
        draw_apart(largest("image/png", "RGBA", compress_level=1), "image/png", deadline_s=0.01)


@pytest.mark.parametrize("content", [jpeg_of_scans(20_000, edge=7000), png_bomb(), b"\xff\xd8\xff"])
def test_a_hostile_picture_cannot_be_drawn(content: bytes) -> None:
    content_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"

    with pytest.raises(CannotBeDrawn):
        draw_apart(content, content_type)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists the children of a process")
def test_a_picture_that_crashes_its_decoder_cannot_be_drawn() -> None:
    def children() -> list[int]:
        lists = Path("/proc/self/task").glob("*/children")
        return [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]

    before = set(children())

    def crash() -> None:
        [child] = eventually(lambda: set(children()) - before, every_s=0.01)
        os.kill(child, signal.SIGSEGV)

    crashing = threading.Thread(target=crash)
    crashing.start()
    with pytest.raises(CannotBeDrawn, match="signal 11"):
        draw_apart(largest("image/png", "RGBA", compress_level=1), "image/png")
    crashing.join()


def test_an_interpreter_that_does_not_start_is_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(RuntimeError, match="drawing process"):
        draw_apart(b"", "image/png")
