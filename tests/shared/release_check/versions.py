"""Versions of the project's own functions in this process, on an AWS in memory."""

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3

from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from functions.shared.aws import clients, s3, secret_values
from functions.shared.release_check.calls import Outcome
from tests.lambda_client import LambdaContext
from tests.tables import make_table, table_of_blocked_people

type Handler = Callable[[Any, Any], Any]

SERVICES = {manifest.service: manifest for manifest in load_manifests()}


@contextmanager
def deployed(manifest: Manifest) -> Iterator[None]:
    """Make the resources of a service in the AWS in memory, and set the variables of all its functions."""
    if manifest.table:
        make_table(manifest)
    variables = {
        **{f"SETTING_{key.upper()}": json.dumps(value) for key, value in manifest.settings_of("prod").items()},
        **{f"SECRET_{name.upper().replace('-', '_')}_ARN": secret(name) for name in manifest.secrets},
        **{f"QUEUE_{name.upper()}_URL": queue(name) for name in manifest.queues},
        **{f"{service.upper()}_BUCKET_NAME": service for service in manifest.reaches},
        "BUCKET_NAME": manifest.service,
        "ENVIRONMENT": "test",
        "TABLE_NAME": manifest.service,
        "BUS_NAME": "platform-test",
        "PARKED_QUEUE_URL": queue("parked"),
        "DEAD_LETTER_QUEUE_URL": queue("dead"),
        "MAX_RECEIVES": "5",
        "USER_POOL_ID": os.environ["USER_POOL_ID"],
    }
    forget()
    with patch.dict(os.environ, variables), table_of_blocked_people():
        yield
    forget()


def forget() -> None:
    clients.client.cache_clear()
    s3.s3_client.cache_clear()
    secret_values._kept.clear()  # noqa: SLF001 - the secrets of the test before


def secret(name: str) -> str:
    arn: str = boto3.client("secretsmanager").create_secret(Name=name, SecretString="s" * 64)["ARN"]
    return arn


def queue(name: str) -> str:
    url: str = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url


def handler_of(manifest: Manifest, function: str) -> Handler:
    """Import the handler of a function, with the variables that only this function has."""
    declared = manifest.functions[function]
    module, _, name = declared.handler.rpartition(".")
    publishes = ",".join(f"{manifest.service}/{event}" for event in declared.publishes)
    with patch.dict(os.environ, {"PUBLISHES": publishes}):
        found: Handler = getattr(importlib.import_module(module), name)
    return found


def invoke_with(handler: Handler, *, consumes: str = "*") -> Callable[[Mapping[str, Any]], Outcome]:
    """Return a function that invokes a handler as Lambda does."""

    def invoke(event: Mapping[str, Any]) -> Outcome:
        # A deep copy: events and answers of Lambda are JSON.
        sent, started_at = json.loads(json.dumps(event)), time.perf_counter()
        try:
            with patch.dict(os.environ, {"CONSUMES": consumes}):
                value = json.loads(json.dumps(handler(sent, LambdaContext())))
        except Exception as error:  # noqa: BLE001 - Lambda reports each of them
            return Outcome(value=None, error=type(error).__name__, duration_ms=0)
        return Outcome(value=value, error=None, duration_ms=(time.perf_counter() - started_at) * 1000)

    return invoke


def stored(manifest: Manifest) -> Any:
    """Return everything that is in the service's table and in its queues."""
    table = boto3.client("dynamodb").scan(TableName=manifest.service)["Items"] if manifest.table else []
    urls = boto3.client("sqs").list_queues()["QueueUrls"]
    counts = [
        boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        for url in urls
    ]
    return table, [count["Attributes"]["ApproximateNumberOfMessages"] for count in counts]
