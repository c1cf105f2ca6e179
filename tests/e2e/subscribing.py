"""Webhooks of a client, and the deliveries of events to them."""

from typing import Any

import httpx

from tests.waiting import eventually
from tests.webhooks.receiver import Receiver


def subscribe(client: httpx.Client, receiver: Receiver, *event_types: str, url: str | None = None) -> tuple[str, str]:
    """Create a webhook; return its path and its secret."""
    body = {"url": url or receiver.url, "event_types": event_types or ("users/UserCreated.v1",)}
    answer = client.post("/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"], answer.json()["secret"]


def delivery_of(client: httpx.Client, webhook: str, subject: str, state: str) -> Any:
    """Return the whole delivery of a subject's event as soon as it is in a state."""

    def look() -> Any:
        items = client.get(f"{webhook}/deliveries").json()["items"]
        found = [item for item in items if item["subject"] == subject and item["state"] == state]
        return found and client.get(f"{webhook}/deliveries/{found[0]['id']}").json()

    return eventually(look)
