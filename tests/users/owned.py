"""What a caller owns of users, for the authorisation matrix: their account."""

import httpx


def make(owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    return {"user_id": owner.get("/users/me").raise_for_status().json()["id"]}
