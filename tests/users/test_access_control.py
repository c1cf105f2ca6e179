"""The access of people follows the present state of their accounts, in whatever order events arrive."""

from itertools import permutations

import pytest

from functions.shared.messaging.events import Event
from functions.users.access_control import AccessControl
from functions.users.domain import Details, Profile, User, change_user
from functions.users.service import UserService
from tests.users.fakes import FakeProfiles, FakeSignIns, FakeUserStore

ADA = Profile(email="ada@example.com", email_is_verified=True, name="Ada")


@pytest.fixture
def store() -> FakeUserStore:
    return FakeUserStore()


@pytest.fixture
def service(store: FakeUserStore) -> UserService:
    return UserService(store, FakeProfiles(ada=ADA))


@pytest.fixture
def ada(service: UserService) -> User:
    return service.account("ada", token="ada")


def test_a_deactivation_ends_access_and_a_reactivation_restores_it(
    service: UserService, store: FakeUserStore, ada: User
) -> None:
    sign_ins = FakeSignIns()
    control = AccessControl(store, sign_ins)

    service.deactivate(ada.user_id)
    control.take(store.events[-1])
    assert sign_ins.ended == {"ada"}

    service.change(ada.user_id, {"active": True}, versions=None)
    control.take(store.events[-1])
    assert sign_ins.ended == set()


@pytest.mark.parametrize("order", list(permutations(range(4))))
@pytest.mark.parametrize("is_active", [True, False])
def test_events_in_any_order_and_twice_leave_the_present_state(
    service: UserService, store: FakeUserStore, ada: User, order: tuple[int, ...], *, is_active: bool
) -> None:
    changes = [False, True, False, True] if is_active else [False, True, False]
    for active in changes:
        service.change(ada.user_id, {"active": active}, versions=None)
    service.change(ada.user_id, {"name": "A"}, versions=None)
    sign_ins = FakeSignIns()
    control = AccessControl(store, sign_ins)

    events = store.events[-4:]
    for place in (*order, *order):
        control.take(events[place])

    assert sign_ins.ended == (set() if is_active else {"ada"})


def test_a_change_while_access_ends_is_not_lost(service: UserService, store: FakeUserStore, ada: User) -> None:
    class Raced(FakeSignIns):
        """The account is active again, and its event has taken effect, before the person is disabled."""

        def end(self, subject: str) -> None:
            service.change(ada.user_id, {"active": True}, versions=None)
            AccessControl(store, other).take(store.events[-1])
            super().end(subject)

    sign_ins, other = Raced(), FakeSignIns()
    other.ended = sign_ins.ended
    service.deactivate(ada.user_id)

    AccessControl(store, sign_ins).take(store.events[-1])

    assert sign_ins.ended == set()


def test_access_ends_also_for_people_who_never_asked_for_their_account(
    service: UserService, store: FakeUserStore
) -> None:
    sign_ins = FakeSignIns(grace="grace@example.com")
    account = service.create(Details(email="grace@example.com"))

    service.deactivate(account.user_id)
    AccessControl(store, sign_ins).take(store.events[-1])
    assert sign_ins.ended == {"grace"}

    service.change(account.user_id, {"active": True}, versions=None)
    AccessControl(store, sign_ins).take(store.events[-1])
    assert sign_ins.ended == set()


def test_access_ends_also_if_its_owner_signed_in_first_at_the_same_time(
    service: UserService, store: FakeUserStore
) -> None:
    account = service.create(Details(email="grace@example.com"))
    service.deactivate(account.user_id)
    # The pool has the address in another form, so it does not find the person by the account's.
    store.link(store.get(account.user_id), "grace")
    sign_ins = FakeSignIns(grace="grace@elsewhere.example.com")

    AccessControl(store, sign_ins).take(store.events[-1])

    assert "owner" not in store.events[-1].data
    assert sign_ins.ended == {"grace"}


def test_an_account_without_a_person_in_the_pool_and_other_changes_change_no_access(
    service: UserService, store: FakeUserStore, ada: User
) -> None:
    sign_ins = FakeSignIns()
    unowned = service.create(Details(email="grace@example.com"))
    service.deactivate(unowned.user_id)
    service.change(ada.user_id, {"name": "A"}, versions=None)

    for event in store.events[2:]:
        AccessControl(store, sign_ins).take(event)

    assert sign_ins.calls == 0


def test_who_signs_in_to_an_account_that_is_inactive_already_loses_access(
    service: UserService, store: FakeUserStore
) -> None:
    sign_ins = FakeSignIns()
    made = service.create(Details(email=ADA.email))
    service.deactivate(made.user_id)

    assert service.account("ada", token="ada").active is False
    AccessControl(store, sign_ins).take(store.events[-1])

    assert sign_ins.ended == {"ada"}


def test_an_event_of_a_deactivation_told_again_has_the_same_version(store: FakeUserStore) -> None:
    service = UserService(store, FakeProfiles(ada=ADA))
    made = service.create(Details(email=ADA.email))
    service.deactivate(made.user_id)
    service.account("ada", token="ada")

    first, again = store.events[-2:]
    assert change_user(made, {"active": False})
    assert (again.type, again.sequence, again.data) == (first.type, first.sequence, {**first.data, "owner": "ada"})
    assert isinstance(again, Event)
