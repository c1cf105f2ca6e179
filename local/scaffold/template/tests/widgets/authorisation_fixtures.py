"""The widget that the authorisation matrix calls the routes with; widgets have no owner."""

import httpx

BODIES = {"POST /widgets": {"name": "A widget"}}


def make(_owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the parameters of the path."""
    return {"widget_id": admin.post("/widgets", json=BODIES["POST /widgets"]).raise_for_status().json()["id"]}
