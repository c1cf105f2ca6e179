"""What the functions of exports stand on in a Lambda.

Made when first needed: importing PynamoDB is a quarter of a start.
"""

from functools import cache
from typing import TYPE_CHECKING

from functions.exports.bucket import S3Bucket, own_bucket, own_bucket_to_join
from functions.exports.service import ExportService
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotentRequests

if TYPE_CHECKING:
    from functions.exports.joining import Joining
    from functions.exports.recording import Recording
    from functions.exports.store import ExportStore


@cache
def _export_store() -> "ExportStore":
    from functions.exports.repository import ExportRepository  # noqa: PLC0415 - see above

    return ExportRepository()


@cache
def _bucket() -> S3Bucket:
    return own_bucket()


@cache
def export_service() -> ExportService:
    """Return the use cases on DynamoDB and S3."""
    return ExportService(_export_store(), _bucket())


def recording() -> "Recording":
    """Return the recording of parts."""
    from functions.exports.recording import Recording  # noqa: PLC0415 - for one function alone

    return Recording(_export_store(), _bucket())


def joining() -> "Joining":
    """Return the end of exports."""
    from functions.exports.joining import Joining  # noqa: PLC0415 - for one function alone

    return Joining(_export_store(), own_bucket_to_join())


@cache
def idempotent_creation() -> IdempotentRequests:
    """Return the memory of requests for exports by their Idempotency-Key."""
    return IdempotentRequests(setting("TABLE_NAME"), operation="exports.request")


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of exports."""
    return Cursors("exports", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make what requests need, before a snapshot is taken of the process."""
    export_service()
    cursors()
    idempotent_creation().prepare()
    _bucket().prepare()
    client("secretsmanager")
