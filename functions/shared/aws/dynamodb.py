"""DynamoDB through PynamoDB: how tables are reached, and how its failures become errors that a caller can act on."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from functions.shared.aws.snapshot import at_restore
from functions.shared.errors import Unavailable

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


class ConditionFailed(Exception):
    """A condition of a transaction did not hold.

    Attributes:
        failed: The places of the refused writes; PynamoDB sends deletes first, then puts, then updates.
        found: For the writes among them that asked for it, the item that stood in their way, as DynamoDB has it.
    """

    def __init__(self, failed: frozenset[int], found: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__(f"The conditions of the writes {sorted(failed)} did not hold.")
        self.failed = failed
        self.found = found


class TableMeta:
    """Timeouts and retries of every table; a model's `Meta` inherits it and adds `table_name`."""

    connect_timeout_seconds = CONNECT_TIMEOUT_S
    read_timeout_seconds = READ_TIMEOUT_S
    # A model reads no other setting of retries than this one, which comes to botocore's standard mode.
    max_retry_attempts = ATTEMPTS - 1


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn "busy" and "away" into `Unavailable`; any other failure is a fault of ours and passes.

    Raises:
        Unavailable: DynamoDB throttles, is in trouble or cannot be reached.
    """
    try:
        yield
    except PynamoDBException as error:
        # The class comes first: PynamoDB fails to read the code of a connection that broke or timed out.
        if isinstance(error.cause, BotoCoreError) or error.cause_response_code in BUSY:
            raise Unavailable from error
        raise
    except BotoCoreError as error:
        raise Unavailable from error


def connect_models() -> None:
    """Make the clients by which the models reach their tables, without a call; a restored process keeps no connection.

    Each model has one of its own.
    """
    for model in _models(Model):
        at_restore(_connection(model).client.close)


def _models(parent: type[Model]) -> Iterator[type[Model]]:
    for model in parent.__subclasses__():
        if hasattr(model, "Meta") and getattr(model.Meta, "table_name", None):
            yield model
        yield from _models(model)


def changes_between(before: Model, after: Model) -> list[Action]:
    """Return what an update does that makes one item the other, and touches nothing else of it.

    What others have written there meanwhile stays, and so does what only a newer release knows of, while both are live.
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


def commit(model: type[Model], fill: Callable[[TransactWrite], None]) -> None:
    """Write a transaction, again with jitter while others hold the same items.

    Args:
        model: Any model of the table's, for its connection.
        fill: Adds the writes; called anew for each attempt.

    Raises:
        ConditionFailed: A condition did not hold; nothing was written.
        Unavailable: DynamoDB is busy or away, or the items stayed contended.
    """
    for attempt in range(TRANSACTION_ATTEMPTS):
        try:
            with translated_errors(), TransactWrite(connection=_connection(model)) as transaction:
                fill(transaction)
        except TransactWriteError as error:
            codes = [reason.code if reason else None for reason in error.cancellation_reasons]
            failed = frozenset(place for place, code in enumerate(codes) if code == _CONDITION_FAILED)
            if failed:
                reasons = enumerate(error.cancellation_reasons)
                found = {place: reason.raw_item for place, reason in reasons if reason and reason.raw_item}
                raise ConditionFailed(failed, found) from error
            if not _CONTENDED.intersection(filter(None, codes)):
                raise
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            time.sleep(random.uniform(0, 0.025 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        else:
            return
    raise Unavailable("Others are writing the same items. Try again.")


def _connection(model: type[Model]) -> Connection:
    # The model's own connection: a second one would make, and pay for, a second client.
    return model._get_connection().connection  # noqa: SLF001
