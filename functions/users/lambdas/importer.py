"""The importer of users: takes over chunks of rows from imports."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.shared.aws.backoff import time_left_s
from functions.shared.aws.s3 import s3_client
from functions.shared.aws.settings import setting
from functions.shared.messaging.consumer import consumer_handler
from functions.users.bulk import BulkImport
from functions.users.bulk_repository import BulkUserRepository, ChunkObjects

# What is kept for the answer and the logs.
MARGIN_S = 2.0


@cache
def _bulk_import() -> BulkImport:
    return BulkImport(BulkUserRepository(), ChunkObjects(setting("IMPORTS_BUCKET_NAME"), s3=s3_client()))


def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
    """Take over the chunks that a batch of messages tells of."""
    left_s = time_left_s(context)
    take = consumer_handler(lambda one: _bulk_import().take(one, left_s=lambda: left_s() - MARGIN_S))
    return take(event, context)
