"""The contract of the `UserStore`, for the fake and for the repository on DynamoDB."""

from collections.abc import Callable

import pytest

from functions.users.domain import Details, User, create_user
from functions.users.errors import AccountTaken, AddressResembles, EmailTaken, StaleUser, UserNotFound
from functions.users.ports import UserStore
from functions.users.repository import UserRepository
from tests.newer_release import BESIDE_A_NEWER_RELEASE
from tests.users.addresses import LOOK_ALIKES
from tests.users.fakes import FakeUserStore
from tests.users.things import added, changed


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> UserStore:
    if request.param == "fake":
        return FakeUserStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("users")
    return UserRepository()


def test_an_added_user_is_got_back_whole(store: UserStore) -> None:
    user, event = create_user(Details(email="Ada@example.com", name="Ada", locale="en-GB"))

    store.add(user, event, request_token=None)

    assert store.get(user.user_id) == user


def test_a_user_who_was_never_added_is_not_found(store: UserStore) -> None:
    with pytest.raises(UserNotFound):
        store.get("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")


def test_an_address_is_taken_whatever_its_case(store: UserStore) -> None:
    added(store, "ada@example.com")

    with pytest.raises(EmailTaken):
        added(store, "ADA@example.com")


def test_a_refused_user_leaves_nothing_behind(store: UserStore) -> None:
    added(store, "ada@example.com")
    refused, event = create_user(Details(email="ada@example.com", name=None))

    with pytest.raises(EmailTaken):
        store.add(refused, event, request_token=None)

    with pytest.raises(UserNotFound):
        store.get(refused.user_id)


def test_a_change_is_stored_one_version_on(store: UserStore) -> None:
    user = added(store, "ada@example.com")

    after = changed(store, user, name="Ada Lovelace")

    assert after.version == user.version + 1
    assert store.get(user.user_id) == after


def test_a_change_of_an_older_version_is_stale(store: UserStore) -> None:
    user = added(store, "ada@example.com")
    changed(store, user, name="first")

    with pytest.raises(StaleUser):
        changed(store, user, name="second")

    assert store.get(user.user_id).name == "first"


def test_a_new_address_is_claimed_and_the_old_one_is_free(store: UserStore) -> None:
    user = added(store, "ada@example.com")

    changed(store, user, email="lovelace@example.com")

    added(store, "ada@example.com")
    with pytest.raises(EmailTaken):
        added(store, "lovelace@example.com")


def test_a_taken_address_is_not_given_to_a_second_user(store: UserStore) -> None:
    added(store, "ada@example.com")
    user = added(store, "grace@example.com")

    with pytest.raises(EmailTaken):
        changed(store, user, email="Ada@Example.com")

    assert store.get(user.user_id) == user


def test_a_change_of_an_older_version_to_a_taken_address_is_stale_first(store: UserStore) -> None:
    added(store, "ada@example.com")
    user = added(store, "grace@example.com")
    changed(store, user, name="Grace")

    with pytest.raises(StaleUser):
        changed(store, user, email="ada@example.com")


def test_writing_an_address_in_another_case_keeps_the_claim(store: UserStore) -> None:
    user = added(store, "ada@example.com")

    after = changed(store, user, email="Ada@example.com")

    assert store.get(user.user_id) == after
    with pytest.raises(EmailTaken):
        added(store, "ada@example.com")


def test_a_name_can_be_taken_away(store: UserStore) -> None:
    user = changed(store, added(store, "ada@example.com"), name="Ada")

    changed(store, user, name=None)

    assert store.get(user.user_id).name is None


def test_the_request_that_created_a_user_finds_them(store: UserStore) -> None:
    user = added(store, "ada@example.com", request_token="token")

    assert store.find_by_request(user.email, "token") == user


@pytest.mark.parametrize(("email", "token"), [("ada@example.com", "another"), ("grace@example.com", "token")])
def test_another_request_finds_no_user(store: UserStore, email: str, token: str) -> None:
    added(store, "ada@example.com", request_token="token")

    assert store.find_by_request(email, token) is None


def test_users_are_listed_in_the_order_of_their_creation(store: UserStore) -> None:
    users = [added(store, f"user{number}@example.com") for number in range(5)]
    users.sort(key=lambda user: user.user_id)

    page = store.list_page(active=None, limit=10, after=None)

    assert page.items == users
    assert page.next_position is None


def test_pages_follow_one_another_without_gap_or_overlap(store: UserStore) -> None:
    users = [added(store, f"user{number}@example.com") for number in range(7)]
    users[2] = changed(store, users[2], active=False)
    users[5] = changed(store, users[5], active=False)
    users.sort(key=lambda user: user.user_id)

    seen: list[User] = []
    position = None
    while True:
        page = store.list_page(active=None, limit=3, after=position)
        seen.extend(page.items)
        position = page.next_position
        if position is None:
            break

    assert seen == users


