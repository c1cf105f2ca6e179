import json
import tomllib
from pathlib import Path

from functions.users.domain import Details, change_user, create_user
from tests.tools.contracts.contracts import contract_of

MANIFEST = Path(__file__).parents[2] / "functions/users/service.toml"


def test_a_new_user_is_active_and_at_version_one() -> None:
    user, _ = create_user(Details(email="ada@example.com", name=None))

    assert user.active is True
    assert user.version == 1
    assert user.created_at == user.updated_at


def test_only_what_is_given_changes() -> None:
    user, _ = create_user(Details(email="ada@example.com", name="Ada"))

    outcome = change_user(user, {"active": False})

    assert outcome is not None
    after, event = outcome
    assert (after.email, after.name, after.active) == ("ada@example.com", "Ada", False)
    assert event.data["changed"] == ["active"]


def test_nothing_given_is_no_change() -> None:
    user, _ = create_user(Details(email="ada@example.com", name="Ada"))

    assert change_user(user, {}) is None


def test_what_users_make_fits_their_contracts() -> None:
    user, created = create_user(Details(email="ada@example.com", name=None))
    updated = change_user(user, {"name": "Ada"})
    deactivated = change_user(user, {"active": False})
    assert updated is not None
    assert deactivated is not None

    made = [created, updated[1], deactivated[1]]

    for event in made:
        contract_of(event.source, event.type).validate(json.loads(event.to_json()))
    manifest = tomllib.loads(MANIFEST.read_text())
    # test_bulk.py checks the events of imports against their contracts.
    in_bulk = {"UsersImported.v1", "ImportChunkTaken.v1"}
    assert {event.type for event in made} | in_bulk == set(manifest["functions"]["relay"]["publishes"])
