"""A caller's user, for the authorisation matrix: the caller's account."""

from uuid import uuid4

import httpx

# A machine client has no account.
OWNERS = ("admin", "member")
BODIES = {
    "POST /users": lambda _admin: {"email": f"{uuid4().hex}@example.com"},
    "PATCH /users/{user_id}": {"name": "changed"},
}
# The caller would lose their access with their account.
IF_MATCH = {"DELETE /users/{user_id}": '"0"'}


def make(owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return the parameters of the path."""
    return {"user_id": owner.get("/users/me").raise_for_status().json()["id"]}
