"""The objects that the routes of users share in a Lambda.

They are made when first needed, because importing PynamoDB takes a quarter of a cold start.
"""

from functools import cache

from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotentRequests
from functions.users.cognito_profiles import CognitoProfiles
from functions.users.service import UserService


@cache
def user_service() -> UserService:
    """Return the use cases, with their store on DynamoDB."""
    from functions.users.repository import UserRepository  # noqa: PLC0415 - see above

    return UserService(UserRepository(), CognitoProfiles(lambda: client("cognito-idp")))


@cache
def idempotent_creation() -> IdempotentRequests:
    """Return the stored answers of creations by their Idempotency-Key."""
    return IdempotentRequests(setting("TABLE_NAME"), operation="users.create")


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of users."""
    return Cursors("users", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    user_service()
    idempotent_creation().prepare()
    for service in ("cognito-idp", "secretsmanager"):
        client(service)
