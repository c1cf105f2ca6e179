"""The bounds of the bodies of all services: whatever a body contains, its validation costs little."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from cdk.settings.manifests import load_manifests
from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import create_app, lambda_handler
from functions.shared.http.bodies import VALUES_MAX, json_only
from tests.lambda_client import LambdaClient

SERVICES = [manifest.service for manifest in load_manifests() if manifest.http]

router = guarded_router("things")
validated: list[object] = []


class Thing(BaseModel):
    numbers: list[int] = []
    names: dict[str, int] = {}

    def __init__(self, **values: Any) -> None:
        validated.append(values)
        super().__init__(**values)


@router.post("", dependencies=[json_only])
@access(member="never")
async def post_thing(body: Thing) -> Thing:
    return body


@pytest.fixture
def things() -> Iterator[LambdaClient]:
    yield LambdaClient(lambda_handler(create_app("things", title="Things", description="Tests.", router=router)))
    validated.clear()


@pytest.mark.parametrize(
    "body",
    [
        {"numbers": ["x"] * 200_000},
        {"numbers": [[]] * 200_000},
        {"names": {f"{number}": "x" for number in range(90_000)}},
        {f"{number}": 1 for number in range(90_000)},
        {"numbers": [["x"] * 500, ["x"] * 500]},
        ["x"] * 200_000,
    ],
)
def test_a_body_of_many_values_is_refused_before_it_is_validated(things: LambdaClient, body: object) -> None:
    answer = things.post("/things", body)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert answer.json["detail"] == f"The body has more than {VALUES_MAX} values."
    assert validated == []


def test_a_body_of_as_many_values_as_allowed_is_validated(things: LambdaClient) -> None:
    numbers = list(range(VALUES_MAX - 2))  # the list and the body itself are values, too

    assert things.post("/things", {"numbers": numbers}).json["numbers"] == numbers
    assert validated
    assert things.post("/things", {"numbers": [*numbers, 0]}).status == 422


def test_an_empty_body_is_a_missing_one(things: LambdaClient) -> None:
    answer = things.request("POST", "/things", headers={"Content-Type": "application/json"})

    assert (answer.status, answer.problem) == (422, "invalid-request")


def app_of(service: str) -> FastAPI:
    app = importlib.import_module(f"functions.{service}.lambdas.api").app
    assert isinstance(app, FastAPI)
    return app


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_with_a_body_has_the_bound(service: str) -> None:
    routes = [route for route in app_of(service).routes if isinstance(route, APIRoute) and route.body_field]

    assert [route.path for route in routes if json_only not in route.dependencies] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_and_object_of_a_request_has_a_length_that_the_bound_allows(service: str) -> None:
    document = app_of(service).openapi()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    ]

    lengths = [length for body in bodies for length in lengths_of(body, document)]

    assert all(length is not None and length <= VALUES_MAX // 10 for length in lengths), lengths


def lengths_of(schema: Any, document: dict[str, Any]) -> Iterator[int | None]:
    """Return the largest length of each list, and of each object with members of any name."""
    if isinstance(schema, list):
        for each in schema:
            yield from lengths_of(each, document)
    if not isinstance(schema, dict):
        return
    if reference := schema.get("$ref"):
        yield from lengths_of(document["components"]["schemas"][reference.rpartition("/")[2]], document)
    if schema.get("type") == "array":
        yield schema.get("maxItems")
    if schema.get("type") == "object" and schema.get("additionalProperties", True) is not False:
        yield schema.get("maxProperties")
    for each in schema.values():
        yield from lengths_of(each, document)
