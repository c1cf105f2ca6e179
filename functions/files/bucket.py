"""The objects of files in S3; no other module of this service calls S3."""

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from functions.files.domain import AcceptedObject, Declaration
from functions.files.media_types import HEAD_BYTES
from functions.files.ports import ObjectHead, UploadForm
from functions.shared.aws.s3 import s3_client

if TYPE_CHECKING:
    from functions.files.ports import ObjectStore, RequestSigner

# S3 answers when the copy is complete, and sends white space until then to keep the connection open:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html. All attempts end before the function's timeout.
READ_TIMEOUT_S = 50.0


class S3Bucket:
    """The `ObjectStore` and `RequestSigner` of one bucket."""

    def __init__(self, name: str) -> None:
        self._name = name

    def upload_form(self, key: str, declaration: Declaration, *, expires_in_s: int) -> UploadForm:
        """See `RequestSigner.upload_form`: S3 rejects any field that the policy does not contain, and so any other key.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        fields = {"Content-Type": declaration.content_type}
        if declaration.checksum_sha256:
            fields["x-amz-checksum-algorithm"] = "SHA256"
            fields["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(declaration.checksum_sha256)).decode()
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", declaration.size_bytes, declaration.size_bytes])
        form = self._client.generate_presigned_post(
            self._name, key, Fields=fields, Conditions=conditions, ExpiresIn=expires_in_s
        )
        return UploadForm(url=form["url"], fields=form["fields"])

    def download_url(self, key: str, *, object_version: str, file_name: str, expires_in_s: int) -> str:
        """See `RequestSigner.download_url`."""
        return self._signed(
            expires_in_s, Key=key, VersionId=object_version, ResponseContentDisposition=attachment(file_name)
        )

    def image_url(self, key: str, *, expires_in_s: int) -> str:
        """See `RequestSigner.image_url`."""
        return self._signed(expires_in_s, Key=key)

    def read_head(self, key: str, object_version: str) -> ObjectHead:
        """See `ObjectStore.read_head`: the answer to a range request contains the whole size."""
        answer = self._client.get_object(
            Bucket=self._name, Key=key, VersionId=object_version, Range=f"bytes=0-{HEAD_BYTES - 1}"
        )
        # A server can ignore the range, and then sends no Content-Range: RFC 9110, section 14.2.
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else answer["ContentLength"]
        with answer["Body"] as body:
            return ObjectHead(size_bytes=size, head=body.read(HEAD_BYTES))

    def accept(self, key: str, object_version: str, *, target: str, content_type: str) -> AcceptedObject:
        """See `ObjectStore.accept`: S3 copies the object and computes the checksum, without a download."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see aws/clients.py

        try:
            self._client.copy_object(
                Bucket=self._name,
                Key=target,
                CopySource={"Bucket": self._name, "Key": key, "VersionId": object_version},
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ContentType=content_type,
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
            )
        except ClientError as error:
            # An earlier delivery of the same message made the copy.
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
        copy = self._client.head_object(Bucket=self._name, Key=target, ChecksumMode="ENABLED")
        return AcceptedObject(
            bucket=self._name,
            key=target,
            object_version=copy["VersionId"],
            checksum_sha256=base64.b64decode(copy["ChecksumSHA256"]).hex(),
        )

    def read(self, key: str, object_version: str) -> bytes:
        """See `ObjectStore.read`."""
        content: bytes = self._client.get_object(Bucket=self._name, Key=key, VersionId=object_version)["Body"].read()
        return content

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        """See `ObjectStore.write`."""
        self._client.put_object(Bucket=self._name, Key=key, Body=content, ContentType=content_type)

    def remove(self, key: str, object_version: str | None = None) -> None:
        """See `ObjectStore.remove`."""
        version = {"VersionId": object_version} if object_version else {}
        self._client.delete_object(Bucket=self._name, Key=key, **version)

    def prepare(self) -> None:
        """Create the client, without calling S3."""
        _ = self._client

    def _signed(self, expires_in_s: int, **parameters: str) -> str:
        url: str = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._name, **parameters}, ExpiresIn=expires_in_s
        )
        return url

    @property
    def _client(self) -> Any:  # noqa: ANN401 - a botocore client
        return s3_client(read_timeout_s=READ_TIMEOUT_S)


def attachment(file_name: str) -> str:
    """Return the Content-Disposition of a download (RFC 6266): the name in UTF-8, and in ASCII for old clients."""
    ascii_name = "".join(
        each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in file_name
    )
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"


if TYPE_CHECKING:
    _: ObjectStore = S3Bucket("")
    __: RequestSigner = S3Bucket("")
