"""Every service's document, and the joined one: valid, and fit for generators of clients."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from cdk.settings.manifests import load_manifests
from tools.openapi.documents import documents
from tools.openapi.joined import joined

PLATFORM = "the platform"
SERVICES = [manifest.service for manifest in load_manifests() if manifest.http]


@pytest.fixture(scope="module")
def every() -> Mapping[str, Any]:
    return documents()


@pytest.fixture(params=[*SERVICES, PLATFORM])
def document(request: pytest.FixtureRequest, every: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = joined(every) if request.param == PLATFORM else every[request.param]
    return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def body_schemas(document: Mapping[str, Any], method: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the schema of each operation's body, with the schemas that it refers to."""
    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if name.startswith(method):
                yield from ((name, schema) for schema in reachable(content["schema"], document))


def reachable(schema: Any, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, list):
        for each in schema:
            yield from reachable(each, document)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield from reachable(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
        yield schema
        for each in schema.values():
            yield from reachable(each, document)


def unfit_examples(part: Any, document: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the examples and defaults in a document that their own schema refuses."""
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from unfit_examples(each, document, f"{at}/{number}")
    elif isinstance(part, dict):
        schema = part.get("schema", part)
        shown = [*part.get("examples", []), *([part["default"]] if "default" in part else [])]
        validator = Draft202012Validator(
            {**schema, "components": document["components"]}, format_checker=FormatChecker()
        )
        yield from (f"{at}: {example!r}" for example in shown if not validator.is_valid(example))
        for name, each in part.items():
            if name not in {"examples", "default"}:
                yield from unfit_examples(each, document, f"{at}/{name}")


def test_the_document_is_valid(document: Mapping[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(dict(document)).iter_errors()] == []


def test_the_examples_fit_their_schemas(document: Mapping[str, Any]) -> None:
    assert list(unfit_examples(document, document)) == []


def test_an_unfit_example_is_found_in_schemas_and_parameters() -> None:
    document = {
        "components": {"schemas": {"Email": {"type": "string", "format": "email", "examples": ["Ada"]}}},
        "parameters": [{"schema": {"$ref": "#/components/schemas/Email"}, "examples": ["ada@example.com", "", 1]}],
        "body": {"type": "integer", "minimum": 1, "default": 0, "examples": [1, 0]},
    }

    assert [found.rpartition("/")[2] for found in unfit_examples(document, document)] == [
        "Email: 'Ada'",
        "0: ''",
        "0: 1",
        "body: 0",
        "body: 0",
    ]


def test_a_partial_update_can_leave_out_every_member(document: Mapping[str, Any]) -> None:
    """A generated client sends a default, and so would change a member that it was not told to change."""
    found = list(body_schemas(document, "PATCH"))

    assert [name for name, schema in found if {"default", "required"} & schema.keys()] == []
    assert not any(name.startswith("PATCH") for name, _ in operations(document)) or found


def test_no_body_has_a_default_which_generators_make_a_required_member(document: Mapping[str, Any]) -> None:
    assert [(name, schema) for name, schema in body_schemas(document) if "default" in schema] == []


def test_every_member_of_an_answer_is_required_because_it_is_always_sent(document: Mapping[str, Any]) -> None:
    for name, operation in operations(document):
        for answer in operation["responses"].values():
            for schema in reachable(answer.get("content", {}).get("application/json", {}).get("schema", {}), document):
                assert set(schema.get("properties", ())) == set(schema.get("required", ())), name


def test_every_operation_tells_the_problems_that_every_operation_has(document: Mapping[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= HTTPStatus.BAD_REQUEST:
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
                assert answer["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
        assert {"429", "500", "502", "503", "504"} <= set(operation["responses"]), name


def test_the_document_tells_the_server_of_its_paths(document: Mapping[str, Any]) -> None:
    assert document["servers"] == [{"url": "/"}]
