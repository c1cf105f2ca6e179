"""The sign-ins of people in a user pool, and the list of blocked people that every service reads."""

import time
from collections.abc import Iterator

import boto3
import pytest

from functions.shared.auth.blocked_people import read_blocked
from functions.shared.auth.deactivated_people import is_deactivated
from functions.shared.aws.clients import client
from functions.shared.errors import Unavailable
from functions.users.cognito_sign_ins import CognitoSignIns
from tests.tables import table_of_blocked_people

TABLE = "blocked-people"


@pytest.fixture
def pool(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A pool with the person Ada, and an empty table of blocked people."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
    pool: str = boto3.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]["Id"]
    boto3.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="ada")
    with table_of_blocked_people():
        yield pool


def sign_ins(pool: str, *, table: str = TABLE, now: float | None = None) -> CognitoSignIns:
    return CognitoSignIns(
        cognito=client("cognito-idp"),
        pool=pool,
        dynamodb=client("dynamodb"),
        table=table,
        clock=lambda: time.time() if now is None else now,
    )


def is_enabled(pool: str) -> bool:
    return bool(boto3.client("cognito-idp").admin_get_user(UserPoolId=pool, Username="ada")["Enabled"])


def test_a_person_is_disabled_and_blocked_and_enabled_again(pool: str) -> None:
    for _ in range(2):
        sign_ins(pool).end("ada")
        assert (is_enabled(pool), read_blocked()) == (False, {"ada"})

    for _ in range(2):
        sign_ins(pool).restore("ada")
        assert (is_enabled(pool), read_blocked()) == (True, set())


@pytest.mark.parametrize(
    ("verified", "asked", "is_found"),
    [
        ("true", "ada@example.com", True),
        ("false", "ada@example.com", False),
        ("true", "bo@example.com", False),
    ],
)
def test_a_person_is_found_by_their_verified_address(
    aws: None, monkeypatch: pytest.MonkeyPatch, verified: str, asked: str, *, is_found: bool
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
    cognito = boto3.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people", UsernameAttributes=["email"])["UserPool"]["Id"]
    attributes = [{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": verified}]
    made = cognito.admin_create_user(UserPoolId=pool, Username="ada@example.com", UserAttributes=attributes)["User"]
    [subject] = [attribute["Value"] for attribute in made["Attributes"] if attribute["Name"] == "sub"]

    assert sign_ins(pool).find(asked) == (subject if is_found else None)


def test_a_person_is_blocked_for_as_long_as_a_token_can_be_valid(pool: str) -> None:
    sign_ins(pool, now=time.time() - 3605).end("ada")
    assert read_blocked() == {"ada"}

    # DynamoDB has not deleted the item yet.
    sign_ins(pool, now=time.time() - 4000).end("ada")
    assert read_blocked() == set()


def test_a_person_is_deactivated_until_they_are_active_again(pool: str) -> None:
    assert not is_deactivated("ada")

    sign_ins(pool, now=time.time() - 4000).end("ada")
    assert (is_deactivated("ada"), is_deactivated("bob")) == (True, False)

    sign_ins(pool).restore("ada")
    assert not is_deactivated("ada")


def test_a_person_who_is_no_longer_in_the_pool_is_blocked_all_the_same(pool: str) -> None:
    sign_ins(pool).end("gone")
    assert read_blocked() == {"gone"}

    sign_ins(pool).restore("gone")
    assert read_blocked() == set()


def test_a_failure_is_passed_on_so_that_the_event_comes_again(pool: str) -> None:
    with pytest.raises(Unavailable):
        sign_ins(pool, table="missing").end("ada")
    with pytest.raises(Unavailable):
        sign_ins("eu-west-1_missing").end("ada")


def test_a_list_that_cannot_be_read_is_told(pool: str) -> None:
    boto3.client("dynamodb").delete_table(TableName=TABLE)

    with pytest.raises(Unavailable):
        read_blocked()
    with pytest.raises(Unavailable):
        is_deactivated("ada")
