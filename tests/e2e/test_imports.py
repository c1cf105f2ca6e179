"""Imports from an uploaded file to its users: invalid rows, files that do not fit, cancellation."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.importing import Importing, counts, people, stored_users
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.stored import has_no_work
from tests.waiting import eventually


@pytest.fixture
def importing(platform: PlatformUnderTest) -> Iterator[Importing]:
    with closing(Importing(platform)) as importing:
        yield importing


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
    # Names contain no line ends. The reader recovers the lines after an open quote.
    assert importing.rejects(ended["csv"]) == [
        (2, "name", "not_allowed"),
        (4, "", "too_few_fields"),
        (6, "", "unterminated_quote"),
    ]
    claims, _ = stored_users(platform, domain)
    assert claims.keys() == {f"{name}@{domain}" for name in ("taken", "one", "five")}


def test_an_address_that_only_resembles_another_is_imported_and_the_same_one_is_not(
    platform: PlatformUnderTest, importing: Importing, domain: str
) -> None:
    made = platform.gateway.post("/users", json={"email": f"boss@wei\u00df-{domain}"})
    assert made.status_code == 201
    rows = [(f"BOSS@wei\u00df-{domain}", "Sharp"), (f"boss@weiss-{domain}", "Double")]

    ended = importing.ended(importing.start(people(rows)))

    assert counts(ended) == (2, 1, 1, 0)
    assert importing.rejects(ended) == [(2, "email", "taken")]


def test_files_that_do_not_fit_fail_with_the_reason(importing: Importing) -> None:
    started = {
        "missing_column": importing.start(b"E-mail,Nickname\nada@example.com,Ada\n"),
        "duplicate_column": importing.start(b"E-mail,Name,E-mail\n"),
        "malformed_header": importing.start(b'"E-mail,Name\n'),
        "unknown_column": importing.start(b"email,password\n", mapping=None),
        "file_empty": importing.start(b"\n\n"),
        "unknown_encoding": importing.start("E-mail,Name\n".encode("utf-16-le")),
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
    eventually(lambda: importing.get(location)["rows_read"] > 0)

    statuses = Counter(importing.cancel(location).status_code for _ in range(2))
    ended = importing.ended(location)

    assert statuses == {202: 2}
    assert ended["status"] == "cancelled"
    read, written, rejected, skipped = counts(ended)
    assert written + rejected + skipped == read
    assert skipped > 0 or read < 40_000
    claims, _ = stored_users(platform, domain)
    assert len(claims) == written
    assert importing.cancel(location).status_code == 202
    eventually(lambda: has_no_work(platform, "platform-local-imports"))
    assert importing.get(location) == ended


def test_members_import_nothing_and_see_nothing_of_others(platform: PlatformUnderTest, importing: Importing) -> None:
    file_id = importing.upload(b"E-mail,Name\n")
    location = importing.request(file_id).headers["Location"]
    member = platform.client("member")

    assert member.post("/imports", json={"file_id": file_id, "target": "users"}).status_code == 403
    assert member.get(location).status_code == 404
    assert member.post(f"{location}/cancel").status_code == 404
    assert location not in [f"/imports/{one['id']}" for one in member.get("/imports").json()["items"]]
