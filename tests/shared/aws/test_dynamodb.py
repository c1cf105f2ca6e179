"""Failures of DynamoDB, as errors that a caller can act on."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from pynamodb.exceptions import CancellationReason, GetError, PynamoDBException, TransactWriteError, VerboseClientError
from pynamodb.transactions import TransactWrite

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from functions.shared.aws.dynamodb import TRANSACTION_ATTEMPTS, ConditionFailed, commit, translated_errors
from functions.shared.errors import Unavailable
from functions.users.items import UserItem


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetItem")


def cancelled(*codes: str | None) -> TransactWriteError:
    reasons = [CancellationReason(code=code) if code else None for code in codes]
    cause = VerboseClientError(
        {"Error": {"Code": "TransactionCanceledException"}}, "TransactWriteItems", cancellation_reasons=reasons
    )
    return TransactWriteError("cancelled", cause)


class Writes:
    """Fills transactions; the first attempts fail with the given errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.attempts = 0

    def __call__(self, _: TransactWrite) -> None:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def _table(make_table: Any) -> None:
    make_table("users")


def test_a_table_is_called_as_often_and_waited_for_as_long_as_aws_is() -> None:
    config: Any = UserItem._get_connection().connection.client.meta.config  # noqa: SLF001 - PynamoDB has no public way

    assert config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)


@pytest.mark.parametrize(
    "cause",
    [
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("InternalServerError"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        ConnectionClosedError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_table_that_is_busy_or_away_is_unavailable(cause: Exception) -> None:
    with pytest.raises(Unavailable), translated_errors():
        raise GetError(cause=cause)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_a_fault_of_ours_is_not_called_unavailable(code: str) -> None:
    with pytest.raises(PynamoDBException), translated_errors():
        raise GetError(cause=client_error(code))


def test_a_contended_transaction_is_tried_again() -> None:
    writes = Writes(cancelled("TransactionConflict", None), cancelled(None, "TransactionConflict"))
    item = UserItem(pk="USER#1", user_id="1", state="active", email="e", active=True, created_at="", updated_at="")

    def fill(transaction: TransactWrite) -> None:
        writes(transaction)
        transaction.save(item)

    commit(UserItem, fill)

    assert writes.attempts == 3
    assert UserItem.get("USER#1").version == 1


def test_a_transaction_that_stays_contended_is_unavailable() -> None:
    writes = Writes(*[cancelled("TransactionConflict")] * TRANSACTION_ATTEMPTS)

    with pytest.raises(Unavailable):
        commit(UserItem, writes)

    assert writes.attempts == TRANSACTION_ATTEMPTS


def test_a_failed_condition_is_not_tried_again_and_tells_which() -> None:
    writes = Writes(cancelled(None, "ConditionalCheckFailed", "TransactionConflict"))

    with pytest.raises(ConditionFailed) as raised:
        commit(UserItem, writes)

    assert raised.value.failed == {1}
    assert writes.attempts == 1


def test_a_transaction_that_is_refused_for_another_reason_passes_the_error_on() -> None:
    with pytest.raises(TransactWriteError):
        commit(UserItem, Writes(cancelled("ValidationError")))
