from pathlib import Path

import pytest

from functions.webhooks.errors import UnknownEventType
from functions.webhooks.event_types import check_event_types, known_event_types


def test_the_events_there_are_have_a_contract(tmp_path: Path) -> None:
    for name in ("orders/OrderPlaced.v1.schema.json", "orders/OrderPlaced.v1.example.json", "orders/published.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    assert known_event_types(tmp_path) == {"orders/OrderPlaced.v1"}
    assert "users/UserCreated.v1" in known_event_types()


def test_what_has_none_is_named() -> None:
    check_event_types(["*"])
    check_event_types(["users/UserCreated.v1"])
    check_event_types(["users/*", "files/*"])

    with pytest.raises(UnknownEventType):
        check_event_types(["orders/*"])
    with pytest.raises(UnknownEventType) as caught:
        check_event_types(["users/UserCreated.v1", "users/UserVanished.v1"])

    assert "users/UserVanished.v1" in caught.value.detail
    assert caught.value.fields[0]["field"] == "body.event_types"
