"""DynamoDB tables in memory, made as the manifests declare them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws
from moto.core.models import RESPONSES_METHODS, MockAWS

from cdk.settings.manifest import Index, Manifest, Table
from tools.data_model.models import keys_of

# moto would register 1,288 patterns of addresses with the library requests, which no test uses, at the start of each.
RESPONSES_METHODS.clear()


@cache
def dynamodb() -> Any:
    """Return a client for whatever AWS is in memory; making one takes longer than a call."""
    return boto3.client("dynamodb")


def aws_in_memory() -> MockAWS:
    """Return an AWS that is empty at the start of its `with` block; boto3 reads its service descriptions once."""
    return mock_aws(config={"core": {"reset_boto3_session": False}})


def make_table(manifest: Manifest, client: Any = None) -> None:
    """Create the table of a service with its indexes, under the service's name."""
    assert manifest.table, f"{manifest.service} declares no table"
    parts: list[Table | Index] = [manifest.table, *manifest.table.indexes]
    names = {key for part in parts for key in keys_of(part)}
    definition: dict[str, Any] = {
        "TableName": manifest.service,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in sorted(names)],
        "KeySchema": _schema(manifest.table),
    }
    if manifest.table.indexes:
        definition["GlobalSecondaryIndexes"] = [
            {"IndexName": index.name, "KeySchema": _schema(index), "Projection": {"ProjectionType": "ALL"}}
            for index in manifest.table.indexes
        ]
    (client or dynamodb()).create_table(**definition)


def _schema(part: Table | Index) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys_of(part), ("HASH", "RANGE"), strict=False)
    ]


@contextmanager
def table_of_blocked_people() -> Iterator[None]:
    """Create an empty table of blocked people, as the identity stack has it, which the functions use until the end."""
    dynamodb().create_table(
        TableName="blocked-people",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("list", "subject")],
        KeySchema=[{"AttributeName": "list", "KeyType": "HASH"}, {"AttributeName": "subject", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    before = os.environ["BLOCKED_TABLE_NAME"]
    os.environ["BLOCKED_TABLE_NAME"] = "blocked-people"
    _forget()
    try:
        yield
    finally:
        os.environ["BLOCKED_TABLE_NAME"] = before
        _forget()


def _forget() -> None:
    # Imported late, after the environment that the functions need.
    from functions.shared.auth.blocked_people import blocked_people  # noqa: PLC0415 - see above
    from functions.shared.aws.clients import client  # noqa: PLC0415 - see above

    client.cache_clear()
    blocked_people.cache_clear()
