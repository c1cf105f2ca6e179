"""The objects of exports in S3: the only S3 of this service."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any

from functions.exports.domain import Part
from functions.shared.aws import CONNECT_TIMEOUT_S
from functions.shared.settings import setting
from functions.shared.snapshot import at_restore

if TYPE_CHECKING:
    from functions.exports.store import Links, Objects

CONTENT_TYPE = "application/x-ndjson"
# S3 copies a part while the caller waits.
READ_TIMEOUT_S = 50.0
ATTEMPTS = 4
COPIES_AT_ONCE = 8
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
DELETIONS_A_CALL = 1000


class S3Bucket:
    """The `Objects` and the `Links` of one bucket."""

    def __init__(self, name: str) -> None:
        self._name = name

    def look_at(self, key: str) -> Part:
        """See `Objects.look_at`: the source says it in the metadata (`functions/shared/exporting.py`)."""
        answer = self._client.head_object(Bucket=self._name, Key=key)
        said = answer["Metadata"]
        # What says neither where to go on nor that it is the end is no part of ours, and no end of an export.
        next_position = None if said.get("is-last") == "true" else said["next-position"]
        return Part(rows=int(said["rows"]), size_bytes=answer["ContentLength"], next_position=next_position)

    def join(self, keys: Sequence[str], target: str) -> None:
        """See `Objects.join`: S3 copies the parts by itself; an upload that stays unfinished ends by the lifecycle."""
        if not keys:
            self._client.put_object(Bucket=self._name, Key=target, Body=b"", ContentType=CONTENT_TYPE)
            return
        begun = self._client.create_multipart_upload(Bucket=self._name, Key=target, ContentType=CONTENT_TYPE)
        upload = {"Bucket": self._name, "Key": target, "UploadId": begun["UploadId"]}

        def copy(numbered: tuple[int, str]) -> dict[str, Any]:
            number, key = numbered
            copied = self._client.upload_part_copy(
                **upload, PartNumber=number, CopySource={"Bucket": self._name, "Key": key}
            )
            return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

        with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
            copies = list(pool.map(copy, enumerate(keys, start=1)))
        self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": copies})

    def remove(self, keys: Sequence[str]) -> None:
        """See `Objects.remove`; what it hides S3 keeps as the lifecycle says.

        Raises:
            OSError: S3 could not remove all of them.
        """
        for some in batched(keys, DELETIONS_A_CALL, strict=False):
            wanted = {"Objects": [{"Key": key} for key in some], "Quiet": True}
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
        from botocore.config import Config  # noqa: PLC0415 - see aws.client
        from botocore.session import get_session  # noqa: PLC0415

        made = get_session().create_client(
            "s3",
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # Links must name the bucket's region in the host, and the signature that objects under KMS ask for.
                signature_version="s3v4",
                s3={"addressing_style": "virtual"},
            ),
        )
        at_restore(made.close)
        return made


def own_bucket() -> S3Bucket:
    """Return the bucket of this service."""
    return S3Bucket(setting("BUCKET_NAME"))


if TYPE_CHECKING:
    _: tuple[Objects, Links] = (S3Bucket(""), S3Bucket(""))
