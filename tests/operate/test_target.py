"""The environment that a command works on."""

import json
from pathlib import Path

import boto3
import pytest

from operate.errors import OperateError
from operate.target import Target


def test_a_local_platform_that_is_not_running_is_reported_with_the_command_that_starts_it(tmp_path: Path) -> None:
    with pytest.raises(OperateError, match="make up"):
        Target("local", {"PLATFORM_HOME": str(tmp_path)}).client("sqs")


def test_the_local_platform_is_found_by_its_description(tmp_path: Path) -> None:
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


def test_any_other_environment_is_aws_in_its_region() -> None:
    target = Target("dev", {})

    assert target.client("sqs").meta.endpoint_url == f"https://sqs.{target.environment.region}.amazonaws.com"
    assert target.client("sqs") is target.client("sqs")
    assert target.name_of("users", "relay") == "platform-dev-users-relay"


def test_an_unknown_service_or_function_is_rejected_with_the_known_ones() -> None:
    target = Target("dev", {})

    with pytest.raises(OperateError, match=r"no service 'refunds'\. The services are: activity, "):
        target.manifest("refunds")
    with pytest.raises(OperateError, match=r"users has no function 'refund'\. Its functions are: api, relay"):
        target.function("users", "refund")
    assert target.function("users", "relay").trigger == "outbox"


def test_the_account_belongs_to_the_credentials(aws: None) -> None:
    assert Target("dev", {}).account == boto3.client("sts").get_caller_identity()["Account"]


def test_no_client_works_in_an_account_that_the_environment_does_not_name(aws: None) -> None:
    own = boto3.client("sts").get_caller_identity()["Account"]
    mine, other = Target("dev", {}), Target("dev", {})
    mine.environment = mine.environment.model_copy(update={"account": own})
    other.environment = other.environment.model_copy(update={"account": "222222222222"})

    assert mine.client("lambda")
    with pytest.raises(OperateError, match=f"are for account {own}, but dev is in account 222222222222"):
        other.client("lambda")
