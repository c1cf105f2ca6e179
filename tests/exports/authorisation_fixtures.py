"""A caller's export, for the authorisation matrix: an export of the users that the caller may see."""

import httpx

BODY = {"source": "users"}
BODIES = {"POST /exports": BODY}
ALSO_READ = {"POST /exports"}


def make(owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    return {"export_id": owner.post("/exports", json=BODY).raise_for_status().json()["id"]}
