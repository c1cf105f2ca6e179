"""Bulk ingestion: how fast rows become users through the whole platform, and how much memory reading a file takes."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

from tests.bench.figures import Figure
from tests.e2e.importing import Importing, people
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest

ROWS = 50_000
ROUNDS, ROWS_A_ROUND = 7, 1000
FEW, MANY = 10**3, 10**6
READING = """
import io, resource, sys, time
from unittest.mock import Mock
from functions.imports.domain import FileVersion, request_import
from functions.imports.layout import Layout
from functions.imports.objects import UploadedFiles
from functions.imports.reader import Reader
from functions.imports.service import ImportService

rows = int(sys.argv[1])
HEAD, LINE = b"E-mail,Name\\n", b"user%09d@example.com,User %09d\\n"
LENGTH = len(LINE % (0, 0))

class S3:
    "Makes up each range of a file of so many rows when it is asked for."
    exceptions = Mock(ClientError=ValueError)
    def get_object(self, *, Range, **_):
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        last = min(last + 1, len(HEAD) + rows * LENGTH)
        start, end = max(first - len(HEAD), 0) // LENGTH, -(-(last - len(HEAD)) // LENGTH)
        made = io.BytesIO()
        if first < len(HEAD):
            made.write(HEAD)
        for row in range(start, end):
            made.write(LINE % (row, row))
        offset = 0 if first < len(HEAD) else first - len(HEAD) - start * LENGTH
        content = made.getvalue()[offset : offset + last - first]
        return {"Body": io.BytesIO(content)}

class Store:
    "Keeps an import, and nothing of what is handed on."
    def get(self, _): return self.import_
    def get_tally(self, _): return Mock(chunks=-1)
    def replace(self, before, after, events, *, rejects=()): self.import_ = after

class Objects:
    bytes = 0
    def write(self, key, content): self.bytes += len(content)

size = len(HEAD) + rows * LENGTH
file = FileVersion(file_id="f", owner="o", key="k", version_id="v", size_bytes=size, content_type="text/csv")
layout = Layout(target="users", format="csv", mapping={"E-mail": "email", "Name": "name"})
store, objects = Store(), Objects()
store.import_, [event] = request_import(owner="o", layout=layout, file=file)
started = time.perf_counter()
Reader(store, UploadedFiles("b", s3=S3()), objects, ImportService(store, objects)).read(event, left_s=lambda: 100.0)
seconds = time.perf_counter() - started
assert (store.import_.records, store.import_.status) == (rows, "writing"), store.import_
try:
    # Not getrusage(): what it tells on Linux begins with the peak of the process that started this one.
    status = open("/proc/self/status").read()
    peak_kib = int(status.partition("VmHWM:")[2].split()[0])
except OSError:
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(peak_kib, seconds)
"""


def memory_figures() -> Iterator[Figure]:
    """Measure the peak memory of the process that reads a file of few rows, and of many."""
    (few_mb, _), (many_mb, many_s) = _reading(FEW), _reading(MANY)
    note = f"{many_mb:.0f} MB at 10⁶ rows against {few_mb:.0f} MB at 10³, whole processes; {MANY / many_s:,.0f} rows/s"
    yield Figure(name="reading an import, peak memory", value=many_mb / few_mb, unit="×", bound=1.5, note=note)


def throughput_figures(platform: PlatformUnderTest) -> Iterator[Figure]:
    """Measure the writing of rows, and the whole way of an import, against raw BatchWriteItem on the same machine."""
    before = _rounds(platform)
    ratios = [raw_s / bulk_s for bulk_s, raw_s in before]
    note = (
        f"median of {ROUNDS} rounds of {ROWS_A_ROUND:,} rows, {min(ratios):.2f} to {max(ratios):.2f}: one process that "
        "validates and writes users, claims and events, against one that puts users and claims"
    )
    yield Figure(
        name="importing, written, against BatchWriteItem",
        value=statistics.median(ratios),
        unit="×",
        least=0.7,
        note=note,
    )
    whole = _import_rate_per_s(platform)
    # What else the machine does changes from minute to minute, so that raw writes are measured on both sides.
    raw = ROWS_A_ROUND / statistics.median(raw_s for _, raw_s in [*before, *_rounds(platform)])
    note = (
        f"{whole:,.0f} rows/s of {ROWS:,} from the request to the end against {raw:,.0f}; all functions, the "
        "relay, the consumers of its events and the database share this machine's cores"
    )
    yield Figure(name="importing, whole, against BatchWriteItem", value=whole / raw, unit="×", least=0.7, note=note)


def _import_rate_per_s(platform: PlatformUnderTest) -> float:
    """Import a file that was uploaded, and return how many rows a second became users."""
    with closing(Importing(platform)) as importing:
        domain = f"{time.time_ns()}.example.com"
        file_id = importing.upload(people((f"user{row}@{domain}", f"User {row}") for row in range(ROWS)))
        started = time.monotonic()
        ended = importing.ended(importing.request(file_id).headers["Location"], within_s=600)
        took_s = time.monotonic() - started
    assert ended["rows_written"] == ROWS, ended
    return ROWS / took_s


def _rounds(platform: PlatformUnderTest) -> list[tuple[float, float]]:
    """Return the seconds of bulk and of raw writes, without those of the first round, in which all is cold."""
    described = platform.described
    environment = os.environ | {
        "AWS_ENDPOINT_URL": described["aws_endpoint_url"],
        "AWS_CA_BUNDLE": described["ca_file"],
        "AWS_ACCESS_KEY_ID": described["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": described["secret_access_key"],
        "AWS_REGION": described["region"],
        "AWS_DEFAULT_REGION": described["region"],
        "TABLE_NAME": platform.output("platform-local-users", "TableName"),
        "POWERTOOLS_METRICS_NAMESPACE": "platform",
        "POWERTOOLS_SERVICE_NAME": "bench",
    }
    command = [sys.executable, "-m", "tests.bench.bulk_rounds", str(ROUNDS + 1), str(ROWS_A_ROUND)]
    result = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rounds = json.loads(result.stdout.splitlines()[-1])
    return [(bulk_s, raw_s) for bulk_s, raw_s in rounds[1:]]


def _reading(rows: int) -> tuple[float, float]:
    """Return the peak memory in MB and the time in seconds of a process that reads so many rows."""
    result = subprocess.run(
        [sys.executable, "-c", READING, str(rows)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kib, seconds = result.stdout.split()
    return int(kib) / 1024, float(seconds)
