"""The objects that the Lambda functions of imports are made of.

Each is made at its first use: importing PynamoDB takes a quarter of a cold start.
"""

from functools import cache

from functions.imports.bucket import ImportBucket
from functions.imports.ports import ImportStore
from functions.imports.service import ImportService
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotentRequests


@cache
def import_store() -> ImportStore:
    """Return the store in DynamoDB."""
    from functions.imports.repository import ImportRepository  # noqa: PLC0415 - see above

    return ImportRepository()


@cache
def import_objects() -> ImportBucket:
    """Return the bucket of imports."""
    return ImportBucket(setting("BUCKET_NAME"))


@cache
def import_service() -> ImportService:
    """Return the use cases with DynamoDB and S3."""
    return ImportService(import_store(), import_objects())


@cache
def idempotent_creation() -> IdempotentRequests:
    """Return the remembered answers of `POST /imports` by Idempotency-Key."""
    return IdempotentRequests(setting("TABLE_NAME"), operation="imports.request")


@cache
def cursors() -> Cursors:
    """Return the cursors of `GET /imports`."""
    return Cursors("imports", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    import_service()
    cursors()
    idempotent_creation().prepare()
    import_objects().prepare()
    client("secretsmanager")
