"""Accounts of people in the user pool: their creation, their links and their visibility for others."""

from typing import Any

import pytest

from functions.shared.errors import Unavailable
from functions.shared.messaging.events import Event
from functions.users.domain import Details, Profile, User
from functions.users.errors import (
    AccountTaken,
    AddressResembles,
    EmailChangeForbidden,
    EmailUnverified,
    ReactivationForbidden,
    UserNotFound,
)
from functions.users.service import UserService
from tests.tools.contracts.published import check_event
from tests.users.addresses import LOOK_ALIKES
from tests.users.fakes import FakeProfiles, FakeUserStore

ADA = Profile(email="Ada@example.com", email_is_verified=True, name="Ada")


@pytest.fixture
def store() -> FakeUserStore:
    return FakeUserStore()


@pytest.fixture
def profiles() -> FakeProfiles:
    return FakeProfiles(ada=ADA, bob=Profile(email="bob@example.com", email_is_verified=True, name=None))


@pytest.fixture
def service(store: FakeUserStore, profiles: FakeProfiles) -> UserService:
    return UserService(store, profiles)


def test_the_first_call_makes_the_account_from_the_profile(service: UserService, store: FakeUserStore) -> None:
    account = service.account("subject-ada", token="ada")

    assert (account.email, account.name, account.active) == ("Ada@example.com", "Ada", True)
    assert [event.type for event in store.events] == ["UserCreated.v1"]


def test_events_of_an_account_name_its_owner_for_every_change(service: UserService, store: FakeUserStore) -> None:
    mine = service.account("subject-ada", token="ada")
    unowned = service.create(Details(email="grace@example.com", name=None))
    deactivation = {"active": False}

    service.change(mine.user_id, {"name": "A"}, versions=None, restricted_to="subject-ada")
    service.change(mine.user_id, deactivation, versions=None)
    service.change(unowned.user_id, deactivation, versions=None)

    assert [(event.type, event.data.get("owner")) for event in store.events] == [
        ("UserCreated.v1", "subject-ada"),
        ("UserCreated.v1", None),
        ("UserUpdated.v1", "subject-ada"),
        ("UserDeactivated.v1", "subject-ada"),
        ("UserDeactivated.v1", None),
    ]
    for event in store.events:
        check_event(event)


def test_events_of_an_account_that_was_linked_later_name_its_owner(service: UserService, store: FakeUserStore) -> None:
    made = service.create(Details(email="ada@example.com", name=None))
    service.account("subject-ada", token="ada")

    service.change(made.user_id, {"name": "A"}, versions=None)

    assert [event.data.get("owner") for event in store.events] == [None, "subject-ada"]


def test_later_calls_find_it_without_asking_the_pool(service: UserService, profiles: FakeProfiles) -> None:
    first = service.account("subject-ada", token="ada")

    assert service.account("subject-ada", token="another") == first
    assert profiles.asked == ["ada"]


def test_an_account_that_was_made_for_the_address_becomes_theirs(service: UserService, store: FakeUserStore) -> None:
    made = service.create(Details(email="ada@EXAMPLE.com", name="By an administrator"))

    assert service.account("subject-ada", token="ada") == made
    assert len(store.users) == 1


def test_an_account_of_another_sign_in_does_not_become_theirs(service: UserService) -> None:
    service.account("subject-ada", token="ada")

    with pytest.raises(AccountTaken):
        service.account("subject-other", token="ada")


@pytest.mark.parametrize(
    "profile",
    [
        Profile(email="a@example.com", email_is_verified=False, name=None),
        Profile(email="", email_is_verified=True, name=None),
    ],
)
def test_an_unverified_address_makes_no_account(store: FakeUserStore, profile: Profile) -> None:
    service = UserService(store, FakeProfiles(token=profile))
    service.create(Details(email="a@example.com", name=None))

    with pytest.raises(EmailUnverified):
        service.account("subject", token="token")
    assert store.sign_ins == {}


def test_two_first_calls_at_once_make_one_account(profiles: FakeProfiles) -> None:
    class RacedStore(FakeUserStore):
        """A store in which another call of the same person comes between the read and the write."""

        is_raced = False

        def add(self, user: User, *arguments: Any, subject: str | None = None, **more: Any) -> None:
            if not self.is_raced:
                self.is_raced = True
                UserService(self, profiles).account("subject-ada", token="ada")
            super().add(user, *arguments, subject=subject, **more)

    store = RacedStore()

    account = UserService(store, profiles).account("subject-ada", token="ada")

    assert list(store.users) == [account.user_id]
    assert store.sign_ins == {"subject-ada": account.user_id}


