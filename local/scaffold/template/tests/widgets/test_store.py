"""One contract of the `WidgetStore`, which the fake and the repository on DynamoDB both have to pass."""

from collections.abc import Callable

import pytest

from functions.shared.errors import StaleVersion
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.widgets.domain import Widget, confirm_widget, create_widget
from functions.widgets.errors import WidgetNotFound
from functions.widgets.repository import WidgetRepository
from functions.widgets.ports import WidgetStore
from tests.widgets.fakes import FakeWidgetStore


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> WidgetStore:
    if request.param == "fake":
        return FakeWidgetStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("widgets")
    return WidgetRepository()


def added(store: WidgetStore, name: str = "A widget") -> tuple[Widget, Event]:
    widget, event = create_widget(name=name)
    store.add(widget, event)
    return widget, event


def test_an_added_widget_is_got_back_whole(store: WidgetStore) -> None:
    widget, _ = added(store)

    assert store.get(widget.widget_id) == widget


def test_a_widget_that_was_never_added_is_not_found(store: WidgetStore) -> None:
    with pytest.raises(WidgetNotFound):
        store.get("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")


def test_an_event_changes_a_widget_once(store: WidgetStore) -> None:
    widget, event = added(store)
    confirmed = confirm_widget(widget)
    store.replace(widget, confirmed, because_of=event)

    with pytest.raises(AlreadySeen):
        store.replace(confirmed, confirm_widget(confirmed), because_of=event)

    assert store.get(widget.widget_id) == confirmed


def test_a_change_of_a_version_that_has_passed_is_stale(store: WidgetStore) -> None:
    widget, event = added(store)
    store.replace(widget, confirm_widget(widget), because_of=event)
    _, another = added(store)

    with pytest.raises(StaleVersion):
        store.replace(widget, confirm_widget(widget), because_of=another)


def test_widgets_are_listed_by_status_in_pages(store: WidgetStore) -> None:
    widgets = sorted((added(store)[0] for _ in range(5)), key=lambda widget: widget.widget_id)

    first = store.list_page("new", limit=3, after=None)
    second = store.list_page("new", limit=3, after=first.next_position)

    assert [*first.items, *second.items] == widgets
    assert second.next_position is None
    assert store.list_page("confirmed", limit=3, after=None).items == []
