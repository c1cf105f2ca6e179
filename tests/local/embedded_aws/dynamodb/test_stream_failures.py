"""Records of a stream that a function reported as failed."""

from ministack.services import lambda_svc  # noqa: F401 - the extension replaces its functions

from local.embedded_aws.dynamodb.stream_failures import _first_failed

RECORDS = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(5)]


def test_reported_records_are_delivered_again_from_the_first_of_them() -> None:
    def first_failed(*identifiers: str) -> str | None:
        return _first_failed(RECORDS, {"batchItemFailures": [{"itemIdentifier": each} for each in identifiers]})

    assert first_failed() is None
    assert _first_failed(RECORDS, None) is None
    assert first_failed("3", "1") == "1"
    assert first_failed("unknown") == "0"
