"""The sign-ins of people in the Amazon Cognito user pool, and the list of blocked people."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import Unavailable
from functions.shared.interface.names import BLOCKED_PARTITION, BLOCKED_S, DEACTIVATED_PARTITION
from functions.users.addresses import email_key

if TYPE_CHECKING:
    from functions.users.ports import SignIns


class CognitoSignIns:
    """The `SignIns` of an Amazon Cognito user pool.

    Args:
        cognito: A client of the pool's API.
        pool: The id of the pool.
        dynamodb: A client of DynamoDB.
        table: The name of the table of blocked people.
        clock: Returns the seconds since 1970.
    """

    def __init__(
        self,
        *,
        cognito: Any,  # noqa: ANN401 - a botocore client
        pool: str,
        dynamodb: Any,  # noqa: ANN401 - a botocore client
        table: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cognito = cognito
        self._pool = pool
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def find(self, email: str) -> str | None:
        """See `SignIns.find`: the pool finds people by their address, in any case."""
        attributes: dict[str, str] = {}
        with _translated():
            found = self._cognito.admin_get_user(UserPoolId=self._pool, Username=email)
            attributes = {attribute["Name"]: attribute.get("Value", "") for attribute in found["UserAttributes"]}
        if attributes.get("email_verified") != "true" or email_key(attributes["email"]) != email_key(email):
            return None
        return attributes["sub"]

    def end(self, subject: str) -> None:
        """See `SignIns.end`: the services refuse the person first, then the pool does."""
        expires_at = {"N": str(int(self._clock()) + BLOCKED_S)}
        with _translated():
            blocked = {**_key(BLOCKED_PARTITION, subject), "expires_at": expires_at}
            self._dynamodb.put_item(TableName=self._table, Item=blocked)
            self._dynamodb.put_item(TableName=self._table, Item=_key(DEACTIVATED_PARTITION, subject))
        with _translated():
            # Otherwise the sessions would go on when the person is enabled again.
            self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=subject)
            self._cognito.admin_disable_user(UserPoolId=self._pool, Username=subject)

    def restore(self, subject: str) -> None:
        """See `SignIns.restore`."""
        with _translated():
            self._cognito.admin_enable_user(UserPoolId=self._pool, Username=subject)
        with _translated():
            for partition in (BLOCKED_PARTITION, DEACTIVATED_PARTITION):
                self._dynamodb.delete_item(TableName=self._table, Key=_key(partition, subject))


def _key(partition: str, subject: str) -> dict[str, Any]:
    return {"list": {"S": partition}, "subject": {"S": subject}}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        # An administrator may have deleted the person from the pool.
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error


if TYPE_CHECKING:
    _: SignIns = CognitoSignIns(cognito=None, pool="", dynamodb=None, table="")
