"""A widget, for the authorisation matrix: widgets have no owner."""

import httpx


def make(_owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    return {"widget_id": admin.post("/widgets", json={"name": "A widget"}).raise_for_status().json()["id"]}
