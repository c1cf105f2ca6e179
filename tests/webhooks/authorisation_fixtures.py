"""A caller's webhook, for the authorisation matrix: a webhook with a delivery."""

import httpx

# No process listens on port 9, the discard service.
WEBHOOK = {"url": "http://localhost:9/", "event_types": ["files/FileRejected.v1"]}
BODIES = {"POST /webhooks": WEBHOOK, "PATCH /webhooks/{webhook_id}": {"description": "changed"}}
ALSO_READ = {"POST /webhooks"}


def make(owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    webhook_id = owner.post("/webhooks", json=WEBHOOK).raise_for_status().json()["id"]
    delivery_id = owner.post(f"/webhooks/{webhook_id}/test").raise_for_status().json()["id"]
    return {"webhook_id": webhook_id, "delivery_id": delivery_id}
