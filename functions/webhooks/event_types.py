"""The event types that have a contract; the bundle contains the contracts (`ships_contracts` in the manifest)."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from functions.webhooks.domain import EVERY_EVENT, every_event_of, source_of
from functions.webhooks.errors import EventsWithoutOwner, UnknownEventType

CONTRACTS = Path(__file__).resolve().parents[2] / "events"
_SUFFIX = ".schema.json"


@cache
def known_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """Return all event types, for instance `users/UserCreated.v1`."""
    return frozenset(_event_type(file) for file in _files(folder))


@cache
def owned_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """Return the event types with an owner: their contract has an `owner` in the data."""
    return frozenset(_event_type(file) for file in _files(folder) if _has_owner(file))


def known_sources() -> frozenset[str]:
    """Return the services that have events."""
    return frozenset(source_of(event_type) for event_type in known_event_types())


def check_event_types(event_types: Iterable[str]) -> None:
    """Check that contracts describe these event types.

    Raises:
        UnknownEventType: No contract describes some of them; the error names these.
    """
    unknown = sorted(set(event_types) - known_event_types() - {EVERY_EVENT, *map(every_event_of, known_sources())})
    if unknown:
        raise UnknownEventType(unknown)


def check_owned(event_types: Iterable[str]) -> None:
    """Check that these event types have an owner, for a webhook that is sent only the events of its owner.

    Raises:
        EventsWithoutOwner: Some have no owner; the error names these. `users/*` has none if no event of users has one.
    """
    owned = owned_event_types()
    all_of = {every_event_of(source_of(event_type)) for event_type in owned}
    ownerless = sorted(set(event_types) - owned - {EVERY_EVENT, *all_of})
    if ownerless:
        raise EventsWithoutOwner(ownerless)


def _files(folder: Path) -> Iterable[Path]:
    return folder.glob(f"*/*{_SUFFIX}")


def _event_type(file: Path) -> str:
    return f"{file.parent.name}/{file.name.removesuffix(_SUFFIX)}"


def _has_owner(file: Path) -> bool:
    contract = json.loads(file.read_text(encoding="utf-8"))
    return "owner" in contract.get("properties", {}).get("data", {}).get("properties", {})
