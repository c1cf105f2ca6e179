"""A contract written out means what it meant with its references."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.tools.contracts.contracts import contract_of
from tools.contracts.contract import Contract, load_contracts
from tools.contracts.references import ContractError, resolve_references


@pytest.mark.parametrize("contract", load_contracts(), ids=lambda contract: contract.name)
def test_a_contract_with_resolved_references_accepts_and_rejects_the_same_events(contract: Contract) -> None:
    alone, referring = Draft202012Validator(contract.schema), contract_of(contract.service, contract.event_type)

    assert "$ref" not in json.dumps(contract.schema)
    assert alone.is_valid(contract.example)
    for member in contract.example:
        for wrong in (
            contract.example | {member: 0},
            {name: value for name, value in contract.example.items() if name != member},
        ):
            assert not alone.is_valid(wrong)
            assert not referring.is_valid(wrong)


def schema_of(events: Path, schema: Any, **others: Any) -> dict[str, Any]:
    for name, content in {"contract": schema, **others}.items():
        (events / f"{name}.json").write_text(json.dumps(content))
    return resolve_references(events / "contract.json", events)


def test_definitions_of_the_file_and_of_others_are_written_in(tmp_path: Path) -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/id"}, "b": {"$ref": "other.json#/$defs/x~1y"}},
        "$defs": {"id": True},
    }

    assert schema_of(tmp_path, schema, other={"$defs": {"x/y": {"type": "null"}}}) == {
        "properties": {"a": {}, "b": {"type": "null"}}
    }


def test_members_required_on_either_side_of_a_reference_are_required(tmp_path: Path) -> None:
    written = schema_of(tmp_path, {"$ref": "other.json", "required": ["b", "a"]}, other={"required": ["a", "c"]})

    assert written == {"required": ["a", "c", "b"]}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "#"}, "no cycle"),
        ({"$ref": "missing.json"}, "expected a file in events/"),
        ({"$ref": "../outside.json"}, "expected a file in events/"),
        ({"$ref": "#/$defs/id"}, "'\\$defs' is missing"),
        ({"$ref": "other.json", "type": "array"}, "type: 'object' and, beside the \\$ref, 'array'; keep one of them"),
        ({"$ref": "other.json", "additionalProperties": False}, "additionalProperties beside a \\$ref"),
    ],
)
def test_a_reference_that_cannot_be_resolved_is_rejected(tmp_path: Path, schema: Any, message: str) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "outside.json").write_text("{}")

    with pytest.raises(ContractError, match=message):
        schema_of(tmp_path / "events", schema, other={"type": "object", "properties": {"a": True}})
