"""The tests of a file's type by its first bytes."""

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.files.media_types import GB, MEDIA_TYPES

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
HEADS = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/gif": b"GIF89a\x01\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "application/pdf": b"%PDF-1.7\n",
}
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00\x00\x00\x00\x00\x00\x00@\x00"
BINARY = [
    *HEADS.values(),
    gzip.compress(b"x", mtime=0),
    bz2.compress(b"x"),
    bz2.compress(b""),
    lzma.compress(b"x"),
    PROGRAM,
    b"PK\x03\x04\x14",
    b"\x7fELF\x02",
    b"\x00\x01",
    b"SQLite format 3\x00\x10\x00\x01\x01\x00@  \x00\x00\x00\x02",
    b"\xca\xfe\xba\xbe\x00\x00\x00A\x00\x10",
    b"\x00asm\x01\x00\x00\x00",
    bytes(64),
    # After a byte order mark, too.
    b"\xff\xfe" + gzip.compress(b"size,length\n" * 9, mtime=0),
    b"\xff\xfe" + PROGRAM,
    b"\xfe\xff" + bytes(range(256)),
    b"\xff\xfe",
]
ENCODINGS = ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
TEXTS = ["text/csv", "application/x-ndjson"]


@pytest.mark.parametrize("claimed", MEDIA_TYPES)
@pytest.mark.parametrize("actual", HEADS)
def test_a_binary_type_fits_only_its_own_signature(claimed: str, actual: str) -> None:
    assert MEDIA_TYPES[claimed].fits(HEADS[actual]) is (claimed == actual)


@pytest.mark.parametrize("text_type", TEXTS)
@pytest.mark.parametrize("head", BINARY)
def test_binary_content_is_not_text(text_type: str, head: bytes) -> None:
    assert not MEDIA_TYPES[text_type].fits(head)


@pytest.mark.parametrize("text_type", TEXTS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_fits_in_the_encodings_that_tables_come_in(text_type: str, encoding: str) -> None:
    assert MEDIA_TYPES[text_type].fits("größe,länge\n1,2\n".encode(encoding))


@pytest.mark.parametrize("text_type", TEXTS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_can_end_with_the_ctrl_z_of_dos(text_type: str, encoding: str) -> None:
    assert MEDIA_TYPES[text_type].fits("a,b\r\n1,2\r\n\x1a".encode(encoding))


@pytest.mark.parametrize("text", ["MZ,Name\n1,2\n", "BZh,Name\n", "BZh9,Name\n", "MZ\n", "PK,Name\n", "RIFF,WEBP\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_that_begins_like_a_binary_signature_is_text(text: str, encoding: str) -> None:
    assert MEDIA_TYPES["text/csv"].fits(text.encode(encoding))


@pytest.mark.parametrize("encoding", ENCODINGS[3:])
def test_text_that_is_cut_within_a_character_is_text(encoding: str) -> None:
    whole = "名前,😀\n".encode(encoding)

    assert all(
        MEDIA_TYPES["text/csv"].fits(whole[:length]) for length in range(len("名前,".encode(encoding)), len(whole))
    )


@given(st.binary(max_size=64), st.sampled_from(list(MEDIA_TYPES)))
def test_any_bytes_are_judged_without_an_error(head: bytes, claimed: str) -> None:
    assert MEDIA_TYPES[claimed].fits(head) in {True, False}


def test_no_type_exceeds_the_limit_of_a_presigned_post_and_of_a_single_copy() -> None:
    assert max(media_type.max_bytes for media_type in MEDIA_TYPES.values()) <= 5 * GB
