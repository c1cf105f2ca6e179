"""Which events there are: those with a contract, which the bundle holds (`ships_contracts` in the manifest)."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from functions.webhooks.domain import EVERY_EVENT, every_event_of
from functions.webhooks.errors import UnknownEventType

CONTRACTS = Path(__file__).resolve().parents[2] / "events"
_SUFFIX = ".schema.json"


@cache
def known_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """List the events there are, such as `users/UserCreated.v1`."""
    files = folder.glob(f"*/*{_SUFFIX}")
    return frozenset(f"{file.parent.name}/{file.name.removesuffix(_SUFFIX)}" for file in files)


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
