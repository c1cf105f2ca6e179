"""Checksums in the forms of presigned POSTs."""

from ministack.services import s3

from local.embedded_aws.s3 import post_checksums
from tests.local.embedded_aws.s3.buckets import checksum, create_bucket


def post(sent_checksum: str) -> tuple[int, str]:
    fields = {
        "key": "k",
        "policy": "p",
        "x-amz-signature": "s",
        "x-amz-checksum-sha256": sent_checksum,
        "file": "body",
    }
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    body = f"{''.join(parts)}--x--\r\n".encode()
    status, _, answer = s3._post_object("b", body, {"content-type": "multipart/form-data; boundary=x"})
    return status, answer.decode()


def test_the_checksum_in_a_form_is_compared_with_the_object_and_stored() -> None:
    post_checksums._upstream_enforce = lambda *_: None
    create_bucket()

    status, answer = post(checksum(b"other"))
    assert status == 400
    assert "BadDigest" in answer
    assert "k" not in s3._buckets["b"]["objects"]

    status, answer = post(checksum(b"body"))
    assert status == 204
    assert "BadDigest" not in answer
    assert s3._buckets["b"]["objects"]["k"]["checksums"] == {"SHA256": checksum(b"body")}
