"""Files as spreadsheets and other programs write them, and our own exports, become users."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.exporting import Exporting
from tests.e2e.importing import Importing, stored_users
from tests.e2e.platform_under_test import PlatformUnderTest

NDJSON = "application/x-ndjson"
# Each file, the options of its import, the users by the local part of their addresses, and the number of rejected rows.
# `@` stands for the domain of the run.
CASES: Mapping[str, tuple[bytes, Mapping[str, Any], Mapping[str, str | None], int]] = {
    "blanks around an address": (
        "email,name\na1@ ,Ana\n b1@,Bo\nc1@\u00a0,Cy\n\ufeffd1@,Di\n".encode(),
        {},
        {"a1": "Ana", "b1": "Bo", "c1": "Cy", "d1": "Di"},
        0,
    ),
    "rows of commas": (
        b"Email,Name,,\r\na2@,Ana,,\r\n,,,\r\n,,,\r\n",
        {"mapping": {"Email": "email", "Name": "name"}},
        {"a2": "Ana"},
        0,
    ),
    "a line that names the delimiter": (b"sep=;\r\nemail;name\r\na3@;Ana\r\n", {"delimiter": ";"}, {"a3": "Ana"}, 0),
    "a comma at the end": (b"email,name,\na4@,Ana,\n", {}, {"a4": "Ana"}, 0),
    "a quote of Windows": (
        b"email,name\r\na5@,Pat O\x92Brien\r\n",
        {"encoding": "latin-1"},
        {"a5": "Pat O\u2019Brien"},
        0,
    ),
    "a quote of Windows, undeclared": (b"email,name\r\na6@,Pat O\x92Brien\r\nb6@,Bo\r\n", {}, {"b6": "Bo"}, 1),
    "Polish": (
        "email,name\r\na7@,Łukasz Żak\r\n".encode("cp1250"),
        {"encoding": "windows-1250"},
        {"a7": "Łukasz Żak"},
        0,
    ),
    "a mark of another encoding": (
        "\ufeffemail,name\r\na8@,José\r\n".encode(),
        {"encoding": "latin-1"},
        {"a8": "José"},
        0,
    ),
    "a blank of another kind in the header": (
        "E\u00a0mail,Name\na9@,Ana\n".encode(),
        {"mapping": {"E mail": "email", "Name": "name"}},
        {"a9": "Ana"},
        0,
    ),
    "names that hide": ("email,name\na10@,\u200b\nb10@,Ana\u202enosirevO\nc10@,Cy\n".encode(), {}, {"c10": "Cy"}, 2),
}


@pytest.fixture
def importing(platform: PlatformUnderTest) -> Iterator[Importing]:
    with closing(Importing(platform)) as importing:
        yield importing


def test_everyday_files_become_the_users_that_their_authors_mean(
    platform: PlatformUnderTest, importing: Importing, domain: str
) -> None:
    started = {
        name: importing.start(content.replace(b"@", f"@{domain}".encode()), **{"mapping": None, **options})
        for name, (content, options, _, _) in CASES.items()
    }

    ended = {name: importing.ended(location) for name, location in started.items()}

    assert {name: (one["status"], one["rows_rejected"]) for name, one in ended.items()} == {
        name: ("completed", rejected) for name, (_, _, _, rejected) in CASES.items()
    }
    claims, _ = stored_users(platform, domain)
    names = {
        address.partition("@")[0]: platform.gateway.get(f"/users/{user_id}").json()["name"]
        for address, user_id in claims.items()
    }
    assert names == {local: name for _, _, users, _ in CASES.values() for local, name in users.items()}


def test_a_file_with_another_delimiter_fails_with_the_likely_mistake(importing: Importing) -> None:
    ended = importing.ended(importing.start(b"email;name\nada@example.com;Ana\n", mapping=None))

    assert (ended["status"], ended["failure"]["reason"]) == ("failed", "unknown_column")
    assert 'delimiter; name ";"' in ended["failure"]["detail"]


def test_a_downloaded_export_can_be_imported_again(
    platform: PlatformUnderTest, importing: Importing, domain: str
) -> None:
    member = Exporting(platform, caller="member")
    mine = member.gateway.get("/users/me").raise_for_status().json()
    content = member.download(member.ended(member.start("users"))).content
    member.close()
    moved = content.replace(mine["email"].encode(), f"moved@{domain}".encode())

    again, elsewhere = (
        importing.ended(importing.start(each, content_type=NDJSON, mapping=None)) for each in (content, moved)
    )

    assert importing.rejects(again) == [(1, "email", "taken")]
    assert (elsewhere["status"], elsewhere["rows_written"]) == ("completed", 1)
    claims, _ = stored_users(platform, domain)
    [user_id] = claims.values()
    assert platform.gateway.get(f"/users/{user_id}").json()["name"] == mine["name"]
