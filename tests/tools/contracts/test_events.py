"""Every contract is a valid schema that accepts its example and rejects unknown members."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.tools.contracts.contracts import EVENTS, read, validator

CONTRACTS = sorted(EVENTS.glob("*/*.schema.json"))


def name(path: Path) -> str:
    return path.relative_to(EVENTS).as_posix().removesuffix(".schema.json")


@pytest.mark.parametrize("contract", CONTRACTS, ids=name)
def test_a_contract_is_a_valid_schema_that_names_its_source_and_type(contract: Path) -> None:
    schema = read(contract)

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name(contract)}.schema.json"
    assert f"{schema['properties']['source']['const']}/{schema['properties']['type']['const']}" == name(contract)


@pytest.mark.parametrize("contract", CONTRACTS, ids=name)
def test_a_contract_has_an_example_that_fits(contract: Path) -> None:
    validator(contract).validate(read(contract.with_name(contract.name.replace(".schema.", ".example."))))


@pytest.mark.parametrize("contract", CONTRACTS, ids=name)
def test_a_contract_rejects_unknown_members(contract: Path) -> None:
    example = read(contract.with_name(contract.name.replace(".schema.", ".example.")))

    for wrong in (
        example | {"type": "Another.v1"},
        example | {"data": example["data"] | {"email": "ada@example.com"}},
        {key: value for key, value in example.items() if key != "subject"},
    ):
        assert not validator(contract).is_valid(wrong)
