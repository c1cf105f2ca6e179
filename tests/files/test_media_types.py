"""What the first bytes of a file say of its type."""

import gzip

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
BINARY = [*HEADS.values(), gzip.compress(b"x", mtime=0), b"PK\x03\x04\x14", b"\x7fELF\x02", b"\x00\x01"]
TEXTS = ["text/csv", "application/x-ndjson"]


@pytest.mark.parametrize("claimed", MEDIA_TYPES)
@pytest.mark.parametrize("actual", HEADS)
def test_a_binary_type_fits_its_own_signature_alone(claimed: str, actual: str) -> None:
    assert MEDIA_TYPES[claimed].fits(HEADS[actual]) is (claimed == actual)


@pytest.mark.parametrize("text_type", TEXTS)
@pytest.mark.parametrize("head", BINARY)
def test_what_is_binary_is_no_text(text_type: str, head: bytes) -> None:
    assert not MEDIA_TYPES[text_type].fits(head)


@pytest.mark.parametrize("text_type", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_text_fits_in_the_encodings_that_tables_come_in(text_type: str, encoding: str) -> None:
    assert MEDIA_TYPES[text_type].fits("größe,länge\n1,2\n".encode(encoding))


@given(st.binary(max_size=64), st.sampled_from(list(MEDIA_TYPES)))
def test_any_bytes_are_told_without_an_error(head: bytes, claimed: str) -> None:
    assert MEDIA_TYPES[claimed].fits(head) in {True, False}


def test_no_type_is_larger_than_what_s3_takes_in_one_form_and_copies_in_one_go() -> None:
    assert max(media_type.max_bytes for media_type in MEDIA_TYPES.values()) <= 5 * GB
