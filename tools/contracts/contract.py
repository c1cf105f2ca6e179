"""A contract: the schema file of one event, with every `$ref` resolved."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.contracts.references import resolve_references

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA, EXAMPLE = ".schema.json", ".example.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The schema of one version of an event.

    Attributes:
        file: The schema file, relative to the project, for messages.
        service: The service that publishes the event.
        event_type: `UserCreated.v1`.
        schema: The schema without `$ref`.
        example: An event that is valid under the schema.
    """

    file: str
    service: str
    event_type: str
    schema: dict[str, Any]
    example: dict[str, Any]

    @property
    def name(self) -> str:
        """The name in the `consumes` of a manifest: `users/UserCreated.v1`."""
        return f"{self.service}/{self.event_type}"


def load_contracts(project: Path = PROJECT) -> tuple[Contract, ...]:
    """Read `events/*/*.schema.json`, sorted by name.

    Raises:
        ContractError: A `$ref` cannot be resolved, or contradicts its neighbours.
    """
    return tuple(_contracts(project))


def _contracts(project: Path) -> Iterator[Contract]:
    events = project / "events"
    for path in sorted(events.glob(f"*/*{SCHEMA}")):
        event_type = path.name.removesuffix(SCHEMA)
        yield Contract(
            file=path.relative_to(project).as_posix(),
            service=path.parent.name,
            event_type=event_type,
            schema=resolve_references(path, events),
            example=json.loads(path.with_name(event_type + EXAMPLE).read_text("utf-8")),
        )
