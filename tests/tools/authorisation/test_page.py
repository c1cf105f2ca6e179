"""The page agrees with the rules of the routes, and the matrix has every cell."""

import re
from pathlib import Path
from typing import Any

import pytest

from local import demo_identities
from tools.authorisation.matrix import CALLERS, MACHINES, OWNERS, Operation, cells, operations
from tools.authorisation.page import PAGE, page
from tools.openapi.documents import documents

ROOT = Path(__file__).parents[3]


def a_document(**rules: str) -> dict[str, Any]:
    said = {"admin": "all", "member": "own", "machine": "things/read"} | rules
    return {
        "paths": {
            "/things/health": {"get": {}},
            "/things": {"get": {"x-access": said}},
            "/things/{thing_id}/health": {"get": {"x-access": said}, "parameters": []},
        }
    }


def patterns_in(document: Any) -> list[str]:
    if isinstance(document, list):
        return [pattern for each in document for pattern in patterns_in(each)]
    if not isinstance(document, dict):
        return []
    own = [document["pattern"]] if isinstance(document.get("pattern"), str) else []
    return own + [pattern for each in document.values() for pattern in patterns_in(each)]


def test_the_patterns_of_the_documents_have_no_flags_which_javascript_refuses() -> None:
    found = patterns_in(list(documents().values()))

    assert found
    assert [pattern for pattern in found if re.search(r"\(\?[A-Za-z]", pattern)] == []


def test_the_page_is_what_the_rules_say() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(documents()), f"{PAGE} is out of date; run: make authorisation"


def test_a_rule_that_becomes_wider_is_another_page() -> None:
    pages = {
        page({"things": a_document(**rules)})
        for rules in ({}, {"member": "never"}, {"machine": "never"}, {"machine": "things/read users/read"})
    }

    assert len(pages) == 4


def test_the_health_is_left_out_and_no_path_that_only_ends_like_it() -> None:
    assert [str(each) for each in operations(a_document(), service="things")] == [
        "GET /things",
        "GET /things/{thing_id}/health",
    ]


def test_a_route_without_a_rule_is_no_page() -> None:
    with pytest.raises(KeyError):
        page({"things": {"paths": {"/things/docs": {"get": {}}}}})


def test_every_caller_meets_what_is_theirs_and_what_is_another_s() -> None:
    access = {"admin": "all", "member": "own", "machine": "things/write"}
    operation = Operation(method="delete", path="/things/{thing_id}", access=access)

    found = {(cell.caller, cell.owner): cell.expected for cell in cells(operation)}

    assert set(found) == {(caller, owner) for caller in CALLERS for owner in OWNERS}
    assert {cell for cell, answer in found.items() if answer == "admitted"} == {
        *(("admin", owner) for owner in OWNERS),
        *((caller, owner) for caller in ("machine", "writer") for owner in OWNERS),
        ("member", "member"),
    }
    assert {cell for cell, answer in found.items() if answer == "404"} == {
        *(("member2", owner) for owner in OWNERS),
        ("member", "admin"),
        ("member", "machine"),
    }


def test_no_route_answers_a_stored_resource_to_a_client_that_may_only_write() -> None:
    """For every route of every service: the answer of one that changes a resource has content only for readers."""
    wrong, checked = [], 0
    for service, document in documents().items():
        for operation in operations(document, service=service):
            answers = document["paths"][operation.path][operation.method]["responses"]
            has_content = any(answers[status].get("content") for status in answers if status.startswith("2"))
            if operation.scopes and operation.takes_a_resource and has_content:
                checked += 1
                if f"{service}/read" not in operation.scopes:
                    wrong.append(str(operation))

    assert wrong == []
    assert checked


def test_the_matrix_has_the_machine_clients_of_the_laptop() -> None:
    assert MACHINES == demo_identities.MACHINES
