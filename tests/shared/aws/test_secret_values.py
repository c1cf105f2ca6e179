import time
from typing import Any

import boto3
import pytest

from functions.shared.aws import secret_values as values_of_secrets
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import KEPT_S, READ_AGAIN_S, secret_value, secret_values
from functions.shared.errors import Unavailable


@pytest.fixture(autouse=True)
def _secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cache_clear()
    values_of_secrets._kept.clear()  # noqa: SLF001 - a process starts without any
    boto3.client("secretsmanager").create_secret(Name="key", SecretString="first")
    monkeypatch.setenv("SECRET_CURSOR_KEY_ARN", "key")


def rotate(value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="key", SecretString=value)


def test_a_secret_is_read_by_the_name_of_the_manifest() -> None:
    assert secret_value("cursor-key") == "first"


def test_a_secret_is_kept_for_a_while_and_then_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    secret_value("cursor-key")
    rotate("second")
    assert secret_value("cursor-key") == "first"

    later = time.monotonic() + KEPT_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert secret_value("cursor-key") == "second"


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    later = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)


def test_a_secret_that_was_never_changed_has_one_value() -> None:
    assert {*secret_values("cursor-key")} == {"first"}


def test_a_changed_secret_has_the_value_before_as_well() -> None:
    rotate("second")

    assert list(secret_values("cursor-key"))[:2] == ["second", "first"]


def test_a_value_that_was_changed_since_it_was_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {*secret_values("cursor-key")} == {"first"}
    rotate("second")
    assert {*secret_values("cursor-key")} == {"first"}

    pass_time(monkeypatch, READ_AGAIN_S + 1)

    assert {*secret_values("cursor-key")} == {"first", "second"}


def test_who_looks_for_a_value_that_is_not_there_asks_now_and_then_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(client("secretsmanager"), "get_secret_value", lambda **asked: _counted(calls, **asked))

    for _ in range(100):
        assert {*secret_values("cursor-key")} == {"first"}

    assert sorted(calls) == ["AWSCURRENT", "AWSPREVIOUS"]


def _counted(calls: list[str], *, SecretId: str, VersionStage: str) -> Any:  # noqa: N803 - botocore's own names
    calls.append(VersionStage)
    return boto3.client("secretsmanager").get_secret_value(SecretId=SecretId, VersionStage=VersionStage)


def test_a_secret_that_cannot_be_read_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CURSOR_KEY_ARN", "another")

    with pytest.raises(Unavailable):
        secret_value("cursor-key")


def test_a_secret_that_was_read_once_serves_on_while_secrets_manager_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    secret_value("cursor-key")
    later = time.monotonic() + KEPT_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    monkeypatch.setenv("SECRET_CURSOR_KEY_ARN", "another")

    assert secret_value("cursor-key") == "first"


def test_a_secret_the_manifest_does_not_grant_is_a_clear_error() -> None:
    with pytest.raises(LookupError, match="SECRET_ANOTHER_ARN"):
        secret_value("another")
