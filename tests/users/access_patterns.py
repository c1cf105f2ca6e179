"""The access patterns of the table of users, for docs/data-model.md."""

from dataclasses import replace

from functions.shared.http.idempotency import IdempotentRequests
from functions.shared.identifiers import new_id, part_id
from functions.shared.messaging.events import Event
from functions.users.bulk import USERS_A_TRANSACTION
from functions.users.bulk_repository import BulkUserRepository
from functions.users.domain import Changes, User, change_user, create_user
from functions.users.repository import UserRepository
from tests.idempotency import remembered
from tools.data_model.pattern import Measured, access_pattern

PAGE = 20
CREATE = "POST /users"
ACCOUNT = "GET /users/me"
CHANGE = ("PATCH /users/{user_id}", "DELETE /users/{user_id}")


def added(number: int = 0) -> User:
    user, event = create_user(email=f"ada.lovelace.{number}@example.com", name="Ada Lovelace")
    UserRepository().add(user, event)
    return user


def listed() -> None:
    """Add users with the same ids each time, and so in the same shards."""
    for number in range(PAGE + 5):
        user, event = create_user(email=f"ada.lovelace.{number}@example.com", name="Ada Lovelace")
        UserRepository().add(replace(user, user_id=f"01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e{number:02}"), event)


def changed(user: User, changes: Changes) -> Measured:
    outcome = change_user(user, changes)
    assert outcome is not None
    after, event = outcome
    return lambda: UserRepository().replace(user, after, event)


@access_pattern(CREATE)
def create_a_user() -> Measured:
    user, event = create_user(email="ada.lovelace.0@example.com", name="Ada Lovelace")
    return lambda: UserRepository().add(user, event, request_token="0" * 64)


@access_pattern(CREATE)
def remember_a_request_by_its_idempotency_key() -> Measured:
    answer = {"id": "0" * 36, "email": "ada.lovelace.0@example.com", "name": "Ada Lovelace", "active": True}
    return remembered(IdempotentRequests("users", operation="users.create"), answer)


@access_pattern(CREATE)
def find_what_a_cut_off_request_created() -> Measured:
    user, event = create_user(email="ada.lovelace.0@example.com", name="Ada Lovelace")
    UserRepository().add(user, event, request_token="0" * 64)
    return lambda: UserRepository().find_by_request(user.email_key, "0" * 64)


@access_pattern(ACCOUNT)
def make_an_account_at_the_first_sign_in() -> Measured:
    user, event = create_user(email="ada.lovelace.0@example.com", name="Ada Lovelace")
    return lambda: UserRepository().add(user, event, subject="0" * 36)


@access_pattern(ACCOUNT)
def link_a_sign_in_to_a_user_who_is_there() -> Measured:
    user = added()
    return lambda: UserRepository().link(user, "0" * 36)


@access_pattern(ACCOUNT)
def find_the_user_who_holds_an_address() -> Measured:
    user = added()
    return lambda: UserRepository().find_by_email(user.email_key)


@access_pattern(ACCOUNT, "GET /users/{user_id}", *CHANGE, "exporter")
def find_the_account_of_a_subject() -> Measured:
    UserRepository().link(added(), "0" * 36)
    return lambda: UserRepository().find_account("0" * 36)


@access_pattern(*CHANGE)
def find_the_subject_of_an_account() -> Measured:
    user = added()
    UserRepository().link(user, "0" * 36)
    return lambda: UserRepository().find_sign_in(user.user_id)


@access_pattern("GET /users/{user_id}", *CHANGE, "exporter")
def get_a_user() -> Measured:
    user = added()
    return lambda: UserRepository().get(user.user_id)


@access_pattern(CHANGE[0])
def rename_a_user() -> Measured:
    return changed(added(), Changes(given=frozenset({"name"}), name="Ada King"))


@access_pattern(*CHANGE)
def deactivate_a_user() -> Measured:
    return changed(added(), Changes(given=frozenset({"active"}), active=False))


@access_pattern(CHANGE[0])
def give_a_user_another_address() -> Measured:
    return changed(added(), Changes(given=frozenset({"email"}), email="ada.king@example.com"))


@access_pattern("GET /users")
def list_the_users_in_a_state() -> Measured:
    listed()
    return lambda: UserRepository().list_page(active=True, limit=PAGE, after="0" * 36)


@access_pattern("GET /users")
def list_all_users() -> Measured:
    listed()
    return lambda: UserRepository().list_page(active=None, limit=PAGE, after="0" * 36)


@access_pattern("exporter")
def read_everyone_from_a_user_on() -> Measured:
    users = sorted((added(number) for number in range(PAGE)), key=lambda user: user.user_id)
    return lambda: list(UserRepository().read_all(after=users[0].user_id))


@access_pattern("importer")
def tell_whether_a_chunk_was_taken_over() -> Measured:
    return lambda: BulkUserRepository().is_taken(f"{new_id()}#0")


@access_pattern("importer")
def add_the_users_of_forty_nine_rows() -> Measured:
    import_id = new_id()
    users = [
        create_user(email=f"ada.lovelace.{row}@example.com", name="Ada Lovelace")[0]
        for row in range(USERS_A_TRANSACTION)
    ]
    told = {"import_id": import_id, "chunk": 0, "user_ids": [part_id(import_id, row) for row in range(len(users))]}
    return lambda: BulkUserRepository().add_all(users, bulk_event("UsersImported.v1", import_id, told))


@access_pattern("importer")
def mark_a_chunk_as_taken_over() -> Measured:
    import_id = new_id()
    told = {"import_id": import_id, "chunk": 0, "written": 1000, "skipped": 0, "rejected": []}
    event = bulk_event("ImportChunkTaken.v1", import_id, told)
    return lambda: BulkUserRepository().finish(f"{import_id}#0", event)


def bulk_event(event_type: str, import_id: str, data: dict[str, object]) -> Event:
    return Event(type=event_type, source="users", subject=f"imports/{import_id}/chunks/0", sequence=2, data=data)
