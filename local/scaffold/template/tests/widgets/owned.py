"""What a caller owns of widgets, for the authorisation matrix: nothing, but there is one to look at."""

import httpx


def make(_owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    return {"widget_id": admin.post("/widgets", json={"name": "A widget"}).raise_for_status().json()["id"]}
