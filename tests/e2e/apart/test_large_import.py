"""A large import, whose workers are killed, from an uploaded file to the users that come of it."""

import statistics
import time
from contextlib import closing

from tests.e2e.importing import Importing, counts, people, stored_users
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.workers import workers
from tests.waiting import eventually

IMPORTER = "platform-local-users-importer"
ROWS = 100_000
# Twenty milliseconds on a machine that is idle; three seconds where each page sorts all users.
PAGE_S = 1.0


def test_a_hundred_thousand_rows_end_exactly_right_though_workers_are_killed(
    platform_apart: PlatformUnderTest, domain: str
) -> None:
    with closing(Importing(platform_apart)) as importing:
        imports_exactly(platform_apart, importing, domain)
        lists_quickly(platform_apart)


def imports_exactly(platform: PlatformUnderTest, importing: Importing, domain: str) -> None:
    rows = [(f"user{number}@{domain}", f"User {number}") for number in range(ROWS)]
    bad = range(500, ROWS, 1000)
    for row in bad:
        rows[row] = ("nobody", "Nobody")
    twice = {row: row + 30_000 for row in range(7, 50_000, 1000)}
    for first, second in twice.items():
        rows[second] = (rows[first][0].upper(), "Twice")
    location = importing.start(people(rows))

    kills, comes_again_at = [], []
    for written in (1, ROWS // 10):
        eventually(lambda written=written: importing.get(location)["rows_written"] >= written, within_s=120)  # type: ignore[misc]
        held, visible_again_in_s = in_flight(platform)
        killed = workers(platform, IMPORTER)
        for process in killed:
            process.kill()
        kills.append((len(killed), held))
        comes_again_at.append(time.monotonic() + visible_again_in_s)
    # What a killed worker held comes again after the queue's visibility timeout, six times the function's own.
    ended = importing.ended(location, within_s=400)

    # In each of both moments, workers were killed that held chunks, and the import waited until those came again.
    assert all(killed and held for killed, held in kills), kills
    longest_chunk_s = 20
    assert time.monotonic() > comes_again_at[0] - longest_chunk_s
    assert ended["status"] == "completed"
    assert counts(ended) == (ROWS, ROWS - len(bad) - len(twice), len(bad) + len(twice), 0)
    rejects = importing.rejects(ended)
    assert [line for line, _, _ in rejects] == sorted(line for line, _, _ in rejects)
    # Line 1 is the header.
    expected = {(row + 2, "email", "not_an_address") for row in bad}
    assert expected <= set(rejects)
    for line, field, reason in set(rejects) - expected:
        assert (field, reason) == ("email", "twice_in_file")
        assert line - 2 in twice or line - 2 in twice.values()
    claims, users = stored_users(platform, domain)
    assert claims.keys() == {email.lower() for email, _ in rows if "@" in email}
    assert len(set(claims.values())) == len(claims)
    assert set(claims.values()) <= users
    told = platform.activity(location.removeprefix("/"))
    assert [entry["type"] for entry in told if entry["type"] != "ImportProgressed.v1"] == [
        "ImportRequested.v1",
        "ImportCompleted.v1",
    ]


def in_flight(platform: PlatformUnderTest) -> tuple[int, int]:
    """Return how many chunks workers hold, and after how many seconds one of them comes again that is not finished."""
    sqs = platform.aws("sqs")
    url = sqs.get_queue_url(QueueName=IMPORTER)["QueueUrl"]
    names = ["ApproximateNumberOfMessagesNotVisible", "VisibilityTimeout"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def lists_quickly(platform: PlatformUnderTest) -> None:
    """See that a page of many users costs no more than it holds: at first, they are brought in order."""
    params: dict[str, str | int] = {"limit": 20}
    took_s = []
    for _ in range(6):
        answer = platform.gateway.get("/users", params=params)
        assert answer.status_code == 200, answer.text
        took_s.append(answer.elapsed.total_seconds())
        params["cursor"] = answer.json()["next_cursor"]
    assert statistics.median(took_s[1:]) < PAGE_S, took_s
