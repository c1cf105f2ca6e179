"""No published contract has an incompatible change, and the messages for a contract that has."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.contracts.project import published, write_contract
from tools.contracts.__main__ import main
from tools.contracts.contract import load_contracts
from tools.contracts.record import records, refusals, unrecorded

FILE = "events/users/UserCreated.v1.schema.json"


def test_no_published_contract_of_this_project_changed_incompatibly() -> None:
    problems = list(refusals(load_contracts()))

    assert not problems, "\n".join(problems)


def test_every_contract_of_this_project_is_recorded_as_published() -> None:
    problems = list(unrecorded(load_contracts()))

    assert not problems, "\n".join(problems)


def test_a_contract_that_is_recorded_stays_as_it_is(tmp_path: Path) -> None:
    contracts = published(tmp_path)

    assert [*refusals(contracts, tmp_path), *unrecorded(contracts, tmp_path)] == []


def test_an_incompatible_change_is_reported_with_file_field_reason_and_advice(tmp_path: Path) -> None:
    published(tmp_path)
    write_contract(tmp_path, user_id={"type": ["string", "null"]})
    contracts = load_contracts(tmp_path)

    assert list(refusals(contracts, tmp_path)) == [
        f"{FILE}: /data/user_id: the type was string, and now may be null; publish UserCreated.v2, or undo the change"
    ]
    assert list(unrecorded(contracts, tmp_path)) == []


def test_a_change_of_the_envelope_is_a_change_of_every_contract(tmp_path: Path) -> None:
    published(tmp_path)
    envelope = tmp_path / "events/envelope.schema.json"
    schema: dict[str, Any] = json.loads(envelope.read_text())
    schema["required"].remove("traceparent")
    envelope.write_text(json.dumps(schema))

    (problem,) = refusals(load_contracts(tmp_path), tmp_path)

    assert problem.startswith(f"{FILE}: /traceparent: it was always there, and now may be missing")


def test_a_compatible_change_is_to_be_recorded(tmp_path: Path) -> None:
    published(tmp_path)
    write_contract(tmp_path, user_id={"type": "string"}, rank={"type": "integer"})
    contracts = load_contracts(tmp_path)

    assert list(refusals(contracts, tmp_path)) == []
    assert list(unrecorded(contracts, tmp_path)) == [f"{FILE}: changed since it was recorded; run: make contracts"]


def test_a_new_contract_is_to_be_recorded(tmp_path: Path) -> None:
    write_contract(tmp_path, user_id={"type": "string"})
    contracts = load_contracts(tmp_path)

    assert list(refusals(contracts, tmp_path)) == []
    assert list(unrecorded(contracts, tmp_path)) == [f"{FILE}: not recorded as published yet; run: make contracts"]


def test_descriptions_of_a_contract_may_change(tmp_path: Path) -> None:
    published(tmp_path)
    write_contract(tmp_path, user_id={"type": "string", "description": "Who."})

    assert list(unrecorded(load_contracts(tmp_path), tmp_path)) == []


def test_a_published_contract_cannot_be_deleted(tmp_path: Path) -> None:
    published(tmp_path)
    (tmp_path / FILE).unlink()

    (problem,) = refusals(load_contracts(tmp_path), tmp_path)

    assert problem.startswith(f"{FILE}: published, but the file is missing; restore it")
    assert "events/users/published.json" in problem


def test_the_record_is_in_the_folder_of_its_service(tmp_path: Path) -> None:
    contracts = published(tmp_path)

    assert list(records(contracts)) == ["events/users/published.json"]


def test_the_command_never_records_an_incompatible_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published(tmp_path)
    record = (tmp_path / "events/users/published.json").read_text()
    write_contract(tmp_path, user_id={"type": ["string", "null"]})

    assert main(tmp_path) == 1

    assert f"✘ {FILE}: /data/user_id: the type was string" in capsys.readouterr().err
    assert (tmp_path / "events/users/published.json").read_text() == record


@pytest.mark.parametrize("name", ["UserCreated.v1.schema.json", "UserCreated.v1.example.json", "published.json"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n  "a": 1,,\n}', ":2:10: expected JSON: "),
        ("[]", ": expected a JSON object, found list"),
        ("", ":1:1: expected JSON: "),
    ],
)
def test_a_file_that_is_no_json_object_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, message: str
) -> None:
    published(tmp_path)
    (tmp_path / "events/users" / name).write_text(text)

    assert main(tmp_path) == 1
    assert f"✘ events/users/{name}{message}" in capsys.readouterr().err


def test_a_missing_example_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published(tmp_path)
    (tmp_path / "events/users/UserCreated.v1.example.json").unlink()

    assert main(tmp_path) == 1
    assert "✘ events/users/UserCreated.v1.example.json: expected a file, which does not exist; add it" in (
        capsys.readouterr().err
    )
