"""Exports and downloads, as a client of the platform does."""

import json
import ssl
from typing import Any

import httpx

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

OVER = {"available", "failed", "cancelled"}


class Exporting:
    """A client of exports; what it downloads needs no token."""

    def __init__(self, platform: PlatformUnderTest, *, caller: str = "admin") -> None:
        self.gateway = platform.client(caller)
        trusted = ssl.create_default_context(cafile=platform.described["ca_file"])
        self._outside = httpx.Client(verify=trusted, timeout=120)

    def start(self, source: str) -> str:
        """Ask for an export, and return where to follow it."""
        answer = self.gateway.post("/exports", json={"source": source})
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def ended(self, location: str, *, within_s: float = 60) -> dict[str, Any]:
        """Return an export once it is over."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.gateway.get(location).raise_for_status().json()
            return found if found["status"] in OVER else None

        ended = eventually(look, within_s=within_s)
        assert ended
        return ended

    def download(self, ended: dict[str, Any]) -> httpx.Response:
        return self._outside.get(ended["download"]["url"])

    def lines(self, ended: dict[str, Any]) -> list[Any]:
        """Download an export, and return what its lines say."""
        assert ended["status"] == "available", ended
        answer = self.download(ended)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == ended["size_bytes"]
        lines = [json.loads(line) for line in answer.content.decode().split("\n")[:-1]]
        assert len(lines) == ended["rows_written"]
        return lines

    def close(self) -> None:
        self._outside.close()


def objects_of(platform: PlatformUnderTest, location: str) -> list[str]:
    """Name the objects that an export has in the bucket."""
    bucket = platform.output("platform-local-exports", "BucketName")
    pages = platform.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [key for key in keys if location.rpartition("/")[2] in key]


def exports_their_account(platform: PlatformUnderTest) -> bool:
    """Tell whether a member's account is exported, which takes no longer however many users there are."""
    exporting = Exporting(platform, caller="member")
    try:
        return exporting.download(exporting.ended(exporting.start("users"), within_s=6)).status_code == httpx.codes.OK
    except AssertionError:
        return False
    finally:
        exporting.close()


def clears_the_parts_of_an_export(platform: PlatformUnderTest) -> bool:
    """Tell whether nothing is left of an export but what can be downloaded."""
    exporting = Exporting(platform, caller="member")
    location = exporting.start("users")
    try:
        ended = exporting.ended(location, within_s=6)
        eventually(lambda: objects_of(platform, location) == [f"exports/{ended['id']}.ndjson"], within_s=6)
    except AssertionError:
        return False
    finally:
        exporting.close()
    return True
