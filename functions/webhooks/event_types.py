"""Which events there are: those with a contract, which the bundle holds (`ships_contracts` in the manifest)."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from functions.webhooks.domain import EVERY_EVENT, every_event_of
from functions.webhooks.errors import NobodysEvents, UnknownEventType

CONTRACTS = Path(__file__).resolve().parents[2] / "events"
_SUFFIX = ".schema.json"


@cache
def known_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """List the events there are, such as `users/UserCreated.v1`."""
    return frozenset(_event_type(file) for file in _files(folder))


@cache
def owned_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """List the events that say whose they are: by their contract, their data may have an `owner`."""
    return frozenset(_event_type(file) for file in _files(folder) if _has_owner(file))


def known_sources() -> frozenset[str]:
    """List the services that have events."""
    return frozenset(event_type.partition("/")[0] for event_type in known_event_types())


def check_event_types(event_types: Iterable[str]) -> None:
    """Refuse what no contract describes.

    Raises:
        UnknownEventType: Naming them.
    """
    unknown = sorted(set(event_types) - known_event_types() - {EVERY_EVENT, *map(every_event_of, known_sources())})
    if unknown:
        raise UnknownEventType(unknown)


def check_owned(event_types: Iterable[str]) -> None:
    """Refuse what somebody who is sent their own events alone would never be sent.

    Raises:
        NobodysEvents: Naming what does not say whose it is; all events of a service are refused if none of them does.
    """
    owned = owned_event_types()
    all_of = {every_event_of(event_type.partition("/")[0]) for event_type in owned}
    nobodys = sorted(set(event_types) - owned - {EVERY_EVENT, *all_of})
    if nobodys:
        raise NobodysEvents(nobodys)


def _files(folder: Path) -> Iterable[Path]:
    return folder.glob(f"*/*{_SUFFIX}")


def _event_type(file: Path) -> str:
    return f"{file.parent.name}/{file.name.removesuffix(_SUFFIX)}"


def _has_owner(file: Path) -> bool:
    contract = json.loads(file.read_text(encoding="utf-8"))
    return "owner" in contract.get("properties", {}).get("data", {}).get("properties", {})
