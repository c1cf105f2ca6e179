from collections.abc import Iterator

import pytest

from functions.shared.http.cursors import Cursors
from functions.widgets import wiring
from functions.widgets.lambdas.api import app, handler
from functions.widgets.service import WidgetService
from tests.lambda_client import LambdaClient
from tests.widgets.fakes import FakeWidgetStore


@pytest.fixture
def widgets() -> Iterator[LambdaClient]:
    service = WidgetService(FakeWidgetStore())
    app.dependency_overrides[wiring.widget_service] = lambda: service
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("widgets", key=lambda: "k" * 64)
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


def test_a_new_widget_is_answered_with_where_it_is(widgets: LambdaClient) -> None:
    answer = widgets.post("/widgets", {"name": " A widget "})

    assert answer.status == 201
    assert answer.json["name"] == "A widget"
    assert widgets.get(answer.headers["location"]).json == answer.json


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 7}, {"name": "A", "more": 1}, []])
def test_a_body_that_does_not_fit_is_refused(widgets: LambdaClient, body: object) -> None:
    answer = widgets.post("/widgets", body)

    assert (answer.status, answer.problem) == (422, "invalid-request")


def test_a_wrong_id_is_not_found(widgets: LambdaClient) -> None:
    answer = widgets.get("/widgets/nope")

    assert (answer.status, answer.problem) == (404, "widget-not-found")


def test_the_list_is_paged_by_an_opaque_cursor(widgets: LambdaClient) -> None:
    created = [widgets.post("/widgets", {"name": f"Widget {number}"}).json for number in range(3)]

    first = widgets.get("/widgets", query={"status": "new", "limit": "2"}).json
    second = widgets.get("/widgets", query={"status": "new", "limit": "2", "cursor": first["next_cursor"]}).json

    assert [*first["items"], *second["items"]] == sorted(created, key=lambda widget: str(widget["id"]))
    assert second["next_cursor"] is None
