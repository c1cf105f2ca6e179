"""A client that exports and downloads."""

import json
import ssl
from typing import Any

import httpx

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import HANG_S, eventually

OVER = {"available", "failed", "cancelled"}


class Exporting:
    """A client of exports; downloads are signed and need no token."""

    def __init__(self, platform: PlatformUnderTest, *, caller: str = "admin") -> None:
        self.gateway = platform.client(caller)
        trusted = ssl.create_default_context(cafile=platform.described["ca_file"])
        self._outside = httpx.Client(verify=trusted, timeout=120)

    def start(self, source: str) -> str:
        """Request an export and return its location."""
        answer = self.gateway.post("/exports", json={"source": source})
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def get(self, location: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gateway.get(location).raise_for_status().json()
        return found

    def ended(self, location: str, *, within_s: float = 5 * HANG_S) -> dict[str, Any]:
        """Wait for the end of an export and return the export."""
        eventually(lambda: self.get(location)["status"] in OVER, within_s=within_s)
        return self.get(location)

    def download(self, ended: dict[str, Any]) -> httpx.Response:
        return self._outside.get(ended["download"]["url"])

    def lines(self, ended: dict[str, Any]) -> list[Any]:
        """Download an export and return its lines, decoded."""
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
    """Return the keys of an export's objects in the bucket."""
    bucket = platform.output("platform-local-exports", "BucketName")
    pages = platform.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [key for key in keys if location.rpartition("/")[2] in key]
