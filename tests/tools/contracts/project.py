"""A throwaway project with one contract."""

import json
import shutil
from pathlib import Path
from typing import Any

from tools.contracts.contract import PROJECT, Contract, load_contracts
from tools.contracts.record import records

ENVELOPE = "events/envelope.schema.json"


def write_contract(project: Path, **members: Any) -> None:
    """Write the contract of `users/UserCreated.v1` with these members of its data."""
    folder = project / "events/users"
    folder.mkdir(parents=True, exist_ok=True)
    if not (project / ENVELOPE).is_file():
        shutil.copy(PROJECT / ENVELOPE, project / ENVELOPE)
    data = {"type": "object", "properties": members, "required": ["user_id"], "additionalProperties": False}
    schema = {"$ref": "../envelope.schema.json", "title": "A user was created", "properties": {"data": data}}
    (folder / "UserCreated.v1.schema.json").write_text(json.dumps(schema))
    (folder / "UserCreated.v1.example.json").write_text("{}")


def published(project: Path) -> tuple[Contract, ...]:
    """Write a contract and its record."""
    write_contract(project, user_id={"type": "string"})
    contracts = load_contracts(project)
    for name, text in records(contracts).items():
        (project / name).write_text(text)
    return contracts
