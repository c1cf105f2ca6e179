"""A table of people with three indexes, in the embedded AWS."""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

INDEXES = {"by_rank": ("kind", "rank"), "by_name": ("kind", "name"), "by_kind": ("kind",)}
_TYPES = {"pk": "S", "sk": "S", "kind": "S", "rank": "N", "name": "S"}


def create_people() -> None:
    status, body = call(
        dynamodb._create_table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in _TYPES.items()],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "Projection": {"ProjectionType": "KEYS_ONLY" if name == "by_kind" else "ALL"},
                "KeySchema": [
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            }
            for name, keys in INDEXES.items()
        ],
    )
    assert status == 200, body


def call(operation: Callable[[dict[str, Any]], Any], **request: Any) -> tuple[int, Any]:
    status, _, body = operation({"TableName": "people", **request})
    return status, json.loads(body)


def text(value: str) -> dict[str, str]:
    return {"S": value}
