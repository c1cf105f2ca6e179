"""Requests with an Idempotency-Key: the first one, and those that were cut off."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3

from functions.shared.http.idempotency import IdempotentRequests
from tests.lambda_client import LambdaContext


def remembered(requests: IdempotentRequests, answer: Mapping[str, Any]) -> Callable[[], object]:
    """Return the call that takes effect and remembers its answer."""
    context = cast("Any", LambdaContext())
    return lambda: requests.once(lambda: answer, key="key", body={}, context=context)


def forget_answers(table_name: str) -> None:
    """Let the function have ended after it took effect and before Powertools kept its answer."""
    table = boto3.resource("dynamodb").Table(table_name)
    kept = [str(item["pk"]) for item in table.scan()["Items"] if str(item["pk"]).startswith(f"{table_name}.request#")]
    assert kept
    for pk in kept:
        table.delete_item(Key={"pk": pk})
