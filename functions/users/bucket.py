"""The chunks of rows in the bucket of imports."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.shared.aws.s3 import translated_s3_errors
from functions.users.ports import ChunkRow

if TYPE_CHECKING:
    from functions.users.ports import Chunks


class ChunkObjects:
    """The `Chunks` on S3."""

    def __init__(self, bucket: str, *, s3: Any) -> None:  # noqa: ANN401 - a botocore client
        self._bucket = bucket
        self._s3 = s3

    def read(self, key: str) -> Sequence[ChunkRow]:
        """See `Chunks.read`."""
        with translated_s3_errors():
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        lines = (json.loads(line) for line in body.splitlines())
        return [ChunkRow(line["line"], line["row"]) for line in lines]


if TYPE_CHECKING:
    _: Chunks = ChunkObjects("", s3=None)
