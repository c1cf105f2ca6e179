import json
from pathlib import Path
from typing import Any

import pytest

from functions.webhooks.errors import EventsWithoutOwner, UnknownEventType
from functions.webhooks.event_types import check_event_types, check_owned, known_event_types, owned_event_types


def test_the_known_event_types_have_a_contract(tmp_path: Path) -> None:
    for name in ("orders/OrderPlaced.v1.schema.json", "orders/OrderPlaced.v1.example.json", "orders/published.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    assert known_event_types(tmp_path) == {"orders/OrderPlaced.v1"}
    assert "users/UserCreated.v1" in known_event_types()


def test_the_contract_of_an_owned_event_type_has_an_owner(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    for name, member in [("OrderPlaced", "owner"), ("OrdersCounted", "orders")]:
        contract: dict[str, Any] = {"properties": {"data": {"properties": {member: {}}}}}
        (tmp_path / f"orders/{name}.v1.schema.json").write_text(json.dumps(contract))

    assert owned_event_types(tmp_path) == {"orders/OrderPlaced.v1"}
    assert "files/FileUploaded.v1" in owned_event_types()
    assert "users/UsersImported.v1" not in owned_event_types()


def test_event_types_without_an_owner_are_named() -> None:
    check_owned(["*"])
    check_owned(["files/FileUploaded.v1", "files/*", "webhooks/*"])

    with pytest.raises(EventsWithoutOwner) as caught:
        check_owned(["files/FileUploaded.v1", "users/UsersImported.v1"])

    assert caught.value.detail.startswith("users/UsersImported.v1: ")


def test_unknown_event_types_are_named() -> None:
    check_event_types(["*"])
    check_event_types(["users/UserCreated.v1"])
    check_event_types(["users/*", "files/*"])

    with pytest.raises(UnknownEventType):
        check_event_types(["orders/*"])
    with pytest.raises(UnknownEventType) as caught:
        check_event_types(["users/UserCreated.v1", "users/UserVanished.v1"])

    assert "users/UserVanished.v1" in caught.value.detail
    assert caught.value.fields[0]["field"] == "body.event_types"
