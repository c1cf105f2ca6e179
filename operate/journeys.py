"""End-to-end journeys through an environment by its public API, as any client; each one cleans up behind itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from operate.deployed.api import Api
from operate.errors import OperateError
from operate.seeds.upload import declare, upload

# An event goes from the table's stream over the bus and a queue to its consumer; each function may have to start.
_WITHIN_S = 180.0
_LOOK_EVERY_S = 1.0


class JourneyFailed(OperateError):
    """The environment answered, but not as it must; the message says how."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey.

    Attributes:
        services: The services that it goes through; without one of them, it is left out.
        walk: Walks it, or raises OperateError.
    """

    services: frozenset[str]
    walk: Callable[[Api], None]


def walk_as_user(api: Api) -> None:
    """Create, repeat, change and deactivate a user, and find each event in the user's history."""
    nonce = uuid4().hex
    # `example.com` receives no mail: https://www.rfc-editor.org/rfc/rfc2606#section-3
    body = {"email": f"end-to-end-{nonce}@example.com", "name": "End to end"}
    created = api.send("POST", "/users", body=body, headers={"Idempotency-Key": nonce}, expect={201})
    location = created.headers["Location"]
    try:
        repeated = api.send("POST", "/users", body=body, headers={"Idempotency-Key": nonce}, expect={201})
        _require(repeated.content == created.content, "the same Idempotency-Key created another user")
        api.send("PATCH", location, body={"name": "Changed"}, headers={"If-Match": "*"}, expect={200})
        stale = {"If-Match": created.headers["ETag"]}
        api.send("PATCH", location, body={"name": "Lost"}, headers=stale, expect={412})
        read = api.send("GET", location, expect={200}).content
        _require(read["name"] == "Changed", f"the name of {location} is not the changed one")
        # A machine client has no account of its own.
        api.send("GET", "/users/me", expect={403})
    finally:
        api.send("DELETE", location, expect={204})
    subject = location.removeprefix("/")
    expected = ["UserDeactivated.v1", "UserUpdated.v1", "UserCreated.v1"]
    _await(
        lambda: [
            each["type"] for each in api.send("GET", f"/activity?subject={subject}", expect={200}).content["items"]
        ],
        expected,
        f"the history of {subject}",
    )


def walk_as_file(api: Api) -> None:
    """Upload a file, wait until it is inspected, download it and delete it."""
    nonce = uuid4().hex
    content = f"end,to,end\n{nonce},1,2\n".encode()
    created = declare(api, f"end-to-end-{nonce}.csv", content, key=nonce)
    location = created.headers["Location"]
    try:
        upload(api, created, content)
        _await(
            lambda: api.send("GET", location, expect={200}).content["state"], "available", f"the state of {location}"
        )
        link = api.send("GET", location, expect={200}).content["download"]["url"]
        _require(api.download(link) == content, f"the download of {location} is not what was uploaded")
    finally:
        api.send("DELETE", location, expect={204})
    api.send("GET", location, expect={404})


JOURNEYS: Mapping[str, Journey] = {
    "a user and the history": Journey(frozenset({"users", "activity"}), walk_as_user),
    "a file": Journey(frozenset({"files"}), walk_as_file),
}


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise JourneyFailed(otherwise)


def _await[T](look: Callable[[], T], expected: T, subject: str) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while (found := look()) != expected:
        if time.monotonic() > deadline:
            raise JourneyFailed(f"{subject}: expected {expected} within {_WITHIN_S:.0f} s, found {found}")
        time.sleep(_LOOK_EVERY_S)
