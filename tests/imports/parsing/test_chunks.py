"""Chunks end between records, by number and by size, and the last one is marked."""

import json

import pytest

from functions.imports.parsing import chunks as module
from functions.imports.parsing.chunks import CHUNK_BYTES, CHUNK_CHARACTERS, CHUNK_RECORDS, chunks
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.rows import Rows
from tests.imports.files import FakeFile, chunked, csv_layout, ndjson_layout


@pytest.mark.parametrize(
    ("records", "sizes"),
    [
        (0, [(0, True)]),
        (1, [(1, True)]),
        (CHUNK_RECORDS, [(CHUNK_RECORDS, False), (0, True)]),
        (2 * CHUNK_RECORDS + 7, [(CHUNK_RECORDS, False), (CHUNK_RECORDS, False), (7, True)]),
    ],
)
def test_a_chunk_has_at_most_a_thousand_records(records: int, sizes: list[tuple[int, bool]]) -> None:
    assert chunked(b"e,n\n" + b"a@example.com,A\n" * records, csv_layout()) == sizes


def test_huge_rows_make_small_chunks() -> None:
    record = b"a@example.com," + b"x" * 90_000 + b"\n"

    sizes = [records for records, _ in chunked(b"e,n\n" + record * 100, csv_layout())]

    assert sum(sizes) == 100
    assert max(sizes) <= CHUNK_CHARACTERS // 90_000 + 1


@pytest.mark.parametrize(("layout", "head"), [(csv_layout(), b"e,n\n"), (ndjson_layout(), b"{}\n")])
@pytest.mark.parametrize("filler", [pytest.param(b"\n", marks=pytest.mark.slow), b"x"])
def test_a_file_without_rows_is_cut_by_the_bytes_read(layout: Layout, head: bytes, filler: bytes) -> None:
    content = head + filler * (2 * CHUNK_BYTES + 1)

    offsets = [chunk.checkpoint.position.offset for chunk in chunks(Rows(FakeFile(content), layout))]

    reads = [end - begin for begin, end in zip([0, *offsets], offsets, strict=False)]
    assert offsets[-1] == len(content)
    assert max(reads) < 1.5 * CHUNK_BYTES


def test_reading_continues_from_the_checkpoint_of_a_chunk() -> None:
    file = FakeFile(b"e,n\n" + b"".join(b'"a%d@example.com","A\nB"\n' % number for number in range(1200)))
    first, second, _ = chunks(Rows(file, csv_layout()), records=500)

    [again, *_] = chunks(Rows(file, csv_layout(), first.checkpoint), records=500)

    assert again == second


def test_published_rows_have_the_number_of_their_first_line() -> None:
    [chunk] = module.chunks(Rows(FakeFile('e,n\n"a@example.com","É\nx"\nb@example.com,\n'.encode()), csv_layout()))

    assert [json.loads(line) for line in chunk.to_ndjson().splitlines()] == [
        {"line": 2, "row": {"email": "a@example.com", "name": "É\nx"}},
        {"line": 4, "row": {"email": "b@example.com"}},
    ]
