"""Requests with an Idempotency-Key: a first one, and one that ended before its answer was stored."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3

from functions.shared.http.idempotency import IdempotentRequests
from functions.shared.invocation import invocation
from tests.lambda_client import LambdaContext


def remembered(requests: IdempotentRequests, answer: Mapping[str, Any]) -> Callable[[], object]:
    """Return a call that takes effect and stores its answer."""

    def call() -> object:
        with invocation(LambdaContext()):
            return requests.once(lambda: answer, key="key", body={})

    return call


def forget_answers(table_name: str) -> None:
    """Delete the stored answers, as if the function had ended before Powertools stored them."""
    table = boto3.resource("dynamodb").Table(table_name)
    kept = [str(item["pk"]) for item in table.scan()["Items"] if str(item["pk"]).startswith(f"{table_name}.request#")]
    assert kept
    for pk in kept:
        table.delete_item(Key={"pk": pk})
