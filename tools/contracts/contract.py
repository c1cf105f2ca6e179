"""A contract: the schema file of one event, with its references resolved."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.contracts.references import read_object, written_out

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA, EXAMPLE = ".schema.json", ".example.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The contract of one version of an event.

    Attributes:
        file: The schema file, relative to the project, for messages.
        service: The publishing service.
        event_type: `UserCreated.v1`.
        schema: The schema, without `$ref`.
        example: A valid event.
    """

    file: str
    service: str
    event_type: str
    schema: dict[str, Any]
    example: dict[str, Any]

    @property
    def name(self) -> str:
        """The name that consumers use: `users/UserCreated.v1`."""
        return f"{self.service}/{self.event_type}"


def load_contracts(project: Path = PROJECT) -> tuple[Contract, ...]:
    """Read `events/*/*.schema.json`, in the order of their names.

    Raises:
        ContractError: A file is missing or is not JSON, a reference has no target, or two schemas of one member
            contradict each other.
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
            schema=written_out(path, events),
            example=read_object(path.with_name(event_type + EXAMPLE)),
        )
