"""The lines of an export of users; and the contract of `AllUsers`, for the fake and for the repository on DynamoDB."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from functions.shared.exporting import Line, PartRequest
from functions.users.domain import Details, change_user, create_user
from functions.users.exporting import UserLines
from functions.users.repository import UserRepository
from functions.users.schemas import UserAnswer
from tests.users.fakes import FakeUserStore


def store_of(*emails: str) -> FakeUserStore:
    store = FakeUserStore()
    for email in emails:
        store.add(*create_user(Details(email=email, name="Grace\nHopper ö")))
    return store


def wanted(
    *, position: str | None = None, restricted_to: str | None = None, until: datetime | None = None
) -> PartRequest:
    return PartRequest(position=position, until=until or datetime.now(UTC), restricted_to=restricted_to)


def test_a_line_is_what_the_api_answers_of_a_user() -> None:
    store = store_of("grace@example.com")
    [user] = store.users.values()

    [line] = UserLines(store).read(wanted())

    assert line.text is not None
    assert json.loads(line.text) == UserAnswer.of(user).model_dump(mode="json")
    assert "\n" not in line.text
    assert line.position == user.user_id


def test_reading_goes_on_after_a_position() -> None:
    lines = UserLines(store_of(*(f"user{number}@example.com" for number in range(5))))
    everyone = list(lines.read(wanted()))

    for place, line in enumerate(everyone):
        assert list(lines.read(wanted(position=line.position))) == everyone[place + 1 :]


def test_who_came_after_the_request_is_left_out() -> None:
    store = store_of("grace@example.com", "ada@example.com")
    first, second = sorted(store.users.values(), key=lambda user: user.created_at)

    def written(until: datetime) -> list[str]:
        return [line.position for line in UserLines(store).read(wanted(until=until)) if line.text is not None]

    assert len(written(second.created_at)) == 2
    assert written(second.created_at - timedelta(microseconds=1)) == [first.user_id]


def test_who_is_left_out_is_told_so_that_reading_goes_on_after_them() -> None:
    store = store_of("grace@example.com", "ada@example.com")
    everyone = sorted(store.users)

    passed = list(UserLines(store).read(wanted(until=datetime.now(UTC) - timedelta(days=1))))

    assert passed == [Line(None, user_id) for user_id in everyone]


def test_a_subject_gets_their_own_account_alone_and_once() -> None:
    store = store_of("grace@example.com", "ada@example.com")
    mine = store.find_by_email("ada@example.com")
    assert mine
    store.link(mine, "ada")

    [line] = UserLines(store).read(wanted(restricted_to="ada"))

    assert line.position == mine.user_id
    assert list(UserLines(store).read(wanted(restricted_to="ada", position=line.position))) == []


def test_a_subject_who_has_no_account_gets_nothing() -> None:
    assert list(UserLines(store_of("grace@example.com")).read(wanted(restricted_to="ada"))) == []


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> FakeUserStore | UserRepository:
    if request.param == "fake":
        return FakeUserStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("users")
    return UserRepository()


def test_all_users_are_read_once_as_last_written_and_nothing_that_is_beside_them(
    store: FakeUserStore | UserRepository,
) -> None:
    users = []
    for number in range(5):
        user, event = create_user(Details(email=f"user{number}@example.com", name=None))
        store.add(user, event, subject=f"subject{number}")
        users.append(user)
    deactivated = change_user(users[2], {"active": False})
    assert deactivated
    store.replace(users[2], *deactivated)
    users[2] = deactivated[0]

    read = list(store.read_all(after=None))

    assert {user.user_id: user for user in read} == {user.user_id: user for user in users}
    assert len(read) == 5
    assert list(store.read_all(after=None)) == read
    for place, user in enumerate(read):
        assert list(store.read_all(after=user.user_id)) == read[place + 1 :]


def test_users_are_read_over_many_pages(store: FakeUserStore | UserRepository) -> None:
    # Two megabytes: DynamoDB returns at most one in an answer.
    for number in range(50):
        store.add(*create_user(Details(email=f"user{number}@example.com", name="n" * 40_000)))

    read = store.read_all(after=None)
    some = [next(read).user_id for _ in range(20)]
    others = [user.user_id for user in store.read_all(after=some[-1])]

    assert len({*some, *others}) == len(some) + len(others) == 50
