"""What the functions of imports stand on in a Lambda.

Made when first needed: importing PynamoDB is a quarter of a start.
"""

from functools import cache

from functions.imports.objects import ImportObjects
from functions.imports.service import ImportService
from functions.imports.store import ImportStore
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotentRequests


@cache
def import_store() -> ImportStore:
    """Return the store on DynamoDB."""
    from functions.imports.repository import ImportRepository  # noqa: PLC0415 - see above

    return ImportRepository()


@cache
def import_objects() -> ImportObjects:
    """Return the objects on S3."""
    return ImportObjects(setting("BUCKET_NAME"))


@cache
def import_service() -> ImportService:
    """Return the use cases on DynamoDB and S3."""
    return ImportService(import_store(), import_objects())


@cache
def idempotent_creation() -> IdempotentRequests:
    """Return the memory of requests for imports by their Idempotency-Key."""
    return IdempotentRequests(setting("TABLE_NAME"), operation="imports.request")


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of imports."""
    return Cursors("imports", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make what requests need, before a snapshot is taken of the process."""
    import_service()
    cursors()
    idempotent_creation().prepare()
    import_objects().prepare()
    client("secretsmanager")
