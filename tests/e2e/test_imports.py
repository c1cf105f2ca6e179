"""Imports from an uploaded file to the users that come of it: many rows, bad rows, killed workers, a change of mind."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.importing import Importing, people
from tests.e2e.platform_under_test import PlatformUnderTest, eventually
from tests.e2e.workers import workers

IMPORTER = "platform-local-users-importer"
ROWS = 100_000
# Twenty milliseconds on a machine that is idle; three seconds where each page sorts all users.
PAGE_S = 1.0


@pytest.fixture
def importing(platform: PlatformUnderTest) -> Iterator[Importing]:
    with closing(Importing(platform)) as importing:
        yield importing


@pytest.fixture
def domain() -> str:
    """A domain that nobody's address is in."""
    return f"{uuid4().hex}.example.com"


def counts(ended: dict[str, Any]) -> tuple[int, ...]:
    return tuple(ended[f"rows_{what}"] for what in ("read", "written", "rejected", "skipped"))


def stored(platform: PlatformUnderTest, domain: str) -> tuple[dict[str, str], set[str]]:
    """Return whose each address of a domain is, and the users that there are, as they stand in the table."""
    table = platform.output("platform-local-users", "TableName")
    pages = platform.aws("dynamodb").get_paginator("scan").paginate(
        TableName=table, ProjectionExpression="pk, user_id"
    )  # fmt: skip
    claims, users = {}, set()
    for page in pages:
        for item in page["Items"]:
            kind, _, key = item["pk"]["S"].partition("#")
            if kind == "EMAIL" and key.endswith(domain):
                claims[key] = item["user_id"]["S"]
            elif kind == "USER":
                users.add(key)
    return claims, users


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
    claims, users = stored(platform, domain)
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


def test_bad_rows_are_listed_and_the_others_are_users(
    platform: PlatformUnderTest, importing: Importing, domain: str
) -> None:
    taken = platform.gateway.post("/users", json={"email": f"taken@{domain}"})
    assert taken.status_code == 201
    ndjson = [
        json.dumps({"E-mail": f"one@{domain}", "Name": "One", "more": 1}),
        "[]",
        '{"E-mail": ',
        json.dumps({"E-mail": f"TAKEN@{domain}"}),
        json.dumps({"E-mail": 7}),
        json.dumps({"Name": "No address"}),
        json.dumps({"E-mail": "x" * 10_000_000}),
        "",
        json.dumps({"E-mail": f"two@{domain}", "Name": "a" * 201}),
    ]
    csv = (
        f'Name;E-mail\r\n"Quoted\n""three""";three@{domain}\r\nragged\r\n\r\n"open;four@{domain}\r\nfive;five@{domain}'
    )
    started = {
        "ndjson": importing.start("\n".join(ndjson).encode(), content_type="application/x-ndjson"),
        "csv": importing.start(csv.encode("utf-16"), delimiter=";"),
    }

    ended = {name: importing.ended(location) for name, location in started.items()}

    assert {name: one["status"] for name, one in ended.items()} == dict.fromkeys(started, "completed")
    assert importing.rejects(ended["ndjson"]) == [
        (2, "", "not_an_object"),
        (3, "", "malformed_json"),
        (4, "email", "taken"),
        (5, "email", "not_a_text"),
        (6, "email", "missing"),
        (7, "", "line_too_long"),
        (9, "name", "too_long"),
    ]
    # Names have no line ends; what an open quote might have swallowed is read.
    assert importing.rejects(ended["csv"]) == [
        (2, "name", "not_allowed"),
        (4, "", "too_few_fields"),
        (6, "", "unterminated_quote"),
    ]
    claims, _ = stored(platform, domain)
    assert claims.keys() == {f"{name}@{domain}" for name in ("taken", "one", "five")}


def test_files_that_do_not_fit_fail_with_the_reason(importing: Importing) -> None:
    started = {
        "missing_column": importing.start(b"E-mail,Nickname\nada@example.com,Ada\n"),
        "duplicate_column": importing.start(b"E-mail,Name,E-mail\n"),
        "malformed_header": importing.start(b'"E-mail,Name\n'),
        "unknown_column": importing.start(b"email,password\n", mapping=None),
        "file_empty": importing.start(b"\n\n"),
        "unknown_encoding": importing.start("E-mail,Name\n".encode("utf-16"), encoding="utf-8"),
    }

    ended = {reason: importing.ended(location) for reason, location in started.items()}

    for reason, one in ended.items():
        assert (one["status"], one["failure"]["reason"], counts(one)) == ("failed", reason, (0, 0, 0, 0))


def test_a_file_that_was_deleted_is_not_imported(platform: PlatformUnderTest, importing: Importing) -> None:
    file_id = importing.upload(b"E-mail,Name\n")
    assert importing.request(file_id).status_code == 202
    assert platform.gateway.delete(f"/files/{file_id}").status_code == 204

    def refused() -> bool:
        body = {"file_id": file_id, "target": "users"}
        return platform.gateway.post("/imports", json=body).status_code == 404

    eventually(refused)


def test_a_cancelled_import_keeps_what_was_written_and_skips_the_rest(
    platform: PlatformUnderTest, importing: Importing, domain: str
) -> None:
    content = people((f"user{number}@{domain}", "User") for number in range(40_000))
    location = importing.start(content)
    eventually(lambda: importing.get(location)["rows_read"] > 0, within_s=60)

    statuses = Counter(importing.cancel(location).status_code for _ in range(2))
    ended = importing.ended(location, within_s=120)

    assert statuses == {202: 2}
    assert ended["status"] == "cancelled"
    read, written, rejected, skipped = counts(ended)
    assert written + rejected + skipped == read
    assert skipped > 0 or read < 40_000
    claims, _ = stored(platform, domain)
    assert len(claims) == written
    assert importing.cancel(location).status_code == 202
    time.sleep(2)
    assert importing.get(location) == ended


def test_members_import_nothing_and_see_nothing_of_others(platform: PlatformUnderTest, importing: Importing) -> None:
    file_id = importing.upload(b"E-mail,Name\n")
    location = importing.request(file_id).headers["Location"]
    member = platform.client("member")

    assert member.post("/imports", json={"file_id": file_id, "target": "users"}).status_code == 403
    assert member.get(location).status_code == 404
    assert member.post(f"{location}/cancel").status_code == 404
    assert location not in [f"/imports/{one['id']}" for one in member.get("/imports").json()["items"]]
