"""Requests for activity, for the authorisation matrix: entries have no owner."""

from uuid import uuid4

import httpx

from tests.waiting import eventually


def _known_subject(admin: httpx.Client) -> dict[str, str]:
    made = admin.post("/users", json={"email": f"{uuid4().hex}@example.com"}).raise_for_status().json()
    subject = {"subject": f"users/{made['id']}"}
    eventually(lambda: admin.get("/activity/latest", params=subject).is_success)
    return subject


QUERIES = {"GET /activity": {"subject": "users/x"}, "GET /activity/latest": _known_subject}
