"""The changes of the OpenAPI document that break clients are found, and the others are not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tools.pipeline.api_changes import breaking_changes

USER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "maxLength": 100},
        "locale": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "address": {"$ref": "#/components/schemas/Address"},
    },
}
NEW_USER = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 100}, "locale": {"type": "string"}},
}
ANSWER = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/users": {
            "get": {
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}}
                },
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewUser"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}}
                },
            },
        }
    },
    "components": {
        "schemas": {
            "User": USER,
            "NewUser": NEW_USER,
            "Address": {"type": "object", "properties": {"city": {"type": "string"}}},
        }
    },
}


def changed(change: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]) -> list[str]:
    """Change a copy: its paths' item, the schema of answers, the schema of requests."""
    new = copy.deepcopy(DOCUMENT)
    change(new["paths"]["/users"], new["components"]["schemas"]["User"], new["components"]["schemas"]["NewUser"])
    return list(breaking_changes(DOCUMENT, new))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item, *_: item.pop("post"), "POST /users: it was removed"),
        (lambda item, *_: item["get"]["parameters"].clear(), "GET /users: the query parameter limit was removed"),
        (lambda item, *_: item["get"]["parameters"][0].update(required=True), "parameter limit is required now"),
        (
            lambda item, *_: item["get"]["parameters"][0]["schema"].update(maximum=50),
            "parameter limit value takes fewer values than before",
        ),
        (lambda _, user, __: user["properties"].pop("name"), "the answer 200: /name: it was removed"),
        (lambda _, user, __: user["required"].remove("name"), "/name: it was always there, and now may be missing"),
        (lambda _, user, __: user["properties"]["id"].update(type="integer"), "/id: the type was string"),
        (lambda _, user, __: user["properties"].update(id={"anyOf": [{"type": "string"}, {"type": "null"}]}), "/id: "),
        (lambda _, __, new: new["required"].append("locale"), "POST /users: the body's locale is required now"),
        (lambda _, __, new: new["properties"].pop("locale"), "the body's locale is not taken any more"),
        (lambda _, __, new: new["properties"]["name"].update(maxLength=10), "name takes fewer values than before"),
        (lambda item, *_: item["post"]["responses"].pop("201"), "the answer 201 was removed"),
    ],
)
def test_a_change_that_breaks_a_client_is_named(change: Any, message: str) -> None:
    found = changed(change)

    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    "change",
    [
        lambda *_: None,
        lambda item, *_: item.update(delete={"responses": {}}),
        lambda item, *_: item["get"]["parameters"].append({"in": "query", "name": "active", "schema": {}}),
        lambda item, *_: item["get"]["parameters"][0]["schema"].update(maximum=500),
        lambda _, user, __: user["properties"].update(age={"type": "integer"}),
        lambda _, user, __: user["properties"].update(locale={"type": "string"}),
        lambda _, __, new: new["properties"].update(age={"type": "integer"}),
        lambda _, __, new: new["properties"]["name"].update(maxLength=200),
        lambda _, user, __: user.update(title="Another title"),
    ],
)
def test_a_change_that_every_client_survives_is_not(change: Any) -> None:
    assert changed(change) == []


def test_a_schema_inside_itself_ends() -> None:
    new = copy.deepcopy(DOCUMENT)
    new["components"]["schemas"]["Address"]["properties"]["next"] = {"$ref": "#/components/schemas/Address"}

    assert list(breaking_changes(new, new)) == []
    assert list(breaking_changes(DOCUMENT, new)) == []
