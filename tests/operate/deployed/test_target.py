"""What a command works on."""

import json
from pathlib import Path

import boto3
import pytest

from operate.deployed.target import Target
from operate.errors import OperateError


def test_a_platform_that_is_not_up_is_said_with_the_command_that_starts_it(tmp_path: Path) -> None:
    with pytest.raises(OperateError, match="make up"):
        Target("local", {"PLATFORM_HOME": str(tmp_path)}).client("sqs")


def test_the_platform_of_this_machine_is_found_by_its_own_description(tmp_path: Path) -> None:
    described = {
        "aws_endpoint_url": "https://127.0.0.1:4567",
        "region": "eu-west-1",
        "ca_file": "/ca.pem",
        "access_key_id": "000000000000",
        "secret_access_key": "local",
    }
    (tmp_path / "platform.json").write_text(json.dumps(described))

    sqs = Target("local", {"PLATFORM_HOME": str(tmp_path)}).client("sqs")

    assert sqs.meta.endpoint_url == "https://127.0.0.1:4567"


def test_another_environment_is_aws_itself_in_its_own_region() -> None:
    target = Target("dev", {})

    assert target.client("sqs").meta.endpoint_url == f"https://sqs.{target.environment.region}.amazonaws.com"
    assert target.client("sqs") is target.client("sqs")
    assert target.name_of("users", "relay") == "platform-dev-users-relay"


def test_a_service_or_a_function_that_does_not_exist_is_answered_with_those_that_do() -> None:
    target = Target("dev", {})

    with pytest.raises(OperateError, match=r"no service 'nobody'; there are: activity, "):
        target.manifest("nobody")
    with pytest.raises(OperateError, match=r"users has no function 'nothing'; it has: api, relay"):
        target.function("users", "nothing")
    assert target.function("users", "relay").trigger == "outbox"


def test_the_account_is_that_of_the_credentials(aws: None) -> None:
    assert Target("dev", {}).account == boto3.client("sts").get_caller_identity()["Account"]
