"""The objects that the Lambda functions of exports are made of.

Each is made at its first use: importing PynamoDB takes a quarter of a cold start.
"""

from functools import cache
from typing import TYPE_CHECKING

from functions.exports.bucket import ExportBucket, bucket_for_joining, own_bucket
from functions.exports.service import ExportService
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting, setting_value
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotentRequests

if TYPE_CHECKING:
    from functions.exports.joining import PartJoiner
    from functions.exports.ports import ExportStore
    from functions.exports.recording import PartRecorder


@cache
def _export_store() -> "ExportStore":
    from functions.exports.repository import ExportRepository  # noqa: PLC0415 - see above

    return ExportRepository(exports_per_owner=setting_value("exports_per_owner"))


@cache
def _bucket() -> ExportBucket:
    return own_bucket()


@cache
def export_service() -> ExportService:
    """Return the use cases with DynamoDB and S3."""
    return ExportService(_export_store(), _bucket())


def part_recorder() -> "PartRecorder":
    """Return the recorder of parts."""
    from functions.exports.recording import PartRecorder  # noqa: PLC0415 - only one function needs it

    return PartRecorder(_export_store(), _bucket())


def part_joiner() -> "PartJoiner":
    """Return the joiner of parts."""
    from functions.exports.joining import PartJoiner  # noqa: PLC0415 - only one function needs it

    return PartJoiner(_export_store(), bucket_for_joining())


@cache
def idempotent_creation() -> IdempotentRequests:
    """Return the remembered answers of `POST /exports` by Idempotency-Key."""
    return IdempotentRequests(setting("TABLE_NAME"), operation="exports.request")


@cache
def cursors() -> Cursors:
    """Return the cursors of `GET /exports`."""
    return Cursors("exports", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    export_service()
    cursors()
    idempotent_creation().prepare()
    _bucket().prepare()
    client("secretsmanager")
