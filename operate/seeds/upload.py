"""Uploads of seeds, as a client of files makes them."""

import hashlib

from operate.deployed.api import Answer, Api
from operate.errors import OperateError

# S3 answers an upload so: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
UPLOADED = frozenset({200, 201, 204})
MEDIA_TYPE = "text/csv"


def declare(api: Api, name: str, content: bytes, *, key: str) -> Answer:
    """Create the record of a CSV file, once for a key, and return the answer."""
    body = {
        "name": name,
        "content_type": MEDIA_TYPE,
        "size_bytes": len(content),
        "checksum_sha256": hashlib.sha256(content).hexdigest(),
    }
    return api.send("POST", "/files", body=body, headers={"Idempotency-Key": key}, expect={201})


def upload(api: Api, created: Answer, content: bytes) -> None:
    """Upload the content of a file that was created, if it waits for that.

    Raises:
        OperateError: The storage refuses it.
    """
    form, name = created.content["upload"], created.content["name"]
    # There is a form as long as the file waits for its upload; the same content again is the same file.
    if not form:
        return
    status = api.upload(form["url"], {**form["fields"], "file": (name, content, MEDIA_TYPE)})
    if status not in UPLOADED:
        raise OperateError(f"The upload of {name} was answered {status} by the storage.")
