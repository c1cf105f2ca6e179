"""What the functions of imports stand on in a Lambda.

Made when first needed: importing PynamoDB is a quarter of a start.
"""

from functools import cache

from functions.imports.service import ImportService
from functions.imports.store import ImportStore, Objects
from functions.shared.cursors import Cursors
from functions.shared.idempotency import IdempotentRequests
from functions.shared.secret_values import secret_value
from functions.shared.settings import setting


@cache
def import_store() -> ImportStore:
    """Return the store on DynamoDB."""
    from functions.imports.repository import ImportRepository  # noqa: PLC0415 - see above

    return ImportRepository()


@cache
def import_objects() -> Objects:
    """Return the objects on S3."""
    from functions.imports.objects import ImportObjects  # noqa: PLC0415 - with the client, for those who need it

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
