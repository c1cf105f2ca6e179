"""Reads of one version of an object."""

from ministack.services import s3

from tests.local.embedded_aws.s3.buckets import create_bucket


def test_a_read_of_one_version_returns_the_requested_range_and_headers() -> None:
    create_bucket()
    version = s3._put_object("b", "k", b"0123456789", {})[1]["x-amz-version-id"]
    s3._put_object("b", "k", b"newer", {})
    signed = {"authorization": "AWS4-HMAC-SHA256 x", "range": "bytes=2-4"}

    status, headers, body = s3._get_object(
        "b", "k", signed, {"versionId": [version], "response-content-disposition": ["attachment"]}
    )

    assert (status, body) == (206, b"234")
    assert headers["Content-Range"] == "bytes 2-4/10"
    assert headers["Content-Disposition"] == "attachment"
