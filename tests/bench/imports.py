"""Bulk imports: the rate at which rows become users, and the memory that reading a file takes."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing

from functions.users.bulk import WRITERS
from tests.bench.bulk_rounds import Round
from tests.bench.figures import Figure
from tests.e2e.importing import Importing, people
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest

ROWS = 50_000
ROUNDS, ROWS_A_ROUND = 7, 1000
FEW, MANY = 10**3, 10**6


def memory_figures() -> Generator[Figure]:
    """Measure the peak memory of the process that reads a file, with few rows and with many."""
    (few_mb, _), (many_mb, many_s) = reading(FEW), reading(MANY)
    note = f"{many_mb:.0f} MB at 10⁶ rows against {few_mb:.0f} MB at 10³, whole processes; {MANY / many_s:,.0f} rows/s"
    yield Figure(name="reading an import, peak memory", value=many_mb / few_mb, unit="×", bound=1.5, note=note)


def throughput_figures(platform: PlatformUnderTest) -> Iterator[Figure]:
    """Compare the writing of rows, and a whole import, with raw BatchWriteItem on the same machine.

    Raw is one process that calls BatchWriteItem, one call at a time. It puts a user and a claim on the address for each
    row, without validation, conditions and events.
    """
    before = _rounds(platform)
    ratios = [one.raw_s / one.bulk_s for one in before]
    made_of = f"median of {ROUNDS} rounds of {ROWS_A_ROUND:,} rows"
    note = (
        f"{made_of}, {min(ratios):.2f} to {max(ratios):.2f}: one process that validates and writes users, claims and "
        f"events in {WRITERS} transactions at once, against one that puts users and claims, 25 items a call, one call "
        "at a time"
    )
    yield Figure(
        name="importing, written, against BatchWriteItem",
        value=statistics.median(ratios),
        unit="×",
        least=0.7,
        note=note,
    )
    ratios = [one.raw_at_once_s / one.bulk_s for one in before]
    note = f"{made_of}, {min(ratios):.2f} to {max(ratios):.2f}: against one process with as many calls at once"
    name = f"importing, written, against {WRITERS} at once"
    yield Figure(name=name, value=statistics.median(ratios), unit="×", note=note)
    whole = _import_rate_per_s(platform)
    # The load of the machine changes from minute to minute, so raw writes are measured before and after the import.
    raw = ROWS_A_ROUND / statistics.median(one.raw_s for one in [*before, *_rounds(platform)])
    note = (
        f"{whole:,.0f} rows/s of {ROWS:,} from the request to the end against {raw:,.0f}, one call at a time; all "
        "functions, the relay, the consumers of its events and the database share this machine's cores"
    )
    yield Figure(name="importing, whole, against BatchWriteItem", value=whole / raw, unit="×", least=0.7, note=note)
    # 20 ms on an idle machine; 3 s if the embedded DynamoDB sorts all users for each page.
    page_s = _page_of_users_s(platform)
    yield Figure(name=f"a page of {ROWS:,} users, p50", value=page_s * 1000, unit="ms", bound=1000)


def _import_rate_per_s(platform: PlatformUnderTest) -> float:
    """Import an uploaded file, and return the number of rows that became users per second."""
    with closing(Importing(platform)) as importing:
        domain = f"{time.time_ns()}.example.com"
        file_id = importing.upload(people((f"user{row}@{domain}", f"User {row}") for row in range(ROWS)))
        started = time.monotonic()
        ended = importing.ended(importing.request(file_id).headers["Location"], within_s=600)
        took_s = time.monotonic() - started
    assert ended["rows_written"] == ROWS, ended
    return ROWS / took_s


def _page_of_users_s(platform: PlatformUnderTest) -> float:
    params: dict[str, str | int] = {"limit": 20}
    took_s = []
    for _ in range(6):
        answer = platform.gateway.get("/users", params=params).raise_for_status()
        took_s.append(answer.elapsed.total_seconds())
        params["cursor"] = answer.json()["next_cursor"]
    return statistics.median(took_s[1:])


def _rounds(platform: PlatformUnderTest) -> list[Round]:
    """Return the rounds without the first, which starts cold."""
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
    return [Round(*seconds) for seconds in json.loads(result.stdout.splitlines()[-1])][1:]


def reading(rows: int) -> tuple[float, float]:
    """Return the peak memory in MB and the time in seconds of a process that reads a number of rows."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.reading", str(rows)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    kib, seconds = result.stdout.split()
    return int(kib) / 1024, float(seconds)
