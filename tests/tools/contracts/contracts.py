"""Validators of events, from their contracts."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

EVENTS = Path(__file__).parents[3] / "events"


def read(path: Path) -> Any:
    return json.loads(path.read_text())


REGISTRY: Registry[Any] = Registry().with_resources(
    (path.relative_to(EVENTS).as_posix(), Resource.from_contents(read(path))) for path in EVENTS.rglob("*.schema.json")
)


def validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(read(path), registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER)


def contract_of(source: str, event_type: str) -> Draft202012Validator:
    """Return the validator of an event type."""
    return validator(EVENTS / source / f"{event_type}.schema.json")
