"""Items of deployed tables and messages of deployed queues."""

from typing import Any

from tests.e2e.platform_under_test import PlatformUnderTest


def scan(platform: PlatformUnderTest, stack: str) -> list[dict[str, Any]]:
    table = platform.output(stack, "TableName")
    pages = platform.aws("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def is_empty(platform: PlatformUnderTest, stack: str, queue: str) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = platform.output(stack, queue)
    attributes = platform.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(attributes[name] == "0" for name in names)


def has_no_work(platform: PlatformUnderTest, stack: str) -> bool:
    """Return whether every queue of a service is empty, apart from dead letters and parked records."""
    queues = [name for name in platform.described["stacks"][stack]["outputs"] if "QueueUrl" in name]
    return all(is_empty(platform, stack, name) for name in queues if "DeadLetter" not in name and "Parked" not in name)
