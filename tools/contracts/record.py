"""The record of what is published: `events/<service>/published.json`, the contracts by version.

The record is in the folder of the service's contracts, so it is added and removed with the service. The command never
removes an entry or makes an incompatible change. A manual change shows in a review.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.contracts.compatibility import breaks, is_same
from tools.contracts.contract import PROJECT, Contract
from tools.contracts.keywords import without_annotations
from tools.contracts.references import read_object

RECORD = "published.json"
COMMAND = "make contracts"


def refusals(contracts: Sequence[Contract], project: Path = PROJECT) -> Iterator[str]:
    """Yield a message for each contract that would break consumers, and therefore cannot be recorded."""
    published = _published(project)
    for contract in contracts:
        for field, reason in breaks(published.get(contract.name, True), contract.schema):
            advice = f"publish {_next_version(contract.event_type)}, or undo the change"
            yield f"{contract.file}: {field or '(the event)'}: {reason}; {advice}"
    for name in sorted(published.keys() - {contract.name for contract in contracts}):
        service, _, event_type = name.partition("/")
        yield (
            f"events/{name}.schema.json: published, but the file is missing; restore it, or, if no consumer "
            f"reads or replays the event, remove {event_type} from events/{service}/{RECORD}"
        )


def unrecorded(contracts: Sequence[Contract], project: Path = PROJECT) -> Iterator[str]:
    """Yield a message for each contract that is new, or has a compatible change, since the record was written."""
    published = _published(project)
    for contract in contracts:
        before = published.get(contract.name)
        if before is None:
            yield f"{contract.file}: not recorded as published yet; run: {COMMAND}"
        elif not is_same(before, without_annotations(contract.schema)) and not any(breaks(before, contract.schema)):
            yield f"{contract.file}: changed since it was recorded; run: {COMMAND}"


def records(contracts: Sequence[Contract]) -> dict[str, str]:
    """Return the content of each file of the record, by its path in the project."""
    services = sorted({contract.service for contract in contracts})
    return {
        f"events/{service}/{RECORD}": _text(
            {each.event_type: without_annotations(each.schema) for each in contracts if each.service == service}
        )
        for service in services
    }


def _published(project: Path) -> dict[str, dict[str, Any]]:
    return {
        f"{file.parent.name}/{event_type}": schema
        for file in sorted(project.glob(f"events/*/{RECORD}"))
        for event_type, schema in read_object(file).items()
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _next_version(event_type: str) -> str:
    name, _, version = event_type.rpartition(".v")
    return f"{name}.v{int(version) + 1}"
