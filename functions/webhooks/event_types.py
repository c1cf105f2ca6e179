"""Which events there are: those with a contract, which the bundle holds (`ships_contracts` in the manifest)."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from functions.webhooks.domain import EVERY_EVENT
from functions.webhooks.errors import UnknownEventType

CONTRACTS = Path(__file__).resolve().parents[2] / "events"
_SUFFIX = ".schema.json"


@cache
def known_event_types(folder: Path = CONTRACTS) -> frozenset[str]:
    """List the events there are, such as `users/UserCreated.v1`."""
    files = folder.glob(f"*/*{_SUFFIX}")
    return frozenset(f"{file.parent.name}/{file.name.removesuffix(_SUFFIX)}" for file in files)


def check_event_types(event_types: Iterable[str]) -> None:
    """Refuse what no contract describes.

    Raises:
        UnknownEventType: Naming them.
    """
    unknown = sorted(set(event_types) - known_event_types() - {EVERY_EVENT})
    if unknown:
        raise UnknownEventType(unknown)
