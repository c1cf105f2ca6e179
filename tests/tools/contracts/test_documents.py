"""The documents of the contracts are up to date, complete and consistent."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from cdk.settings.manifest import Function, Http, Manifest
from cdk.settings.manifests import load_manifests
from tests.tools.contracts.project import write_contract
from tools.contracts.asyncapi import asyncapi
from tools.contracts.contract import PROJECT, load_contracts
from tools.contracts.documents import documents, stale
from tools.contracts.page import page
from tools.contracts.routes import consumers, orphans, publishers

CONTRACTS, MANIFESTS = load_contracts(), load_manifests()
# https://www.asyncapi.com/docs/reference/specification/v3.0.0#componentsObject
COMPONENT_NAME = re.compile(r"[A-Za-z0-9.\-_]+")


@pytest.fixture
def document() -> Any:
    return json.loads((PROJECT / "docs/events/asyncapi.json").read_text())


def test_the_documents_of_this_project_are_up_to_date() -> None:
    problems = list(stale(CONTRACTS, MANIFESTS))

    assert not problems, "\n".join(problems)


def test_an_old_or_missing_document_is_reported_with_the_command(tmp_path: Path) -> None:
    for name, text in documents(CONTRACTS, MANIFESTS).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(stale(CONTRACTS, MANIFESTS, tmp_path)) == []
    (tmp_path / "docs/events/asyncapi.json").write_text("{}")
    (tmp_path / "docs/events/README.md").unlink()

    assert list(stale(CONTRACTS, MANIFESTS, tmp_path)) == [
        "docs/events/asyncapi.json: out of date; run: make contracts",
        "docs/events/README.md: out of date; run: make contracts",
    ]


def test_every_contract_of_this_project_has_a_publisher() -> None:
    problems = list(orphans(CONTRACTS, MANIFESTS))

    assert not problems, "\n".join(problems)


def test_a_contract_without_a_publisher_is_reported_with_the_manifest(tmp_path: Path) -> None:
    write_contract(tmp_path, user_id={"type": "string"})

    assert list(orphans(load_contracts(tmp_path), ())) == [
        (
            "events/users/UserCreated.v1.schema.json: no function publishes it;"
            " add UserCreated.v1 to publishes in functions/users/service.toml"
        )
    ]


def test_an_event_that_an_operators_command_publishes_needs_no_function(tmp_path: Path) -> None:
    write_contract(tmp_path, user_id={"type": "string"})
    manifest = Manifest(
        service="users",
        description="Users.",
        owner="platform",
        operators_publish=("UserCreated.v1",),
        functions={"api": Function(handler="functions.users.api.handler", trigger="http")},
        http=Http(path="/users"),
    )
    contracts = load_contracts(tmp_path)

    assert not list(orphans(contracts, [manifest]))
    assert "Published by an operator's command; consumed by none." in page(contracts, [manifest])


def test_every_event_is_a_message_with_a_payload_that_accepts_the_example(document: Any) -> None:
    messages = document["components"]["messages"]

    assert sorted(messages) == sorted(f"{each.service}.{each.event_type}" for each in CONTRACTS)
    for name, message in messages.items():
        assert COMPONENT_NAME.fullmatch(name)
        Draft202012Validator(message["payload"]).validate(message["examples"][0]["payload"])
        assert message["correlationId"]["location"].rpartition("/")[2] in message["payload"]["required"]


def test_every_function_that_publishes_or_consumes_is_an_operation(document: Any) -> None:
    said = {name: operation["action"] for name, operation in document["operations"].items()}

    assert said == {
        f"{manifest.service}.{name}": "send" if function.publishes else "receive"
        for manifest in MANIFESTS
        for name, function in manifest.functions.items()
        if function.publishes or function.consumes
    }


def test_every_reference_of_the_asyncapi_document_has_a_target(document: Any) -> None:
    references = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))

    assert references
    for reference in references:
        found = document
        for part in reference.split("/"):
            found = found[part]
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["messages"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_the_asyncapi_document_fits_the_specification_s_own_schema(document: Any) -> None:
    official = PROJECT / "node_modules/@asyncapi/specs/schemas" / f"{document['asyncapi']}.json"
    schema = Draft7Validator(json.loads(official.read_text()))

    assert document["asyncapi"] == "3.0.0"
    assert [error.message for error in schema.iter_errors(document)] == []
    del next(iter(document["operations"].values()))["action"]
    assert [error.message for error in schema.iter_errors(document)]


def test_the_page_has_each_member_of_an_event_and_its_consumers() -> None:
    text = page(CONTRACTS, MANIFESTS)

    for contract in CONTRACTS:
        part = text.partition(f"## {contract.name}\n")[2].partition("\n## ")[0]
        for function in [*publishers(contract, MANIFESTS), *consumers(contract, MANIFESTS)]:
            assert f"`{function}`" in part
        for member in contract.schema["properties"]["data"]["properties"]:
            assert f"| `{member}` | always |" in part or f"| `{member}` | sometimes |" in part


def test_a_project_without_events_has_documents_too() -> None:
    assert asyncapi((), ())["operations"] == {}
    assert page((), ()).startswith("# Events")
