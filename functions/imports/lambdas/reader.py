"""The function that reads files."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.imports.bucket import FilesBucket
from functions.imports.reading import ImportReader
from functions.imports.wiring import import_objects, import_service, import_store
from functions.shared.aws.backoff import time_left_s_of
from functions.shared.aws.s3 import s3_client
from functions.shared.aws.settings import setting
from functions.shared.messaging.consumer import consumer_handler


@cache
def _reader() -> ImportReader:
    files = FilesBucket(setting("FILES_BUCKET_NAME"), s3=s3_client())
    return ImportReader(import_store(), files, import_objects(), import_service())


def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
    """Read on in the imports that a batch of messages tells of."""
    left_s = time_left_s_of(context)
    return consumer_handler(lambda one: _reader().read(one, left_s=left_s))(event, context)
