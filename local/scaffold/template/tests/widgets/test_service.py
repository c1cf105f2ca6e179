import json

import pytest

from functions.shared.messaging.inbox import AlreadySeen
from functions.widgets.errors import WidgetNotFound
from functions.widgets.service import WidgetService
from tests.tools.contracts.contracts import contract_of
from tests.widgets.fakes import FakeWidgetStore


@pytest.fixture
def store() -> FakeWidgetStore:
    return FakeWidgetStore()


@pytest.fixture
def service(store: FakeWidgetStore) -> WidgetService:
    return WidgetService(store)


def test_creating_a_widget_tells_of_it_as_the_contract_says(service: WidgetService, store: FakeWidgetStore) -> None:
    widget = service.create(name="A widget")

    [event] = store.events
    assert event.subject == f"widgets/{widget.widget_id}"
    contract_of(event.source, event.type).validate(json.loads(event.to_json()))


def test_the_event_of_a_widget_confirms_it_once(service: WidgetService, store: FakeWidgetStore) -> None:
    widget = service.create(name="A widget")
    [event] = store.events

    service.confirm(event)
    with pytest.raises(AlreadySeen):
        service.confirm(event)

    assert service.get(widget.widget_id).status == "confirmed"
    assert service.get(widget.widget_id).version == 2


def test_an_id_that_is_none_is_not_found(service: WidgetService) -> None:
    with pytest.raises(WidgetNotFound):
        service.get("nope")
