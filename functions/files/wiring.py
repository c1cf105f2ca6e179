"""What the functions of files stand on in a Lambda.

Made when first needed: importing PynamoDB is a quarter of a start.
"""

from functools import cache
from typing import TYPE_CHECKING

from functions.files.bucket import S3Bucket, own_bucket
from functions.files.service import FileService
from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting

if TYPE_CHECKING:
    from functions.files.inspection import Inspection
    from functions.files.removal import Removal
    from functions.files.store import FileStore
    from functions.files.thumbnailing import Draw, Thumbnailing
    from functions.shared.http.cursors import Cursors
    from functions.shared.http.idempotency import IdempotentRequests


@cache
def file_store() -> "FileStore":
    """Return the store on DynamoDB."""
    from functions.files.repository import FileRepository  # noqa: PLC0415 - see above

    return FileRepository()


@cache
def _bucket() -> S3Bucket:
    return own_bucket()


@cache
def file_service() -> FileService:
    """Return the use cases on DynamoDB and S3."""
    return FileService(file_store(), _bucket())


def inspection() -> "Inspection":
    """Return the inspection of uploads."""
    from functions.files.inspection import Inspection  # noqa: PLC0415 - for one function alone

    return Inspection(file_store(), own_bucket())


def removal() -> "Removal":
    """Return the removal of what is deleted."""
    from functions.files.removal import Removal  # noqa: PLC0415 - for one function alone

    return Removal(file_store(), own_bucket())


def thumbnailing(draw: "Draw") -> "Thumbnailing":
    """Return the making of thumbnails."""
    from functions.files.thumbnailing import Thumbnailing  # noqa: PLC0415 - for one function alone

    return Thumbnailing(file_store(), own_bucket(), draw=draw)


@cache
def idempotent_requests(operation: str) -> "IdempotentRequests":
    """Return the memory of an operation's requests by their Idempotency-Key."""
    from functions.shared.http.idempotency import IdempotentRequests  # noqa: PLC0415 - the functions without HTTP lack it

    return IdempotentRequests(setting("TABLE_NAME"), operation=f"files.{operation}")


@cache
def cursors(list_name: str) -> "Cursors":
    """Return the cursors of a list."""
    from functions.shared.aws.secret_values import secret_value  # noqa: PLC0415
    from functions.shared.http.cursors import Cursors  # noqa: PLC0415 - the bundle of images has no itsdangerous

    return Cursors(list_name, key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make what requests need, before a snapshot is taken of the process."""
    file_service()
    cursors("files")
    idempotent_requests("create").prepare()
    _bucket().prepare()
    client("secretsmanager")
