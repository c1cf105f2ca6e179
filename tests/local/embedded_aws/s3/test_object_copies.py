"""Copies of objects."""

from ministack.services import s3

from tests.local.embedded_aws.s3.buckets import checksum, create_bucket


def copy(source: str) -> int:
    headers = {"x-amz-copy-source": f"/b/{source}", "if-none-match": "*", "x-amz-checksum-algorithm": "SHA256"}
    status: int = s3._copy_object("b", "target", headers)[0]
    return status


def test_a_copy_keeps_an_existing_target_and_computes_the_requested_checksum() -> None:
    create_bucket()
    for name in ("one", "two"):
        s3._put_object("b", name, name.encode(), {})

    assert [copy("one"), copy("two")] == [200, 412]
    assert s3._buckets["b"]["objects"]["target"]["checksums"].get("SHA256") == checksum(b"one")
