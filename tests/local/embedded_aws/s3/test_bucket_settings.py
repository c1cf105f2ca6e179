"""The settings of buckets."""

from ministack.services import s3

from tests.local.embedded_aws.resources import HANDLERS
from tests.local.embedded_aws.s3.buckets import SETTINGS, TYPE, create_bucket


def test_encryption_lifecycle_and_cors_of_a_bucket_are_applied_and_removed() -> None:
    create_bucket()

    assert s3._bucket_default_sse_headers("b") == {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "the-key",
    }
    status, _, lifecycle = s3._get_bucket_lifecycle("b")
    assert status == 200
    for part in (b"<NoncurrentDays>10<", b"<DaysAfterInitiation>2<", b"<Prefix>drafts/<", b"<Days>3<"):
        assert part in lifecycle

    asked = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-amz-date",
    }
    status, allowed, _ = s3.cors_preflight("b", "drafts/1", asked)
    assert (status, allowed["Access-Control-Allow-Origin"]) == (200, "https://app.example.com")
    assert allowed["Access-Control-Max-Age"] == "60"
    assert s3.cors_response_headers("b", "GET", asked)["Access-Control-Expose-Headers"] == "ETag"
    assert s3.cors_preflight("b", "drafts/1", asked | {"origin": "https://elsewhere.example"})[0] == 403

    removed = {"BucketEncryption", "LifecycleConfiguration", "CorsConfiguration"}
    new = {name: value for name, value in SETTINGS.items() if name not in removed}
    HANDLERS[TYPE]["update"]("b", SETTINGS, new, "stack")
    assert s3._bucket_default_sse_headers("b") == {}
    assert s3._get_bucket_lifecycle("b")[0] == 404
    assert s3.cors_preflight("b", "drafts/1", asked)[0] == 403
