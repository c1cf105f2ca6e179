"""Errors of S3: transient failures and defects of ours."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from urllib3.exceptions import ProtocolError

from functions.shared.aws.s3 import s3_client, translated_s3_errors
from functions.shared.errors import Unavailable


def refusal(status: int, code: str = "Whatever") -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


@pytest.mark.parametrize(
    "error",
    [
        refusal(409, "OperationAborted"),
        refusal(429),
        refusal(500),
        refusal(503, "SlowDown"),
        refusal(400, "RequestTimeout"),
        EndpointConnectionError(endpoint_url="https://s3"),
        ConnectTimeoutError(endpoint_url="https://s3"),
        ReadTimeoutError(endpoint_url="https://s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ProtocolError(),
    ],
    ids=repr,
)
def test_what_is_busy_or_away_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable), translated_s3_errors():
        raise error


@pytest.mark.parametrize(
    "error",
    [refusal(400), refusal(403), refusal(404, "NoSuchKey"), ParamValidationError(report="bad"), NoCredentialsError()],
    ids=repr,
)
def test_a_fault_of_ours_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), translated_s3_errors():
        raise error


def test_a_client_is_made_once_for_each_time_that_its_calls_may_take() -> None:
    patient = s3_client(read_timeout_s=50.0, attempts=4)

    assert s3_client(read_timeout_s=50.0, attempts=4) is patient
    assert s3_client() is not patient
    assert patient.meta.config.read_timeout == 50.0
    assert s3_client().meta.config.read_timeout < 5
