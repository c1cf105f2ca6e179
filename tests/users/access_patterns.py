"""Access patterns of the table of users: the calls that tests/tools/data_model records."""

from contextlib import suppress

from functions.shared.http.idempotency import IdempotentRequests
from functions.shared.identifiers import new_id, part_id
from functions.shared.messaging.events import Event
from functions.users.bulk import USERS_A_TRANSACTION
from functions.users.bulk_repository import BulkUserRepository
from functions.users.domain import Changes, Details, User, change_user, create_user
from functions.users.errors import NotAllNew
from functions.users.repository import UserRepository
from tests.idempotency import remembered
from tests.tools.data_model.access_patterns import Call


def added() -> User:
    user, event = create_user(Details(email="ada.lovelace@example.com", name="Ada Lovelace"))
    UserRepository().add(user, event)
    return user


def changed(user: User, changes: Changes) -> Call:
    outcome = change_user(user, changes)
    assert outcome is not None
    after, event = outcome
    return lambda: UserRepository().replace(user, after, event)


def create_a_user() -> Call:
    user, event = create_user(Details(email="ada.lovelace@example.com", name="Ada Lovelace"))
    return lambda: UserRepository().add(user, event, request_token="0" * 64)


def remember_a_request_by_its_idempotency_key() -> Call:
    answer = {"id": "0" * 36, "email": "ada.lovelace@example.com", "name": "Ada Lovelace", "active": True}
    return remembered(IdempotentRequests("users", operation="users.create"), answer)


def find_the_user_of_an_interrupted_request() -> Call:
    user, event = create_user(Details(email="ada.lovelace@example.com", name="Ada Lovelace"))
    UserRepository().add(user, event, request_token="0" * 64)
    return lambda: UserRepository().find_by_request(user.email, "0" * 64)


def create_an_account_at_the_first_sign_in() -> Call:
    user, event = create_user(Details(email="ada.lovelace@example.com", name="Ada Lovelace"))
    return lambda: UserRepository().add(user, event, subject="0" * 36)


def link_a_sign_in_to_an_existing_user() -> Call:
    user = added()
    return lambda: UserRepository().link(user, "0" * 36)


def find_a_user_by_address() -> Call:
    user = added()
    return lambda: UserRepository().find_by_email(user.email)


def create_a_user_with_an_address_like_another() -> Call:
    BulkUserRepository().add(*create_user(Details(email="boss@wei\u00df.de")))
    user, event = create_user(Details(email="boss@weiss.de"))
    return lambda: UserRepository().add(user, event)


def find_the_account_of_a_subject() -> Call:
    UserRepository().link(added(), "0" * 36)
    return lambda: UserRepository().find_account("0" * 36)


def find_the_subject_of_an_account() -> Call:
    user = added()
    UserRepository().link(user, "0" * 36)
    return lambda: UserRepository().find_sign_in(user.user_id)


def get_a_user() -> Call:
    user = added()
    return lambda: UserRepository().get(user.user_id)


def rename_a_user() -> Call:
    return changed(added(), {"name": "Ada King"})


def deactivate_a_user() -> Call:
    return changed(added(), {"active": False})


def change_the_address_of_a_user() -> Call:
    return changed(added(), {"email": "ada.king@example.com"})


def list_the_users_in_a_state() -> Call:
    return lambda: UserRepository().list_page(active=True, limit=20, after="0" * 36)


def list_all_users() -> Call:
    return lambda: UserRepository().list_page(active=None, limit=20, after="0" * 36)


def read_all_users_after_a_user() -> Call:
    return lambda: list(UserRepository().read_all(after="0" * 36))


def check_whether_a_chunk_was_written() -> Call:
    return lambda: BulkUserRepository().is_taken(f"{new_id()}#0")


def add_the_users_of_forty_nine_rows() -> Call:
    import_id = new_id()
    users = [
        create_user(Details(email=f"ada.lovelace.{row}@example.com", name="Ada Lovelace"))[0]
        for row in range(USERS_A_TRANSACTION)
    ]
    data = {"import_id": import_id, "chunk": 0, "user_ids": [part_id(import_id, row) for row in range(len(users))]}
    return lambda: BulkUserRepository().add_all(users, bulk_event("UsersImported.v1", import_id, data))


def add_the_user_of_a_row_with_an_address_of_two_keys() -> Call:
    user, event = create_user(Details(email="boss@wei\u00df.de"))
    return lambda: BulkUserRepository().add(user, event)


def find_the_rows_with_addresses_like_others() -> Call:
    BulkUserRepository().add(*create_user(Details(email="boss@wei\u00df.de")))
    user, event = create_user(Details(email="boss@weiss.de"))

    def refused() -> None:
        with suppress(NotAllNew):
            BulkUserRepository().add_all([user], event)

    return refused


def mark_a_chunk_as_written() -> Call:
    import_id = new_id()
    data = {"import_id": import_id, "chunk": 0, "written": 1000, "skipped": 0, "rejected": []}
    event = bulk_event("ImportChunkTaken.v1", import_id, data)
    return lambda: BulkUserRepository().finish(f"{import_id}#0", event)


def bulk_event(event_type: str, import_id: str, data: dict[str, object]) -> Event:
    return Event(type=event_type, source="users", subject=f"imports/{import_id}/chunks/0", sequence=2, data=data)
