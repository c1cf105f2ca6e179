"""What every unit test stands on: an environment like a function's, and tables made as the manifests say."""

import io
import logging
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.tokens import user_pool

ROOT = Path(__file__).parents[1]

# As the stacks set it; here, before any test imports a service. Nothing of it reaches an AWS account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_REGION="eu-west-1",
    AWS_DEFAULT_REGION="eu-west-1",
    POWERTOOLS_METRICS_NAMESPACE="platform",
    POWERTOOLS_SERVICE_NAME="tests",
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "TABLE_NAME"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def _user_pool() -> Iterator[None]:
    """The pool whose tokens the functions take."""
    with user_pool():
        yield


@pytest.fixture(autouse=True)
def contracts_hold() -> Iterator[None]:
    """No test can write an event into an outbox that its manifest does not name or its contract does not allow."""
    from functions.shared.outgoing import inspect_outgoing  # noqa: PLC0415 - after the environment above
    from tests.contracts.published import check_event  # noqa: PLC0415 - it reads every contract

    end = inspect_outgoing(check_event)
    yield
    end()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the functions log, as CloudWatch would get it."""
    from functions.shared.observability import logger  # noqa: PLC0415 - after the environment above

    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield handler.stream
    logging.getLogger(logger.service).removeHandler(handler)


@pytest.fixture
def aws() -> Iterator[None]:
    """An AWS in this process, empty."""
    with mock_aws():
        yield


@pytest.fixture
def make_table(aws: None) -> Callable[[str], None]:
    """Makes the table of a service as its manifest says, under the service's name."""

    def make(service: str) -> None:
        table = tomllib.loads((ROOT / "functions" / service / "service.toml").read_text())["table"]
        indexes = table.get("indexes", [])
        names = {key for part in [table, *indexes] for key in (part["partition_key"], part.get("sort_key")) if key}
        definition: dict[str, Any] = {
            "TableName": service,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in sorted(names)],
            "KeySchema": _key(table),
        }
        if indexes:
            definition["GlobalSecondaryIndexes"] = [
                {"IndexName": index["name"], "KeySchema": _key(index), "Projection": {"ProjectionType": "ALL"}}
                for index in indexes
            ]
        boto3.client("dynamodb").create_table(**definition)

    return make


def _key(part: dict[str, str]) -> list[dict[str, str]]:
    keys = [(part["partition_key"], "HASH"), (part.get("sort_key"), "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys if name]
