"""Every function with a queue or a stream keeps the messages that it cannot handle, with the reason."""

import json
from typing import Any
from uuid import uuid4

import pytest

from cdk.conventions.camel_case import camel
from cdk.settings.manifest import Function, Manifest
from cdk.settings.manifests import load_manifests
from functions.shared.interface.names import EVERY_EVENT
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.waiting import eventually

FUNCTIONS = [(manifest, name) for manifest in load_manifests() for name in manifest.functions]
EMPTYING = [(manifest, name) for manifest, name in FUNCTIONS if manifest.functions[name].has_queue]
RELAYS = [(manifest, name) for manifest, name in FUNCTIONS if manifest.functions[name].trigger == "outbox"]
CLAIMING = [
    (manifest, name)
    for manifest, name in FUNCTIONS
    if manifest.functions[name].consumes and EVERY_EVENT not in manifest.functions[name].consumes
]
KINDS = {"events": "Events", "objects": "Objects"}


def unclaimed_by(function: Function) -> str:
    """Return an event that a function does not consume."""
    published = sorted(file.relative_to(ROOT / "events") for file in (ROOT / "events").glob("*/*.example.json"))
    names = [name.as_posix().removesuffix(".example.json") for name in published]
    return next(name for name in names if name not in function.consumes)


def name_of(value: object) -> str:
    return value.service if isinstance(value, Manifest) else str(value)


def queue_of(name: str, function: Function) -> str:
    """Return the start of the names of the outputs of a function's queue."""
    return f"{camel(function.queue)}Work" if function.queue else f"{camel(name)}{KINDS[function.trigger]}"


@pytest.mark.parametrize(("manifest", "name"), EMPTYING, ids=name_of)
def test_an_unknown_message_becomes_a_dead_letter_with_the_reason(
    platform: PlatformUnderTest, manifest: Manifest, name: str
) -> None:
    stack, queue = f"platform-local-{manifest.service}", queue_of(name, manifest.functions[name])
    body = f"no message of ours: {uuid4()}"

    platform.aws("sqs").send_message(QueueUrl=platform.output(stack, f"{queue}QueueUrl"), MessageBody=body)

    letter = received(platform, platform.output(stack, f"{queue}DeadLetterQueueUrl"), body)
    assert letter["MessageAttributes"]["function"]["StringValue"] == f"{manifest.service}.{name}"
    assert letter["MessageAttributes"]["reason"]["StringValue"].startswith("The message ")


@pytest.mark.parametrize(("manifest", "name"), CLAIMING, ids=name_of)
def test_an_event_outside_the_manifest_becomes_a_dead_letter_with_the_reason(
    platform: PlatformUnderTest, manifest: Manifest, name: str
) -> None:
    stack, queue = f"platform-local-{manifest.service}", queue_of(name, manifest.functions[name])
    event_id = str(uuid4())
    unclaimed = unclaimed_by(manifest.functions[name])
    example = json.loads((ROOT / f"events/{unclaimed}.example.json").read_text())
    source, _, event_type = unclaimed.partition("/")
    delivered = {"id": event_id, "source": source, "detail-type": event_type, "time": example["time"]}
    body = json.dumps(delivered | {"detail": example | {"id": event_id}})

    platform.aws("sqs").send_message(QueueUrl=platform.output(stack, f"{queue}QueueUrl"), MessageBody=body)

    letter = received(platform, platform.output(stack, f"{queue}DeadLetterQueueUrl"), event_id)
    reason = letter["MessageAttributes"]["reason"]["StringValue"]
    assert reason == f"The manifest does not name {unclaimed} under consumes."


@pytest.mark.parametrize(("manifest", "name"), RELAYS, ids=name_of)
def test_a_malformed_event_is_parked_with_the_reason(
    platform: PlatformUnderTest, manifest: Manifest, name: str
) -> None:
    stack, dynamodb, table = f"platform-local-{manifest.service}", platform.aws("dynamodb"), manifest.table
    assert table is not None
    key = {table.partition_key: {"S": f"OUTBOX#{uuid4()}"}}
    if table.sort_key:
        key[table.sort_key] = {"S": "-"}

    dynamodb.put_item(TableName=platform.output(stack, "TableName"), Item={**key, "envelope": {"S": "{}"}})
    try:
        record = key[table.partition_key]["S"]
        parked = received(platform, platform.output(stack, f"{camel(name)}OutboxParkedQueueUrl"), record)
    finally:
        dynamodb.delete_item(TableName=platform.output(stack, "TableName"), Key=key)

    assert "The envelope has no" in json.dumps(parked)


def received(platform: PlatformUnderTest, queue_url: str, passage: str) -> Any:
    """Wait for the message that contains a passage, and delete it from its queue."""
    sqs = platform.aws("sqs")

    def look() -> Any:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=1
        )
        return next((found for found in answer.get("Messages", []) if passage in found["Body"]), None)

    found = eventually(look)
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=found["ReceiptHandle"])
    return found
