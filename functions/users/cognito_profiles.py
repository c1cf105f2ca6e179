"""The profiles of people in the Amazon Cognito user pool."""

from collections.abc import Callable
from typing import Any

from functions.shared.errors import Forbidden, InvalidToken, Unavailable
from functions.shared.text import is_name, trimmed_name
from functions.users.addresses import as_stored
from functions.users.domain import Profile

# The pool shows the attributes of a person only to a token of this person with this scope.
SCOPE = "aws.cognito.signin.user.admin"


class CognitoProfiles:
    """The `Profiles` of an Amazon Cognito user pool.

    Args:
        cognito: Returns the client; called when it is first needed.
    """

    def __init__(self, cognito: Callable[[], Any]) -> None:
        self._cognito = cognito

    def get(self, token: str) -> Profile:
        """See `Profiles.get`."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - its import takes 60 ms, and most requests do not need it

        try:
            answer = self._cognito().get_user(AccessToken=token)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            if code == "NotAuthorizedException" and "scope" in message.lower():
                raise Forbidden(f"The token lacks the scope {SCOPE}.", scope=SCOPE) from error
            if code in {"NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"}:
                raise InvalidToken("The user pool no longer accepts it.") from error
            raise Unavailable from error
        except BotoCoreError as error:
            raise Unavailable from error
        attributes = {attribute["Name"]: attribute.get("Value", "") for attribute in answer["UserAttributes"]}
        name = trimmed_name(attributes.get("name", ""))
        return Profile(
            email=as_stored(attributes.get("email", "")),
            email_is_verified=attributes.get("email_verified") == "true",
            # People choose the names in the pool, and the pool accepts any characters.
            name=name if is_name(name) else None,
        )
