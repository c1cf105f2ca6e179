"""Dead letters of a consumer, in a queue in memory."""

import json
from typing import Any

import boto3

from functions.shared.messaging.events import Event


def make_queue() -> str:
    """Make the dead-letter queue of `activity` in dev; return its URL."""
    return str(boto3.client("sqs").create_queue(QueueName="platform-dev-activity-consumer-dlq")["QueueUrl"])


def event() -> Event:
    return Event(type="UserCreated.v1", source="users", subject="users/1", sequence=1, data={})


def send(queue_url: str, body: Any, **attributes: str) -> None:
    boto3.client("sqs").send_message(
        QueueUrl=queue_url,
        MessageBody=body if isinstance(body, str) else json.dumps(body),
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )
