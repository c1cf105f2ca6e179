"""The objects of exports in S3: the only S3 of this service."""

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
    from functions.exports.store import Links, Objects

CONTENT_TYPE = "application/x-ndjson"
# S3 copies a part while the caller waits, and puts thousands of them together.
COPY_TIMEOUT_S = 50.0
COPY_ATTEMPTS = 4
# 32 MiB are copied in a second or two, so that all that an export can have are in four minutes: see `PARTS_MAX`.
COPIES_AT_ONCE = 16
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
DELETIONS_A_CALL = 1000


class S3Bucket:
    """The `Objects` and the `Links` of one bucket; each method raises `Unavailable` where S3 is busy or away.

    Args:
        name: Of the bucket.
        read_timeout_s: How long a call waits for an answer: all its attempts must end before the function does.
        attempts: How many there are.
    """

    def __init__(self, name: str, *, read_timeout_s: float = READ_TIMEOUT_S, attempts: int = ATTEMPTS) -> None:
        self._name = name
        self._read_timeout_s = read_timeout_s
        self._attempts = attempts

    def look_at(self, key: str) -> Part:
        """See `Objects.look_at`: the source says it in the metadata (`functions/shared/exporting.py`)."""
        with translated_s3_errors():
            answer = self._client.head_object(Bucket=self._name, Key=key)
        said = answer["Metadata"]
        # What says neither where to go on nor that it is the end is no part of ours, and no end of an export.
        next_position = None if said.get("is-last") == "true" else said["next-position"]
        return Part(rows=int(said["rows"]), size_bytes=answer["ContentLength"], next_position=next_position)

    def join(self, keys: Sequence[str], target: str) -> None:
        """See `Objects.join`: S3 copies the parts by itself; an upload that stays unfinished ends by the lifecycle."""
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
        """See `Objects.remove`; what it hides S3 keeps as the lifecycle says.

        Raises:
            OSError: S3 could not remove all of them.
        """
        for some in batched(keys, DELETIONS_A_CALL, strict=False):
            wanted = {"Objects": [{"Key": key} for key in some], "Quiet": True}
            with translated_s3_errors():
                failed = self._client.delete_objects(Bucket=self._name, Delete=wanted).get("Errors", [])
            if failed:
                raise OSError(f"S3 could not remove {len(failed)} of {len(some)} objects: {failed[0].get('Code')}.")

    def link(self, key: str, *, file_name: str, expires_in_s: int) -> str:
        """See `Links.link`."""
        wanted = {"Bucket": self._name, "Key": key, "ResponseContentDisposition": f'attachment; filename="{file_name}"'}
        return str(self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=expires_in_s))

    def prepare(self) -> None:
        """Make the client, without a call."""
        _ = self._client

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
        return s3_client(read_timeout_s=self._read_timeout_s, attempts=self._attempts)


def own_bucket() -> S3Bucket:
    """Return the bucket of this service, for functions of some seconds."""
    return S3Bucket(setting("BUCKET_NAME"))


def own_bucket_to_join() -> S3Bucket:
    """Return the bucket of this service, for the function that has S3 copy."""
    return S3Bucket(setting("BUCKET_NAME"), read_timeout_s=COPY_TIMEOUT_S, attempts=COPY_ATTEMPTS)


if TYPE_CHECKING:
    _: tuple[Objects, Links] = (S3Bucket(""), S3Bucket(""))
