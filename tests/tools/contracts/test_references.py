"""A contract with resolved references accepts the same events."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.tools.contracts.contracts import contract_of
from tools.contracts.contract import Contract, load_contracts
from tools.contracts.references import ContractError, written_out


@pytest.mark.parametrize("contract", load_contracts(), ids=lambda contract: contract.name)
def test_a_resolved_contract_accepts_and_rejects_the_same_events(contract: Contract) -> None:
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
    return written_out(events / "contract.json", events)


def test_definitions_of_the_file_and_of_other_files_are_resolved(tmp_path: Path) -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/id"}, "b": {"$ref": "other.json#/$defs/x~1y"}},
        "$defs": {"id": True},
    }

    assert schema_of(tmp_path, schema, other={"$defs": {"x/y": {"type": "null"}}}) == {
        "properties": {"a": {}, "b": {"type": "null"}}
    }


def test_what_both_sides_of_a_reference_require_is_required(tmp_path: Path) -> None:
    written = schema_of(tmp_path, {"$ref": "other.json", "required": ["b", "a"]}, other={"required": ["a", "c"]})

    assert written == {"required": ["a", "c", "b"]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#"}, "no circle"),
        ({"$ref": "missing.json"}, "expected a file in events/"),
        ({"$ref": "../outside.json"}, "expected a file in events/"),
        ({"$ref": "#/$defs/id"}, "there is no '\\$defs'"),
        ({"$ref": "other.json", "type": "array"}, "type: 'object' and, beside the \\$ref, 'array'; keep one"),
        ({"$ref": "other.json", "additionalProperties": False}, "additionalProperties on one side of a \\$ref"),
    ],
)
def test_a_reference_that_cannot_be_resolved_is_refused(tmp_path: Path, schema: Any, said: str) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "outside.json").write_text("{}")

    with pytest.raises(ContractError, match=said):
        schema_of(tmp_path / "events", schema, other={"type": "object", "properties": {"a": True}})
