"""Access patterns of the table of files: the calls that tests/tools/data_model records."""

from functions.files.domain import (
    AcceptedObject,
    Declaration,
    File,
    accept,
    add_version,
    create_file,
    deletion_event,
    reject,
    with_thumbnail,
)
from functions.files.repository import FileRepository
from functions.shared.http.idempotency import IdempotentRequests
from tests.idempotency import remembered
from tests.tools.data_model.access_patterns import Call

OWNER = "0" * 36
PICTURE = Declaration(content_type="image/png", size_bytes=12_345, checksum_sha256="ab" * 32)
STORED = AcceptedObject(
    bucket="platform-dev-files", key="files/0/1", object_version="v" * 32, checksum_sha256="ab" * 32
)


def added() -> File:
    file = create_file(owner=OWNER, name="Holidays by the sea.png", declaration=PICTURE)
    FileRepository().add(file)
    return file


def accepted() -> File:
    file = added()
    after, version, event = accept(file, file.current, STORED)
    FileRepository().replace(file, after, version, event)
    return after


def create_a_file() -> Call:
    added()
    file = create_file(owner=OWNER, name="Holidays by the sea.png", declaration=PICTURE)
    return lambda: FileRepository().add(file)


def create_a_file_at_the_quota_or_as_the_first_one() -> Call:
    file = create_file(owner=OWNER, name="Holidays by the sea.png", declaration=PICTURE)
    return lambda: FileRepository().add(file)


def remember_a_request_by_its_idempotency_key() -> Call:
    return remembered(IdempotentRequests("files", operation="files.create"), {"file_id": "0" * 36})


def add_a_version() -> Call:
    file = accepted()
    after, version = add_version(file, PICTURE, others=[file.current])
    return lambda: FileRepository().replace(file, after, version)


def accept_an_upload() -> Call:
    file = added()
    after, version, event = accept(file, file.current, STORED)
    return lambda: FileRepository().replace(file, after, version, event)


def reject_an_upload() -> Call:
    file = added()
    after, version, event = reject(file, file.current, "not-of-its-type")
    return lambda: FileRepository().replace(file, after, version, event)


def record_a_thumbnail() -> Call:
    file = accepted()
    after, version = with_thumbnail(file, file.current, "available")
    return lambda: FileRepository().replace(file, after, version)


def get_a_file() -> Call:
    file = accepted()
    return lambda: FileRepository().get(file.file_id)


def get_a_version() -> Call:
    file = accepted()
    return lambda: FileRepository().get_version(file.file_id, 1)


def list_the_versions_of_a_file() -> Call:
    file = accepted()
    after, version = add_version(file, PICTURE, others=[file.current])
    FileRepository().replace(file, after, version)
    return lambda: FileRepository().get_versions(file.file_id, [2, 1])


def list_the_files_of_an_owner() -> Call:
    return lambda: FileRepository().list_page(restricted_to=OWNER, limit=20, after="0" * 36)


def list_all_files() -> Call:
    return lambda: FileRepository().list_page(restricted_to=None, limit=20, after="0" * 36)


def delete_a_file() -> Call:
    file = accepted()
    return lambda: FileRepository().remove(file, deletion_event(file))


def delete_a_version_of_a_deleted_file() -> Call:
    file = accepted()
    return lambda: FileRepository().forget_version(file.file_id, 1)
