"""Uploads seeded files in the same way as any client of the files service."""

import hashlib

from operate.deployed.api import Answer, Api
from operate.errors import OperateError

# The successful answers of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
UPLOADED = frozenset({200, 201, 204})
MEDIA_TYPE = "text/csv"


def declare(api: Api, name: str, content: bytes, *, key: str) -> Answer:
    """Create the record of a CSV file, idempotently by its key, and return the answer."""
    body = {
        "name": name,
        "content_type": MEDIA_TYPE,
        "size_bytes": len(content),
        "checksum_sha256": hashlib.sha256(content).hexdigest(),
    }
    return api.send("POST", "/files", body=body, headers={"Idempotency-Key": key}, expect={201})


def upload(api: Api, created: Answer, content: bytes) -> None:
    """Upload the content of a created file, unless it was uploaded before.

    Raises:
        OperateError: The storage rejects the upload.
    """
    form, name = created.content["upload"], created.content["name"]
    # The answer has a form until the file is uploaded.
    if not form:
        return
    status = api.upload(form["url"], {**form["fields"], "file": (name, content, MEDIA_TYPE)})
    if status not in UPLOADED:
        raise OperateError(f"The storage rejected the upload of {name} with {status}.")
