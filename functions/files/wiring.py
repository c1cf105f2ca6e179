"""The wiring of files on AWS.

Each part is created when it is first needed: importing PynamoDB takes a quarter of a cold start.
"""

from functools import cache
from typing import TYPE_CHECKING

from functions.files.bucket import S3Bucket
from functions.files.service import FileService
from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting, setting_value

if TYPE_CHECKING:
    from functions.files.inspection import Inspector
    from functions.files.ports import Draw, FileStore
    from functions.files.removal import Remover
    from functions.files.thumbnailing import Thumbnailer
    from functions.shared.http.cursors import Cursors
    from functions.shared.http.idempotency import IdempotentRequests


@cache
def file_store() -> "FileStore":
    """Return the store on DynamoDB."""
    from functions.files.repository import FileRepository  # noqa: PLC0415 - see the module's docstring
    from functions.shared.aws.quotas import Usage  # noqa: PLC0415 - imports PynamoDB, too

    at_most = Usage(items=setting_value("files_per_owner"), size_bytes=setting_value("bytes_per_owner"))
    return FileRepository(at_most=at_most)


@cache
def _bucket() -> S3Bucket:
    return S3Bucket(setting("BUCKET_NAME"))


@cache
def file_service() -> FileService:
    """Return the use cases on DynamoDB and S3."""
    return FileService(file_store(), _bucket())


def inspector() -> "Inspector":
    """Return the inspector of uploads."""
    from functions.files.inspection import Inspector  # noqa: PLC0415 - only one function needs it

    return Inspector(file_store(), _bucket())


def remover() -> "Remover":
    """Return the remover of deleted files."""
    from functions.files.removal import Remover  # noqa: PLC0415 - only one function needs it

    return Remover(file_store(), _bucket())


def thumbnailer(draw: "Draw") -> "Thumbnailer":
    """Return the maker of thumbnails."""
    from functions.files.thumbnailing import Thumbnailer  # noqa: PLC0415 - only one function needs it

    return Thumbnailer(file_store(), _bucket(), draw=draw)


@cache
def idempotent_requests(operation: str) -> "IdempotentRequests":
    """Return the idempotent requests of an operation."""
    from functions.shared.http.idempotency import IdempotentRequests  # noqa: PLC0415 - only the API's bundle has it

    return IdempotentRequests(setting("TABLE_NAME"), operation=f"files.{operation}")


@cache
def cursors(list_name: str) -> "Cursors":
    """Return the cursors of a list."""
    from functions.shared.aws.secret_values import secret_value  # noqa: PLC0415 - only the API's bundle has it
    from functions.shared.http.cursors import Cursors  # noqa: PLC0415 - the bundle of images has no itsdangerous

    return Cursors(list_name, key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Create everything that requests need, before Lambda takes a snapshot of the process."""
    file_service()
    cursors("files")
    idempotent_requests("create").prepare()
    _bucket().prepare()
    client("secretsmanager")
