"""The parameters of requests about activity, for the authorisation matrix; activity has no owner."""

import time
from uuid import uuid4

import httpx


def _known_subject(admin: httpx.Client) -> dict[str, str]:
    made = admin.post("/users", json={"email": f"{uuid4().hex}@example.com"}).raise_for_status().json()
    subject = {"subject": f"users/{made['id']}"}
    for _ in range(150):
        if admin.get("/activity/latest", params=subject).is_success:
            return subject
        time.sleep(0.2)
    raise TimeoutError("Nothing was ever known of a new user.")


QUERIES = {"GET /activity": {"subject": "users/x"}, "GET /activity/latest": _known_subject}
