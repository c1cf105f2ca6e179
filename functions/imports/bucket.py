"""The bucket of imports, and the uploaded files in the bucket of files."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from functions.imports.domain import FileVersion
from functions.imports.parsing.reasons import FileRefused, Refusal
from functions.imports.parsing.rows import File
from functions.shared.aws.backoff import again_while_busy
from functions.shared.aws.s3 import s3_client, translated_s3_errors
from functions.shared.observability import logger

if TYPE_CHECKING:
    from functions.imports.ports import ImportObjects, UploadedFiles

# The size of a ranged request, which is in memory as a whole, and of the blocks that a reader gets.
RANGE_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 256 * 1024
LINK_VALID_S = 300
# Time for all tries of one range; the timeout of the function is longer.
RANGE_TIMEOUT_S = 5.0
# The error codes for a version that does not exist: 403 if the caller may not list the bucket.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "AccessDenied", "403", "404"})


class FilesBucket:
    """The `UploadedFiles` in S3."""

    def __init__(self, bucket: str, *, s3: Any) -> None:  # noqa: ANN401 - a botocore client
        self._bucket = bucket
        self._s3 = s3

    def open(self, version: FileVersion) -> File:
        """See `UploadedFiles.open`."""
        return _UploadedFile(self._bucket, version, self._s3)


class _UploadedFile:
    def __init__(self, bucket: str, version: FileVersion, s3: Any) -> None:  # noqa: ANN401 - a botocore client
        self._object = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
        self._size_bytes = version.size_bytes
        self._s3 = s3

    def blocks(self, offset: int) -> Iterator[bytes]:
        """See `File.blocks`: a broken connection costs one range, since each range is a request of its own."""
        for start in range(offset, self._size_bytes, RANGE_BYTES):
            content = again_while_busy(lambda start=start: self._range(start), left_s=_range_deadline())  # type: ignore[misc]
            for at in range(0, len(content), BLOCK_BYTES):
                yield content[at : at + BLOCK_BYTES]

    def _range(self, start: int) -> bytes:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see aws/clients.py

        with translated_s3_errors():
            try:
                answer = self._s3.get_object(**self._object, Range=f"bytes={start}-{start + RANGE_BYTES - 1}")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _GONE:
                    logger.warning("file not found", code=code)
                    raise FileRefused(Refusal.FILE_GONE, "The file was deleted.") from error
                raise
            content: bytes = answer["Body"].read()
        return content


class ImportBucket:
    """The `ImportObjects` in S3."""

    def __init__(self, bucket: str, *, s3: Any = None) -> None:  # noqa: ANN401 - a botocore client
        self._bucket = bucket
        self._given = s3

    @property
    def _s3(self) -> Any:  # noqa: ANN401 - see above
        return self._given or s3_client()

    def prepare(self) -> None:
        """Make the client, without calling S3."""
        _ = self._s3

    def write(self, key: str, content: bytes) -> None:
        """See `ImportObjects.write`."""
        with translated_s3_errors():
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)

    def begin_parts(self, key: str) -> str:
        """See `ImportObjects.begin_parts`: the bucket's lifecycle rule removes an upload that is never completed."""
        with translated_s3_errors():
            begun = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType="text/csv")
        return str(begun["UploadId"])

    def write_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """See `ImportObjects.write_part`."""
        part = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id, "PartNumber": number, "Body": content}
        with translated_s3_errors():
            return str(self._s3.upload_part(**part)["ETag"])

    def complete_parts(self, key: str, upload_id: str, tags: Sequence[str]) -> None:
        """See `ImportObjects.complete_parts`."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        with translated_s3_errors():
            self._s3.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )

    def delete(self, key: str) -> None:
        """See `ImportObjects.delete`."""
        with translated_s3_errors():
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def link(self, key: str) -> str:
        """See `ImportObjects.link`."""
        params = {"Bucket": self._bucket, "Key": key, "ResponseContentType": "text/csv; charset=utf-8"}
        return str(self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=LINK_VALID_S))


def _range_deadline() -> Callable[[], float]:
    until = time.monotonic() + RANGE_TIMEOUT_S
    return lambda: until - time.monotonic()


if TYPE_CHECKING:
    _: tuple[UploadedFiles, ImportObjects] = (FilesBucket("", s3=None), ImportBucket("", s3=None))