@pytest.mark.parametrize(("mine", "of_another"), LOOK_ALIKES)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_an_account_with_a_look_alike_address_does_not_become_theirs(
    store: FakeUserStore, mine: str, of_another: str, *, is_swapped: bool
) -> None:
    mine, of_another = (of_another, mine) if is_swapped else (mine, of_another)
    service = UserService(store, FakeProfiles(token=Profile(email=mine, email_is_verified=True, name=None)))
    account = service.create(Details(email=of_another))

    with pytest.raises(AddressResembles):
        service.account("subject", token="token")

    assert store.users == {account.user_id: account}
    assert store.sign_ins == {}


def test_an_administrator_can_create_the_account_beside_its_look_alike(store: FakeUserStore) -> None:
    service = UserService(store, FakeProfiles(token=Profile(email="boss@weiss.de", email_is_verified=True, name=None)))
    service.create(Details(email="boss@wei\u00df.de"))
    mine = service.create(Details(email="boss@weiss.de"))

    assert service.account("subject", token="token") == mine


@pytest.mark.parametrize("another_takes_it", [False, True])
def test_an_account_does_not_become_theirs_if_its_address_changes_meanwhile(
    profiles: FakeProfiles, *, another_takes_it: bool
) -> None:
    class RacedStore(FakeUserStore):
        """A store in which an administrator changes the address of the account between the read and the write."""

        def link(self, user: User, subject: str, event: Event | None = None) -> None:
            if user == made:
                moved = {"email": "lovelace@example.com"}
                UserService(self, profiles).change(made.user_id, moved, versions=None)
                if another_takes_it:
                    UserService(self, profiles).create(Details(email="ada@example.com", name="Another"))
            super().link(user, subject, event)

    store = RacedStore()
    service = UserService(store, profiles)
    made = service.create(Details(email="ada@example.com", name=None))

    account = service.account("subject-ada", token="ada")

    assert account.user_id != made.user_id
    assert account.email_key == "ada@example.com"
    assert (account.name == "Another") is another_takes_it


def test_a_pool_that_is_away_makes_nothing(store: FakeUserStore) -> None:
    class AwayProfiles(FakeProfiles):
        def get(self, token: str) -> Profile:
            raise Unavailable(token)

    with pytest.raises(Unavailable):
        UserService(store, AwayProfiles()).account("subject", token="token")
    assert store.users == {}


def test_an_owner_finds_their_own_account_alone(service: UserService) -> None:
    ada = service.account("subject-ada", token="ada")
    bob = service.account("subject-bob", token="bob")

    assert service.get(ada.user_id, restricted_to="subject-ada") == ada
    for user_id, owner in ((bob.user_id, "subject-ada"), (ada.user_id, "subject-none")):
        with pytest.raises(UserNotFound):
            service.get(user_id, restricted_to=owner)
        with pytest.raises(UserNotFound):
            service.change(user_id, {"name": "x"}, versions=None, restricted_to=owner)
        with pytest.raises(UserNotFound):
            service.deactivate(user_id, restricted_to=owner)


def test_an_owner_deactivates_their_account_but_does_not_bring_it_back(service: UserService) -> None:
    ada = service.account("subject-ada", token="ada")
    back = {"active": True}
    service.deactivate(ada.user_id, restricted_to="subject-ada")

    with pytest.raises(ReactivationForbidden):
        service.change(ada.user_id, back, versions=None, restricted_to="subject-ada")

    assert service.change(ada.user_id, back, versions=None).active


def test_an_owner_does_not_take_another_address_nor_learns_whether_it_is_taken(service: UserService) -> None:
    ada = service.account("subject-ada", token="ada")
    service.account("subject-bob", token="bob")

    for address in ("bob@example.com", "free@example.com"):
        with pytest.raises(EmailChangeForbidden):
            service.change(
                ada.user_id,
                {"email": address},
                versions=None,
                restricted_to="subject-ada",
            )
    assert service.get(ada.user_id).email == "Ada@example.com"
