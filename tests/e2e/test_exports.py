"""Exports from the request to the download: several parts, missing rights, cancellation."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.exporting import OVER, Exporting, objects_of
from tests.e2e.importing import Importing, people
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.roles import without_action
from tests.waiting import comes_true, eventually

# A part of 5 MiB, the size on a laptop, contains 12,000 users with names of the maximum length.
ROWS = 26_000


@pytest.fixture
def exporting(platform: PlatformUnderTest) -> Iterator[Exporting]:
    exporting = Exporting(platform)
    yield exporting
    exporting.close()


# These run first, while the tables are small and an export is fast.
@pytest.mark.parametrize("source", ["users", "activity"])
def test_an_exporter_without_the_right_to_read_its_table_writes_nothing(
    platform: PlatformUnderTest, exporting: Exporting, source: str
) -> None:
    assert exporting.ended(exporting.start(source))["status"] == "available"

    with without_action(platform, f"{source}-exporter", "dynamodb:Scan"):
        location = exporting.start(source)
        assert not comes_true(lambda: exporting.get(location)["status"] in OVER, within_s=6)
        assert exporting.gateway.post(f"{location}/cancel").json()["status"] == "cancelled"

    assert exporting.ended(exporting.start(source))["status"] == "available"


def test_a_member_exports_their_account_and_nothing_else(platform: PlatformUnderTest, exporting: Exporting) -> None:
    member = Exporting(platform, caller="member")
    mine = member.gateway.get("/users/me").raise_for_status().json()
    everything = exporting.start("users")

    location = member.start("users")

    ended = member.ended(location)
    assert member.lines(ended) == [mine]
    download = member.download(ended)
    assert download.headers["Content-Type"] == "application/x-ndjson"
    name = f"users-{datetime.now(UTC):%Y-%m-%d}.ndjson"
    assert download.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert member.gateway.post("/exports", json={"source": "activity"}).status_code == 403
    assert member.gateway.get(everything).status_code == 404
    assert member.gateway.post(f"{everything}/cancel").status_code == 404
    listed = {item["id"] for item in member.gateway.get("/exports").json()["items"]}
    assert everything.rpartition("/")[2] not in listed
    assert platform.client("member2").get(location).status_code == 404
    assert exporting.gateway.get(location).json()["owner"] == ended["owner"]
    member.close()


def test_a_machine_exports_only_within_its_scopes(platform: PlatformUnderTest) -> None:
    machine = Exporting(platform, caller="machine")
    once: dict[str, Any] = {"json": {"source": "users"}, "headers": {"Idempotency-Key": uuid4().hex}}
    first, again = (machine.gateway.post("/exports", **once) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert machine.ended(machine.start("activity"))["status"] == "available"
    assert platform.client("reader").post("/exports", json={"source": "users"}).status_code == 403
    machine.close()


def test_a_cancelled_export_leaves_nothing(platform: PlatformUnderTest, exporting: Exporting) -> None:
    location = exporting.start("activity")

    first, again = (exporting.gateway.post(f"{location}/cancel") for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    told = eventually(lambda: [entry["type"] for entry in platform.activity(location.removeprefix("/"))][1:])
    assert told == ["ExportCancelled.v1"]
    # A part that the exporter was writing meanwhile is removed when it arrives.
    eventually(lambda: not objects_of(platform, location))
    assert exporting.gateway.get(location).json()["status"] == "cancelled"


def test_users_are_exported_in_several_parts_each_once(platform: PlatformUnderTest, exporting: Exporting) -> None:
    domain = f"{uuid4().hex}.example.com"
    importing = Importing(platform)
    imported = importing.start(people((f"user{number}@{domain}", "Ö" * 200) for number in range(ROWS)))
    assert importing.ended(imported)["rows_written"] == ROWS
    importing.close()
    member = platform.client("member").get("/users/me").json()

    location = exporting.start("users")
    late = exporting.gateway.post("/users", json={"email": f"late@{domain}"}).raise_for_status().json()
    ended = exporting.ended(location)

    lines = exporting.lines(ended)
    assert len({line["id"] for line in lines}) == len(lines)
    assert {line["email"] for line in lines if line["email"].endswith(domain)} == {
        f"user{number}@{domain}" for number in range(ROWS)
    }
    assert member in lines
    assert late["id"] not in {line["id"] for line in lines}
    for line in lines[:: len(lines) // 5]:
        assert exporting.gateway.get(f"/users/{line['id']}").json() == line
    subject = location.removeprefix("/")
    eventually(lambda: platform.activity(subject)[-1]["type"] == "ExportCompleted.v1")
    told = platform.activity(subject)
    asked = [entry["data"] for entry in told if entry["type"] == "ExportPartRequested.v1"]
    assert len(asked) >= 3
    assert len({entry["request_id"] for entry in told}) == 1
    assert told[-1]["data"]["rows"] == len(lines)
    eventually(lambda: objects_of(platform, location) == [f"exports/{ended['id']}.ndjson"])


def test_activity_is_exported_in_several_parts_each_entry_once(
    platform: PlatformUnderTest, exporting: Exporting
) -> None:
    subject = f"imports/{uuid4()}"
    add_large_entries(platform, subject, count=30)
    eventually(lambda: len(platform.activity(subject)) > 1)
    before = exporting.start("activity")

    location = exporting.start("activity")
    ended = exporting.ended(location)

    lines = exporting.lines(ended)
    assert len({line["event_id"] for line in lines}) == len(lines)
    mine = [line for line in lines if line["subject"] == subject]
    assert [line["data"]["number"] for line in mine] == list(range(30))
    one = exporting.gateway.get("/activity", params={"subject": subject, "limit": 1}).json()["items"]
    assert one == [mine[-1]]
    assert all(line["time"] <= ended["created_at"] for line in lines)
    asked = [entry for entry in platform.activity(location.removeprefix("/")) if "Requested" in entry["type"]]
    assert len(asked) >= 2
    assert exporting.ended(before)["status"] == "available"


def add_large_entries(platform: PlatformUnderTest, subject: str, *, count: int) -> None:
    """Put entries of the maximum size of events into the table, as the consumer would."""
    table = platform.output("platform-local-activity", "TableName")
    for number in range(count):
        event_id, time = str(uuid4()), f"2026-11-01T00:00:{number:02}.000000+00:00"
        data = {"number": number, "text": "x" * 220_000}
        texts = {
            "pk": f"SUBJECT#{subject}",
            "sk": f"{time}#{event_id}",
            "event_id": event_id,
            "type": "ImportProgressed.v1",
            "source": "imports",
            "subject": subject,
            "time": time,
            "request_id": "end-to-end",
            "data": json.dumps(data),
        }
        item = {name: {"S": text} for name, text in texts.items()} | {"sequence": {"N": str(number + 1)}}
        platform.aws("dynamodb").put_item(TableName=table, Item=item)
