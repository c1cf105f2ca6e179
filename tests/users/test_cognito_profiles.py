"""The answers of the user pool, as profiles and errors."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from functions.shared.errors import ApiError, Forbidden, InvalidToken, Unavailable
from functions.users.cognito_profiles import CognitoProfiles
from functions.users.domain import Profile


@pytest.fixture
def cognito() -> Any:
    """A client of a pool that does not answer."""
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client("cognito-idp", endpoint_url="http://127.0.0.1:9", config=once)


@pytest.fixture
def pool(cognito: Any) -> Iterator[Stubber]:
    with Stubber(cognito) as stubber:
        yield stubber


@pytest.fixture
def profiles(cognito: Any) -> CognitoProfiles:
    return CognitoProfiles(lambda: cognito)


def test_a_profile_is_read_from_the_pool_s_attributes(pool: Stubber, profiles: CognitoProfiles) -> None:
    attributes = [
        {"Name": "email", "Value": "ada@example.com"},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "name", "Value": "Ada"},
    ]
    pool.add_response("get_user", {"Username": "1", "UserAttributes": attributes}, {"AccessToken": "token"})

    assert profiles.get("token") == Profile(email="ada@example.com", email_is_verified=True, name="Ada")


@pytest.mark.parametrize(
    ("in_the_pool", "email"),
    [
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("no address", "no address"),
    ],
)
def test_an_address_has_the_form_in_which_the_api_stores_it(
    pool: Stubber, profiles: CognitoProfiles, in_the_pool: str, email: str
) -> None:
    pool.add_response("get_user", {"Username": "1", "UserAttributes": [{"Name": "email", "Value": in_the_pool}]})

    assert profiles.get("token").email == email


@pytest.mark.parametrize("name", ["\u202eAda", "\u200b", "A\x85B"], ids=ascii)
def test_a_name_that_users_may_not_have_is_left_out(pool: Stubber, profiles: CognitoProfiles, name: str) -> None:
    pool.add_response("get_user", {"Username": "1", "UserAttributes": [{"Name": "name", "Value": name}]})

    assert profiles.get("token").name is None


def test_what_the_pool_does_not_say_is_not_made_up(pool: Stubber, profiles: CognitoProfiles) -> None:
    pool.add_response("get_user", {"Username": "1", "UserAttributes": []})

    assert profiles.get("token") == Profile(email="", email_is_verified=False, name=None)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("NotAuthorizedException", "Access Token does not have required scopes", Forbidden),
        ("NotAuthorizedException", "Access Token has been revoked", InvalidToken),
        ("UserNotFoundException", "User does not exist.", InvalidToken),
        ("TooManyRequestsException", "Slow down", Unavailable),
        ("InternalErrorException", "Oh", Unavailable),
    ],
)
def test_what_the_pool_refuses_is_told_apart(
    pool: Stubber, profiles: CognitoProfiles, code: str, message: str, error: type[ApiError]
) -> None:
    pool.add_client_error("get_user", code, message)

    with pytest.raises(error):
        profiles.get("token")


def test_a_pool_that_does_not_answer_is_unavailable(profiles: CognitoProfiles) -> None:
    with pytest.raises(Unavailable):
        profiles.get("token")
