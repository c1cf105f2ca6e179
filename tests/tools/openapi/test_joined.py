"""The documents of all services join into one, and the file is that one."""

from pathlib import Path
from typing import Any

import pytest

from tools.openapi.documents import documents
from tools.openapi.joined import DOCUMENT, JoinError, joined, text_of

ROOT = Path(__file__).parents[3]


def a_document(service: str, *, operation_id: str = "", status: str = "string") -> dict[str, Any]:
    operation = {"operationId": operation_id or f"list_{service}", "security": [{"person": []}], "responses": {}}
    return {
        "info": {"description": f"All about {service}."},
        "paths": {f"/{service}": {"get": operation}},
        "components": {"schemas": {"Problem": {"type": "object"}, "Status": {"type": status}}},
    }


def test_the_file_is_what_the_services_say() -> None:
    text = (ROOT / DOCUMENT).read_text("utf-8")

    assert text == text_of(joined(documents())), f"{DOCUMENT} is out of date; run: make openapi"


def test_every_operation_of_every_service_is_in_it_with_an_id_of_its_own() -> None:
    whole = joined(documents())
    ids = [operation["operationId"] for item in whole["paths"].values() for operation in item.values()]

    assert set(whole["paths"]) == {path for document in documents().values() for path in document["paths"]}
    assert len(ids) == len(set(ids))
    assert [tag["name"] for tag in whole["tags"]] == sorted(documents())


def test_every_operation_takes_a_token_wherever_it_comes_from_except_those_that_need_none() -> None:
    document = a_document("things")
    document["paths"]["/things/health"] = {"get": {"operationId": "things_health", "security": [], "responses": {}}}

    paths = joined({"things": document})["paths"]

    assert paths["/things"]["get"]["security"] == [{"token": []}]
    assert paths["/things/health"]["get"]["security"] == []


def test_an_operation_id_of_two_services_is_refused() -> None:
    with pytest.raises(JoinError, match=r"list: GET /boxes and GET /things .* functions/things/routes\.py"):
        joined({name: a_document(name, operation_id="list") for name in ("things", "boxes")})


def test_a_name_of_two_schemas_is_refused() -> None:
    with pytest.raises(JoinError, match=r"Status: boxes and things .* functions/things/schemas\.py"):
        joined({"things": a_document("things"), "boxes": a_document("boxes", status="integer")})
