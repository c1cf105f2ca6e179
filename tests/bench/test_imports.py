"""The measurements of `make bench` work with few rows."""

from collections.abc import Callable

import boto3

from tests.bench.bulk_rounds import measured
from tests.bench.imports import FEW, reading
from tests.bench.reading import HEAD, LINE, MadeUpFile


def test_a_process_reads_a_file_of_a_thousand_rows_to_its_end() -> None:
    peak_mb, seconds = reading(FEW)

    assert 10 < peak_mb < 500
    assert seconds > 0


def test_a_made_up_file_has_the_same_bytes_however_it_is_cut() -> None:
    content = HEAD + b"".join(LINE % (row, row) for row in range(10))
    file = MadeUpFile(10)

    for size in (1, 7, 45, 46, 47, 1000):
        ranges = [f"bytes={first}-{first + size - 1}" for first in range(0, file.size_bytes, size)]
        assert b"".join(file.get_object(Range=one)["Body"].read() for one in ranges) == content


def test_rows_are_written_in_bulk_and_raw(make_table: Callable[[str], None]) -> None:
    make_table("users")

    # moto's DynamoDB does not support several threads.
    took = measured(60, "users", at_once=1)

    assert min(took) > 0
    keys = [item["pk"]["S"].partition("#")[0] for item in boto3.client("dynamodb").scan(TableName="users")["Items"]]
    assert {kind: keys.count(kind) for kind in ("USER", "EMAIL", "RAW")} == {"USER": 60, "EMAIL": 60, "RAW": 120 + 60}