def test_a_full_last_page_has_no_next_one(store: UserStore) -> None:
    for number in range(4):
        added(store, f"user{number}@example.com")

    first = store.list_page(active=None, limit=2, after=None)
    second = store.list_page(active=None, limit=2, after=first.next_position)

    assert len(second.items) == 2
    assert second.next_position is None


@pytest.mark.parametrize("active", [True, False])
def test_the_filter_shows_only_users_in_that_state(store: UserStore, active: bool) -> None:
    here = added(store, "here@example.com")
    gone = changed(store, added(store, "gone@example.com"), active=False)

    page = store.list_page(active=active, limit=10, after=None)

    assert page.items == [here if active else gone]


def test_an_account_is_found_by_the_sign_in_that_it_was_made_for(store: UserStore) -> None:
    user, event = create_user(Details(email="ada@example.com", name=None))

    store.add(user, event, subject="subject-1")

    assert store.find_account("subject-1") == user.user_id
    assert store.find_account("subject-2") is None


def test_an_account_without_a_sign_in_can_be_given_one(store: UserStore) -> None:
    user = added(store, "ada@example.com")

    store.link(user, "subject-1")

    assert store.find_account("subject-1") == user.user_id


def test_neither_a_user_nor_a_sign_in_gets_a_second_one(store: UserStore) -> None:
    ada, bob = added(store, "ada@example.com"), added(store, "bob@example.com")
    store.link(ada, "subject-1")

    for user, subject in ((ada, "subject-2"), (bob, "subject-1")):
        with pytest.raises(AccountTaken):
            store.link(user, subject)

    assert store.find_account("subject-1") == ada.user_id
    assert store.find_account("subject-2") is None


def test_who_no_longer_holds_the_address_gets_no_sign_in(store: UserStore) -> None:
    ada = added(store, "ada@example.com")
    changed(store, ada, email="lovelace@example.com")

    with pytest.raises(StaleUser):
        store.link(ada, "subject-1")
    bob = added(store, "ada@example.com")
    with pytest.raises(StaleUser):
        store.link(ada, "subject-1")

    assert store.find_account("subject-1") is None
    store.link(bob, "subject-1")


def test_a_sign_in_with_an_account_is_not_given_another_new_one(store: UserStore) -> None:
    ada, event = create_user(Details(email="ada@example.com", name=None))
    store.add(ada, event, subject="subject-1")
    bob, event = create_user(Details(email="bob@example.com", name=None))

    with pytest.raises(EmailTaken):
        store.add(bob, event, subject="subject-1")

    assert store.find_by_email(bob.email) is None


def test_who_holds_an_address_is_found_by_it_whatever_its_case(store: UserStore) -> None:
    ada = added(store, "Ada@example.com")

    assert store.find_by_email("ADA@example.com") == ada
    assert store.find_by_email("bob@example.com") is None


@pytest.mark.parametrize(("first", "second"), [*LOOK_ALIKES, *(pair[::-1] for pair in LOOK_ALIKES)])
def test_addresses_that_only_resemble_each_other_belong_to_two_users(store: UserStore, first: str, second: str) -> None:
    one = added(store, first)
    other = added(store, second)

    assert (store.find_by_email(first), store.find_by_email(second)) == (one, other)
    for email in (first, second):
        with pytest.raises(EmailTaken):
            added(store, email)


@pytest.mark.parametrize(("first", "second"), [LOOK_ALIKES[0], LOOK_ALIKES[0][::-1]])
def test_a_sign_in_gets_no_account_with_an_address_that_only_resembles_its_own(
    store: UserStore, first: str, second: str
) -> None:
    added(store, first)
    user, event = create_user(Details(email=second))

    with pytest.raises(AddressResembles):
        store.add(user, event, subject="subject-1")

    assert store.find_account("subject-1") is None
    assert store.find_by_email(second) is None


@pytest.mark.parametrize(("first", "second"), [LOOK_ALIKES[0], LOOK_ALIKES[0][::-1]])
def test_an_address_can_become_one_that_resembles_it(store: UserStore, first: str, second: str) -> None:
    user = changed(store, added(store, first), email=second)

    assert store.find_by_email(second) == user
    assert store.find_by_email(first) is None
    other = added(store, first)
    assert (store.find_by_email(first), store.find_by_email(second)) == (other, user)
    with pytest.raises(EmailTaken):
        changed(store, other, email=second)


def test_the_addresses_of_two_look_alikes_become_free_again(store: UserStore) -> None:
    first, second = LOOK_ALIKES[0]
    one, other = added(store, first), added(store, second)

    changed(store, one, email="one@example.com")
    changed(store, other, email="other@example.com")

    for email in (first, second):
        user, event = create_user(Details(email=email))
        store.add(user, event)
        assert store.find_by_email(email) == user
