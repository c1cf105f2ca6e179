"""The access patterns of the table of files, for docs/data-model.md."""

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
from tools.data_model.pattern import Measured, access_pattern

OWNER = "0" * 36
PAGE = 20
PICTURE = Declaration(content_type="image/png", size_bytes=12_345, checksum_sha256="ab" * 32)
STORED = AcceptedObject(
    bucket="platform-dev-files", key="files/0/1", object_version="v" * 32, checksum_sha256="ab" * 32
)
READS = ("GET /files/{file_id}", "GET /files/{file_id}/versions", "GET /files/{file_id}/versions/{number}")


def added() -> File:
    file = create_file(owner=OWNER, name="Holidays by the sea.png", declaration=PICTURE)
    FileRepository().add(file)
    return file


def accepted() -> File:
    file = added()
    after, version, event = accept(file, file.current, STORED)
    FileRepository().replace(file, after, version, event)
    return after


@access_pattern("POST /files")
def create_a_file() -> Measured:
    file = create_file(owner=OWNER, name="Holidays by the sea.png", declaration=PICTURE)
    return lambda: FileRepository().add(file)


@access_pattern("POST /files", "POST /files/{file_id}/versions")
def remember_a_request_by_its_idempotency_key() -> Measured:
    return remembered(IdempotentRequests("files", operation="files.create"), {"file_id": "0" * 36})


@access_pattern("POST /files/{file_id}/versions")
def begin_another_version() -> Measured:
    file = accepted()
    after, version = add_version(file, PICTURE)
    return lambda: FileRepository().replace(file, after, version)


@access_pattern("inspector")
def accept_an_upload() -> Measured:
    file = added()
    after, version, event = accept(file, file.current, STORED)
    return lambda: FileRepository().replace(file, after, version, event)


@access_pattern("inspector")
def reject_an_upload() -> Measured:
    file = added()
    after, version, event = reject(file, file.current, "not-of-its-type")
    return lambda: FileRepository().replace(file, after, version, event)


@access_pattern("thumbnails")
def note_a_thumbnail() -> Measured:
    file = accepted()
    after, version = with_thumbnail(file, file.current, "available")
    return lambda: FileRepository().replace(file, after, version)


@access_pattern(*READS, "DELETE /files/{file_id}", "inspector", "thumbnails")
def get_a_file() -> Measured:
    file = accepted()
    return lambda: FileRepository().get(file.file_id)


@access_pattern(READS[2], "inspector", "thumbnails")
def get_a_version() -> Measured:
    file = accepted()
    return lambda: FileRepository().get_version(file.file_id, 1)


@access_pattern(READS[1])
def list_the_versions_of_a_file() -> Measured:
    file = accepted()
    after, version = add_version(file, PICTURE)
    FileRepository().replace(file, after, version)
    return lambda: FileRepository().get_versions(file.file_id, [2, 1])


@access_pattern("GET /files")
def list_the_files_of_an_owner() -> Measured:
    for _ in range(PAGE + 5):
        added()
    return lambda: FileRepository().list_page(restricted_to=OWNER, limit=PAGE, after="0" * 36)


@access_pattern("GET /files")
def list_all_files() -> Measured:
    for _ in range(PAGE + 5):
        added()
    return lambda: FileRepository().list_page(restricted_to=None, limit=PAGE, after="0" * 36)


@access_pattern("DELETE /files/{file_id}")
def delete_a_file() -> Measured:
    file = accepted()
    return lambda: FileRepository().remove(file, deletion_event(file))


@access_pattern("remover")
def forget_a_version_of_a_deleted_file() -> Measured:
    file = accepted()
    return lambda: FileRepository().forget_version(file.file_id, 1)
