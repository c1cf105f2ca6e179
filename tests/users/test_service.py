import pytest

from functions.shared.errors import Unavailable
from functions.shared.messaging.events import Event
from functions.shared.optimistic_locking import CHANGE_ATTEMPTS
from functions.users.domain import Details, User
from functions.users.errors import EmailTaken, StaleUser, UserNotFound
from functions.users.service import UserService
from tests.users.fakes import FakeProfiles, FakeUserStore


@pytest.fixture
def store() -> FakeUserStore:
    return FakeUserStore()


@pytest.fixture
def service(store: FakeUserStore) -> UserService:
    return UserService(store, FakeProfiles())


def test_creating_a_user_tells_of_it(service: UserService, store: FakeUserStore) -> None:
    user = service.create(Details(email="ada@example.com", name="Ada"))

    [event] = store.events
    assert event.type == "UserCreated.v1"
    assert event.subject == f"users/{user.user_id}"
    assert event.sequence == 1


def test_no_event_holds_personal_data(service: UserService, store: FakeUserStore) -> None:
    user = service.create(Details(email="ada@example.com", name="Ada Lovelace"))
    service.change(user.user_id, {"email": "lady@example.com"}, versions=None)
    service.deactivate(user.user_id)

    text = "".join(event.to_json() for event in store.events)

    assert len(store.events) == 3
    assert "example.com" not in text
    assert "Lovelace" not in text


def test_a_request_that_was_cut_off_finds_what_its_first_try_created(service: UserService) -> None:
    first = service.create(Details(email="ada@example.com", name=None), request_token="token")

    again = service.create(Details(email="ada@example.com", name=None), request_token="token")

    assert again == first


def test_another_request_with_the_same_address_is_refused(service: UserService) -> None:
    service.create(Details(email="ada@example.com", name=None), request_token="token")

    for token in ("another", None):
        with pytest.raises(EmailTaken):
            service.create(Details(email="ada@example.com", name=None), request_token=token)


def test_an_id_that_is_none_is_not_found(service: UserService) -> None:
    for text in ("", "nope", "1" * 3000, "01938B2E-7C4A-7D3F-9A51-4F0C2B6D8E10"):
        with pytest.raises(UserNotFound):
            service.get(text)


def test_a_change_that_changes_nothing_writes_nothing(service: UserService, store: FakeUserStore) -> None:
    user = service.create(Details(email="ada@example.com", name="Ada"))

    same = service.change(user.user_id, {"name": "Ada"}, versions=frozenset({1}))

    assert same == user
    assert len(store.events) == 1


def test_a_change_of_another_version_is_stale(service: UserService) -> None:
    user = service.create(Details(email="ada@example.com", name=None))

    for versions in (frozenset({2}), frozenset[int]()):
        with pytest.raises(StaleUser):
            service.change(user.user_id, {"name": "A"}, versions=versions)


def test_deactivating_keeps_the_user_and_tells_of_it_once(service: UserService, store: FakeUserStore) -> None:
    user = service.create(Details(email="ada@example.com", name=None))

    service.deactivate(user.user_id)
    service.deactivate(user.user_id)

    assert service.get(user.user_id).active is False
    assert [event.type for event in store.events] == ["UserCreated.v1", "UserDeactivated.v1"]


def test_a_user_can_come_back(service: UserService, store: FakeUserStore) -> None:
    user = service.create(Details(email="ada@example.com", name=None))
    service.deactivate(user.user_id)

    service.change(user.user_id, {"active": True}, versions=None)

    assert service.get(user.user_id).active is True
    assert store.events[-1].type == "UserUpdated.v1"
    assert store.events[-1].data["changed"] == ["active"]


class ContendedStore(FakeUserStore):
    """A store in which another request changes the user before each of the first writes."""

    def __init__(self, *, times: int) -> None:
        super().__init__()
        self.times = times

    def replace(self, before: User, after: User, event: Event) -> None:
        if self.times:
            self.times -= 1
            raise StaleUser
        super().replace(before, after, event)


def test_deactivation_outlasts_others_who_change_the_user_meanwhile() -> None:
    service = UserService(ContendedStore(times=CHANGE_ATTEMPTS - 1), FakeProfiles())
    user = service.create(Details(email="ada@example.com", name=None))

    service.deactivate(user.user_id)

    assert service.get(user.user_id).active is False


def test_a_change_of_any_version_outlasts_others_too() -> None:
    service = UserService(ContendedStore(times=CHANGE_ATTEMPTS - 1), FakeProfiles())
    user = service.create(Details(email="ada@example.com", name=None))

    changed = service.change(user.user_id, {"name": "Ada"}, versions=None)

    assert changed.name == "Ada"


def test_a_change_of_one_version_does_not_outlast_others() -> None:
    service = UserService(ContendedStore(times=1), FakeProfiles())
    user = service.create(Details(email="ada@example.com", name=None))

    with pytest.raises(StaleUser):
        service.change(user.user_id, {"name": "Ada"}, versions=frozenset({1}))


def test_deactivation_gives_up_in_the_end() -> None:
    service = UserService(ContendedStore(times=CHANGE_ATTEMPTS), FakeProfiles())
    user = service.create(Details(email="ada@example.com", name=None))

    with pytest.raises(Unavailable):
        service.deactivate(user.user_id)


def test_deactivation_of_a_version_that_has_passed_is_stale(service: UserService) -> None:
    user = service.create(Details(email="ada@example.com", name=None))

    with pytest.raises(StaleUser):
        service.deactivate(user.user_id, versions=frozenset({7}))
