"""The bucket of exports in S3."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any

from functions.exports.domain import Part
from functions.shared.aws.clients import ATTEMPTS, READ_TIMEOUT_S
from functions.shared.aws.s3 import s3_client, translated_s3_errors
from functions.shared.aws.settings import setting

if TYPE_CHECKING:
    from functions.exports.ports import DownloadLinks, ExportObjects

CONTENT_TYPE = "application/x-ndjson"
# S3 copies a part, and joins up to 2,000 parts, while the call waits.
COPY_TIMEOUT_S = 50.0
COPY_ATTEMPTS = 4
# S3 copies 32 MiB in one or two seconds: the largest export takes four minutes, see `PARTS_MAX`.
COPIES_AT_ONCE = 16
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
DELETIONS_A_CALL = 1000


class ExportBucket:
    """The `ExportObjects` and the `DownloadLinks` of one bucket.

    Args:
        name: The name of the bucket.
        read_timeout_s: Timeout of an attempt; all attempts of a call must end within the function's own timeout.
        attempts: Attempts per call.
    """

    def __init__(self, name: str, *, read_timeout_s: float = READ_TIMEOUT_S, attempts: int = ATTEMPTS) -> None:
        self._name = name
        self._read_timeout_s = read_timeout_s
        self._attempts = attempts

    def get_part(self, key: str) -> Part:
        """See `ExportObjects.get_part`: the source writes the metadata (`functions/shared/exporting.py`)."""
        with translated_s3_errors():
            answer = self._client.head_object(Bucket=self._name, Key=key)
        metadata = answer["Metadata"]
        # An object with neither entry is not a part: a KeyError is better than an export that ends too early.
        next_position = None if metadata.get("is-last") == "true" else metadata["next-position"]
        return Part(rows=int(metadata["rows"]), size_bytes=answer["ContentLength"], next_position=next_position)

    def join(self, keys: Sequence[str], target: str) -> None:
        """See `ExportObjects.join`: S3 copies the parts; the lifecycle removes an upload that is never completed."""
        with translated_s3_errors():
            if not keys:
                self._client.put_object(Bucket=self._name, Key=target, Body=b"", ContentType=CONTENT_TYPE)
                return
            begun = self._client.create_multipart_upload(Bucket=self._name, Key=target, ContentType=CONTENT_TYPE)
            upload = {"Bucket": self._name, "Key": target, "UploadId": begun["UploadId"]}
            with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
                copies = list(pool.map(lambda numbered: self._copied(upload, *numbered), enumerate(keys, start=1)))
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": copies})

    def _copied(self, upload: Mapping[str, str], number: int, key: str) -> dict[str, Any]:
        source = {"Bucket": self._name, "Key": key}
        copied = self._client.upload_part_copy(**upload, PartNumber=number, CopySource=source)
        return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    def remove(self, keys: Sequence[str]) -> None:
        """See `ExportObjects.remove`: the bucket's lifecycle deletes the noncurrent versions.

        Raises:
            OSError: S3 could not remove all objects.
        """
        for batch in batched(keys, DELETIONS_A_CALL, strict=False):
            deletion = {"Objects": [{"Key": key} for key in batch], "Quiet": True}
            with translated_s3_errors():
                failed = self._client.delete_objects(Bucket=self._name, Delete=deletion).get("Errors", [])
            if failed:
                raise OSError(f"S3 could not remove {len(failed)} of {len(batch)} objects: {failed[0].get('Code')}.")

    def link(self, key: str, *, file_name: str, expires_in_s: int) -> str:
        """See `DownloadLinks.link`."""
        params = {"Bucket": self._name, "Key": key, "ResponseContentDisposition": f'attachment; filename="{file_name}"'}
        return str(self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_in_s))

    def prepare(self) -> None:
        """Make the client, without calling S3."""
        _ = self._client

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
        return s3_client(read_timeout_s=self._read_timeout_s, attempts=self._attempts)


def own_bucket() -> ExportBucket:
    """Return the service's bucket with the usual timeouts."""
    return ExportBucket(setting("BUCKET_NAME"))


def bucket_for_joining() -> ExportBucket:
    """Return the service's bucket with the timeouts that copying needs."""
    return ExportBucket(setting("BUCKET_NAME"), read_timeout_s=COPY_TIMEOUT_S, attempts=COPY_ATTEMPTS)


if TYPE_CHECKING:
    _: tuple[ExportObjects, DownloadLinks] = (ExportBucket(""), ExportBucket(""))
