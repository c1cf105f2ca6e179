"""A client that uploads and imports files."""

import csv
import io
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import HANG_S, eventually

OVER = {"completed", "failed", "cancelled"}
MAPPING = {"E-mail": "email", "Name": "name"}


class Importing:
    """A client of files and imports.

    Args:
        caller: The owner of the files and imports.
    """

    def __init__(self, platform: PlatformUnderTest, *, caller: str = "admin") -> None:
        self._gateway = platform.client(caller)
        trusted = ssl.create_default_context(cafile=platform.described["ca_file"])
        # Signed requests need no token.
        self._outside = httpx.Client(verify=trusted, timeout=120)

    def upload(self, content: bytes, *, content_type: str = "text/csv") -> str:
        """Upload a file, wait until it is available, and return its id."""
        body = {"name": "people", "content_type": content_type, "size_bytes": len(content)}
        made = self._gateway.post("/files", json=body)
        assert made.status_code == 201, made.text
        form = made.json()["upload"]
        answer = self._outside.post(form["url"], data=form["fields"], files={"file": ("people", content)})
        assert answer.status_code in {200, 201, 204}, answer.text
        location = made.headers["Location"]
        eventually(lambda: self._gateway.get(location).json()["state"] == "available")
        return str(made.json()["id"])

    def request(self, file_id: str, **options: Any) -> httpx.Response:
        """Request an import, again while the service does not know the file yet, and return the answer."""
        body = {"file_id": file_id, "target": "users", "mapping": MAPPING, **options}

        def answer() -> httpx.Response | None:
            answer = self._gateway.post("/imports", json=body)
            return None if answer.status_code == 404 else answer

        found = eventually(answer)
        assert found is not None
        return found

    def start(self, content: bytes, *, content_type: str = "text/csv", **options: Any) -> str:
        """Upload a file, request its import, and return the location of the import."""
        answer = self.request(self.upload(content, content_type=content_type), **options)
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def get(self, location: str) -> dict[str, Any]:
        """Return an import; a platform that is busy with imports may answer 503 for a while."""

        def answered() -> httpx.Response | None:
            answer = self._gateway.get(location)
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        answer = eventually(answered)
        assert answer is not None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ended(self, location: str, *, within_s: float = 5 * HANG_S) -> dict[str, Any]:
        """Wait for the end of an import and return the import."""
        eventually(lambda: self.get(location)["status"] in OVER, within_s=within_s, every_s=0.5)
        return self.get(location)

    def rejects(self, ended: Mapping[str, Any]) -> list[tuple[int, str, str]]:
        """Download the rejects: line, field, reason."""
        answer = self._outside.get(ended["rejects_url"])
        assert answer.status_code == 200, answer.text
        header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
        assert header == ["line", "field", "reason"]
        return [(int(line), field, reason) for line, field, reason in rows]

    def cancel(self, location: str) -> httpx.Response:
        """Cancel an import."""
        return self._gateway.post(f"{location}/cancel")

    def close(self) -> None:
        """Close the client of signed requests."""
        self._outside.close()


def people(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file of addresses and names."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("E-mail", "Name"), *rows])
    return written.getvalue().encode()


def counts(ended: dict[str, Any]) -> tuple[int, ...]:
    """Return the numbers of rows that were read, written, rejected and skipped."""
    return tuple(ended[f"rows_{what}"] for what in ("read", "written", "rejected", "skipped"))


def stored_users(platform: PlatformUnderTest, domain: str) -> tuple[dict[str, str], set[str]]:
    """Return the user of each address of a domain, and all users, from the table."""
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
