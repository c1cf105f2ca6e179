import time

import boto3
import pytest

from functions.shared import secret_values
from functions.shared.aws import client
from functions.shared.errors import Unavailable
from functions.shared.secret_values import KEPT_S, secret_value


@pytest.fixture(autouse=True)
def _secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cache_clear()
    secret_values._kept.clear()  # noqa: SLF001 - a process starts without any
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
