"""DynamoDB through PynamoDB: connections, transactions, and errors that a caller can act on."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, PutError, PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from functions.shared.aws.snapshot import at_restore
from functions.shared.aws.tls import share_tls_context
from functions.shared.errors import Unavailable
from functions.shared.rehearsal import NEVER_WRITTEN, current_rehearsal, guard_calls

# PynamoDB makes a client for each model when it is first used.
share_tls_context()
guard_calls()

TRANSACTION_ATTEMPTS = 4

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
BUSY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_CONTENDED = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_CONDITION_FAILED = "ConditionalCheckFailed"
CONDITION_FAILED = "ConditionalCheckFailedException"


class ConditionFailed(Exception):
    """A condition of a transaction did not hold.

    Attributes:
        failed: The places of the failed writes; PynamoDB sends deletes first, then puts, then updates.
        found: The stored items that made a condition fail, for the writes that asked for them, in DynamoDB's own form.
        writes: The number of writes in the transaction.
    """

    def __init__(self, failed: frozenset[int], found: Mapping[int, Mapping[str, Any]], *, writes: int) -> None:
        super().__init__(f"The conditions of the writes {sorted(failed)} did not hold.")
        self.failed = failed
        self.found = found
        self.writes = writes


class TableMeta:
    """Timeouts and retries of every table; a model's `Meta` inherits it and adds `table_name`."""

    connect_timeout_seconds = CONNECT_TIMEOUT_S
    read_timeout_seconds = READ_TIMEOUT_S
    # The only setting for retries that a model reads; PynamoDB uses botocore's standard mode.
    max_retry_attempts = ATTEMPTS - 1


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn transient failures into `Unavailable`; any other failure is a defect of ours and stays as it is.

    Raises:
        Unavailable: DynamoDB throttles, fails or cannot be reached.
    """
    try:
        yield
    except PynamoDBException as error:
        # The class is checked first: PynamoDB cannot read an error code if the connection broke or timed out.
        if isinstance(error.cause, BotoCoreError) or error.cause_response_code in BUSY:
            raise Unavailable from error
        raise
    except BotoCoreError as error:
        raise Unavailable from error


def connect_models() -> None:
    """Make the client of each model without a call to AWS, and close its connections in a restored process."""
    for model in _models(Model):
        at_restore(_connection(model).client.close)


def _models(parent: type[Model]) -> Iterator[type[Model]]:
    for model in parent.__subclasses__():
        if hasattr(model, "Meta") and getattr(model.Meta, "table_name", None):
            yield model
        yield from _models(model)


def changes_between(before: Model, after: Model) -> list[Action]:
    """Return the update actions that turn one item into the other, and change no other attribute.

    Attributes that others have written in the meantime stay. So do the attributes of a newer release, while both
    releases are live.
    """
    old, new = before.serialize(), after.serialize()
    changes: list[Action] = []
    for name, attribute in type(after).get_attributes().items():
        there = attribute.attr_name
        if there not in new:
            changes += [attribute.remove()] if there in old else []
        elif new[there] != old.get(there):
            changes.append(attribute.set(getattr(after, name)))
    return changes


def writes_of(item: Model) -> list[Action]:
    """Return the update actions that write an item, which may be there or not, and change no attribute of others."""
    return [
        attribute.remove() if getattr(item, name) is None else attribute.set(getattr(item, name))
        for name, attribute in item.get_attributes().items()
        if not (attribute.is_hash_key or attribute.is_range_key)
    ]


def commit(model: type[Model], fill: Callable[[TransactWrite], None], *, attempts: int = TRANSACTION_ATTEMPTS) -> None:
    """Write a transaction, and retry it with jitter while others write the same items.

    In a rehearsal, the transaction also has a condition that never holds: DynamoDB evaluates rights, sizes and all
    conditions, and writes nothing.

    Args:
        model: Any model of the table, for its connection.
        fill: Adds the writes; called again for each attempt.
        attempts: At most so many.

    Raises:
        ConditionFailed: A condition did not hold; nothing was written.
        Unavailable: DynamoDB is unavailable, or the conflicts did not end.
    """
    never: int | None = None
    for attempt in range(attempts):
        try:
            with translated_errors(), TransactWrite(connection=_connection(model)) as transaction:
                fill(transaction)
                if current_rehearsal():
                    never = _add_condition_that_never_holds(transaction, model)
        except TransactWriteError as error:
            reasons = list(error.cancellation_reasons)
            if never is not None and reasons and _code(reasons.pop(never)) == _CONDITION_FAILED and not any(reasons):
                return
            _raise_failed_conditions(reasons, error)
            codes = [_code(reason) for reason in reasons]
            if not _CONTENDED.intersection(filter(None, codes)):
                raise
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            time.sleep(random.uniform(0, 0.025 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        else:
            return
    raise Unavailable("Others are writing the same items. Try again.")


def commit_alone(item: Model, *, condition: Condition) -> None:
    """Write one item if the condition holds; in a rehearsal, as a transaction that is never committed.

    Raises:
        ConditionFailed: The condition did not hold.
        Unavailable: DynamoDB is unavailable.
    """
    if current_rehearsal():
        commit(type(item), lambda transaction: transaction.save(item, condition=condition))
        return
    with translated_errors():
        try:
            item.save(condition=condition)
        except PutError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
            raise ConditionFailed(frozenset({0}), {}, writes=1) from error


def _raise_failed_conditions(reasons: Sequence[CancellationReason | None], error: TransactWriteError) -> None:
    failed = frozenset(place for place, reason in enumerate(reasons) if _code(reason) == _CONDITION_FAILED)
    if failed:
        found = {place: reason.raw_item for place, reason in enumerate(reasons) if reason and reason.raw_item}
        raise ConditionFailed(failed, found, writes=len(reasons)) from error


def _code(reason: CancellationReason | None) -> str | None:
    return reason.code if reason else None


def _add_condition_that_never_holds(transaction: TransactWrite, model: type[Model]) -> int:
    """Add a put on condition that an item exists and does not exist; return its place in the transaction.

    A put and not a condition check, because every function that writes may put items. PynamoDB takes puts only of
    whole models, and the table's model has attributes of which nothing is known here.
    """
    sort_key = model._range_key_attribute()  # type: ignore[no-untyped-call] # noqa: SLF001 - PynamoDB has no public way
    key = Path(model._hash_key_attribute().attr_name)  # type: ignore[no-untyped-call] # noqa: SLF001 - PynamoDB has no public way
    connection = _connection(model)
    put = connection.get_operation_kwargs(
        model.Meta.table_name,
        f"{NEVER_WRITTEN}{secrets.token_hex(16)}",
        "REHEARSAL" if sort_key else None,
        key="Item",
        condition=key.exists() & key.does_not_exist(),
    )
    transaction._put_items.insert(0, put)  # noqa: SLF001 - PynamoDB has no public way
    return len(transaction._condition_check_items) + len(transaction._delete_items)  # noqa: SLF001 - PynamoDB has no public way


def _connection(model: type[Model]) -> Connection:
    # The model's own connection, because another one would cost a second client.
    return model._get_connection().connection  # noqa: SLF001 - see above
