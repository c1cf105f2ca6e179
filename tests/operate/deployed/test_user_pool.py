"""Tokens for people and machine clients, from a user pool in this process."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from operate.cli import main
from operate.deployed.user_pool import UserPool
from operate.errors import OperateError, UsageError
from operate.target import Target
from tests.tables import aws_in_memory

PASSWORD = "correct-Horse-7-battery"


class TargetInProcess(Target):
    """An environment with an AWS in this process."""

    def __init__(self, name: str, identity: Mapping[str, str]) -> None:
        super().__init__(name)
        self._identity = identity

    def outputs(self, stack: str) -> Mapping[str, str]:
        return {"identity": self._identity}[stack]

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="eu-west-1")


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
    with aws_in_memory():
        yield boto3.client("cognito-idp", region_name="eu-west-1")


@pytest.fixture
def pool(cognito: Any) -> UserPool:
    pool_id = cognito.create_user_pool(PoolName="platform-dev")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="operator", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]
    outputs = {"UserPoolId": pool_id, "OperatorClientId": client["ClientId"], "SignInUrl": "https://127.0.0.1:9"}
    cognito.admin_create_user(UserPoolId=pool_id, Username="ada@example.com", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="ada@example.com", Password=PASSWORD, Permanent=True)
    return UserPool(TargetInProcess("dev", outputs))


def test_a_person_is_signed_in_with_their_password(pool: UserPool) -> None:
    assert pool.person("ada@example.com", PASSWORD).count(".") == 2


@pytest.mark.parametrize("email", ["ada@example.com", "stranger@example.com"])
def test_a_wrong_password_and_an_unknown_person_are_rejected(pool: UserPool, email: str) -> None:
    with pytest.raises(OperateError, match=f"{email} could not sign in"):
        pool.person(email, "wrong")


@pytest.mark.parametrize(
    ("name", "problem"), [("stranger", "There is no caller 'stranger'"), ("", "Name the caller: as=…")]
)
def test_an_unknown_caller_is_rejected_with_the_names_of_the_known_ones(
    pool: UserPool, name: str, problem: str
) -> None:
    with pytest.raises(UsageError) as caught:
        pool.machine(name)

    assert str(caught.value).startswith(problem)
    assert "The callers are: none; and, by their e-mail addresses" in str(caught.value)


def test_without_a_running_platform_the_error_names_the_command_that_starts_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path))

    assert main(["token", "--as", "admin"]) == 1
    assert "make up" in capsys.readouterr().err
