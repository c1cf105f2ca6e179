"""In tests, a service can only publish events that its manifest names and its contract allows."""

import pytest
from jsonschema import ValidationError

from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem
from functions.users.domain import Details, create_user


def event(**changes: object) -> Event:
    return Event(
        **{
            "type": "UserCreated.v1",
            "source": "users",
            "subject": "users/1",
            "sequence": 1,
            "data": {"user_id": "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10", "active": True},
        }
        | changes  # type: ignore[arg-type]
    )


def test_an_event_that_fits_its_contract_is_written() -> None:
    _, created = create_user(Details(email="ada@example.com", name=None))

    assert OutboxItem.of(created).pk == f"OUTBOX#{created.event_id}"
    assert OutboxItem.of(event()).envelope


@pytest.mark.parametrize("changes", [{"type": "UserErased.v1"}, {"source": "activity"}])
def test_an_event_that_the_manifest_does_not_name_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match=r"service\.toml does not name"):
        OutboxItem.of(event(**changes))


@pytest.mark.parametrize(
    "changes", [{"data": {"email": "ada@example.com"}}, {"sequence": 0}, {"subject": "no subject"}]
)
def test_an_event_that_breaks_its_contract_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OutboxItem.of(event(**changes))
