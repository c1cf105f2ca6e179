"""A caller's file, for the authorisation matrix: a file before its upload."""

import httpx

VERSION = {"content_type": "text/csv", "size_bytes": 4}
BODIES = {"POST /files": {"name": "x.csv"} | VERSION, "POST /files/{file_id}/versions": VERSION}


def make(owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    file = owner.post("/files", json={"name": "x.csv"} | VERSION).raise_for_status().json()
    return {"file_id": file["id"], "number": "1"}
