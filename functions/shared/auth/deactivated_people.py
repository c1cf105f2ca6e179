"""The people with deactivated accounts, for work that goes on in their names without their tokens.

Other than the list of blocked people, which ends with the last token, an entry stays until the account is active again.
"""

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.errors import Unavailable
from functions.shared.interface.names import DEACTIVATED_PARTITION


def is_deactivated(subject: str) -> bool:
    """Return whether a person's account is deactivated; False for machine clients. Eventually consistent.

    Raises:
        Unavailable: DynamoDB is busy or unreachable.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - its import takes 60 ms

    key = {"list": {"S": DEACTIVATED_PARTITION}, "subject": {"S": subject}}
    try:
        return "Item" in client("dynamodb").get_item(TableName=setting("BLOCKED_TABLE_NAME"), Key=key)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
