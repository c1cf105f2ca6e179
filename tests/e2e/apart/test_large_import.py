"""A large import from an uploaded file to its users, while workers are killed."""

import time
from contextlib import closing

from tests.e2e.importing import Importing, counts, people, stored_users
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.workers import workers
from tests.waiting import eventually

IMPORTER = "platform-local-users-importer"
ROWS = 100_000


def test_a_hundred_thousand_rows_end_exactly_right_though_workers_are_killed(
    platform_apart: PlatformUnderTest, domain: str
) -> None:
    with closing(Importing(platform_apart)) as importing:
        imports_exactly(platform_apart, importing, domain)


def imports_exactly(platform: PlatformUnderTest, importing: Importing, domain: str) -> None:
    rows = [(f"user{number}@{domain}", f"User {number}") for number in range(ROWS)]
    bad = range(500, ROWS, 1000)
    for row in bad:
        rows[row] = ("no-address", "Nameless")
    twice = {row: row + 30_000 for row in range(7, 50_000, 1000)}
    for first, second in twice.items():
        rows[second] = (rows[first][0].upper(), "Twice")
    location = importing.start(people(rows))

    kills, visible_again_at = [], []
    for written in (1, ROWS // 10):
        eventually(lambda written=written: importing.get(location)["rows_written"] >= written, within_s=600)  # type: ignore[misc]
        held, visibility_timeout_s = chunks_in_flight(platform)
        killed = workers(platform, IMPORTER)
        for process in killed:
            process.kill()
        kills.append((len(killed), held))
        visible_again_at.append(time.monotonic() + visibility_timeout_s)
    # SQS delivers the chunks of a killed worker again after the visibility timeout, six times the function's timeout.
    ended = importing.ended(location, within_s=1800)

    # Both times, the killed workers held chunks, and the import waited until SQS delivered these again.
    assert all(killed and held for killed, held in kills), kills
    longest_chunk_s = 20
    assert time.monotonic() > visible_again_at[0] - longest_chunk_s
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


def chunks_in_flight(platform: PlatformUnderTest) -> tuple[int, int]:
    """Return the number of chunks that workers hold, and the visibility timeout of these in seconds."""
    sqs = platform.aws("sqs")
    url = sqs.get_queue_url(QueueName=IMPORTER)["QueueUrl"]
    names = ["ApproximateNumberOfMessagesNotVisible", "VisibilityTimeout"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])
