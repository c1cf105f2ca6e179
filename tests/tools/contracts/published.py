"""The check that an event may be published: its manifest names it, and it fits its contract."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cdk.settings.manifests import load_manifests
from functions.shared.messaging.events import Event
from tests.tools.contracts.contracts import contract_of


def check_envelope(envelope: Mapping[str, Any]) -> None:
    """Fail if an event is not declared by its service, or breaks its contract."""
    source, event_type = envelope["source"], envelope["type"]
    assert (source, event_type) in declared(), f"functions/{source}/service.toml does not name {event_type}"
    contract_of(source, event_type).validate(envelope)


def check_event(event: Event) -> None:
    """See `check_envelope`."""
    check_envelope(event.envelope())


@cache
def declared() -> frozenset[tuple[str, str]]:
    """Return the events that the manifests publish."""
    return frozenset(
        (manifest.service, event_type)
        for manifest in load_manifests()
        for events in (manifest.operators_publish, *(function.publishes for function in manifest.functions.values()))
        for event_type in events
    )
