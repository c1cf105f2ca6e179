"""The people with deactivated accounts: their tokens are refused although they are still valid.

The user pool gives a disabled person no new token, and a token ends an hour after it was given. Until then the
person's subject is in the list of blocked people: a small table of the platform, written by `users`. Each process reads
the whole list again every 20 seconds. It has the people of the last hour, so it is nearly always empty.
"""

import time
from collections.abc import Callable, Collection
from functools import cache

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.aws.snapshot import at_restore
from functions.shared.errors import Unavailable
from functions.shared.interface.names import BLOCKED_PARTITION

# Access ends within the minute: this time, and the seconds that the event of a deactivation takes.
REFRESHED_AFTER_S = 20.0
# If the table does not answer, the list of the process counts for this time; then requests of people fail.
KEPT_S = 40.0
# After a failure, requests do not wait for the table again for this time; each would wait for seconds.
RETRIED_AFTER_S = 5.0
# In place of the table's name: block no one. Only tests set it; no table can have this name.
NO_TABLE = "-"


class BlockedPeople:
    """The subjects of blocked people.

    Args:
        read: Returns them; raises Unavailable if the table does not answer.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, read: Callable[[], Collection[str]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._subjects: Collection[str] = ()
        self._read_at = self._failed_at = float("-inf")

    def __contains__(self, subject: str) -> bool:
        """Return whether a person is blocked.

        Raises:
            Unavailable: The table does not answer, and the known list is too old.
        """
        now = self._clock()
        if now - self._read_at >= REFRESHED_AFTER_S and now - self._failed_at >= RETRIED_AFTER_S:
            try:
                self._subjects = self._read()
                self._read_at = self._clock()
            except Unavailable:
                self._failed_at = self._clock()
        if self._clock() - self._read_at >= KEPT_S:
            raise Unavailable
        return subject in self._subjects

    def forget(self) -> None:
        """Forget the list, so that the next request reads it."""
        self._read_at = self._failed_at = float("-inf")


def read_blocked() -> Collection[str]:
    """Read the subjects of all blocked people from the table; eventually consistent.

    Raises:
        Unavailable: DynamoDB is busy or unreachable.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - its import takes 60 ms

    found: set[str] = set()
    query = {
        "TableName": setting("BLOCKED_TABLE_NAME"),
        "KeyConditionExpression": "#list = :list",
        # DynamoDB deletes items some time after they have expired.
        "FilterExpression": "expires_at > :now",
        "ExpressionAttributeNames": {"#list": "list"},
        "ExpressionAttributeValues": {":list": {"S": BLOCKED_PARTITION}, ":now": {"N": str(int(time.time()))}},
    }
    try:
        for page in client("dynamodb").get_paginator("query").paginate(**query):
            found.update(item["subject"]["S"] for item in page["Items"])
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    return found


@cache
def blocked_people() -> BlockedPeople:
    """Return the blocked people of the platform.

    Raises:
        LookupError: The process does not know the table: a function without its name must not admit people.
    """
    blocked = BlockedPeople(tuple if setting("BLOCKED_TABLE_NAME") == NO_TABLE else read_blocked)
    at_restore(blocked.forget)
    return blocked
