"""Alarms of the deployed platform go off for what goes wrong, and whoever hears the topic hears of it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.test_permissions import gets, without_action
from tests.waiting import eventually


@dataclass
class OnCall:
    """Somebody who hears the topic of alarms."""

    platform: PlatformUnderTest
    queue_url: str

    def heard(self) -> list[tuple[str, str]]:
        """Return the alarms that were told since the last time, with their states."""
        answer = self.platform.aws("sqs").receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        told = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        return [(each["AlarmName"], each["NewStateValue"]) for each in told]

    def hears(self, alarm: str, state: str, *, within_s: float) -> None:
        """Wait until an alarm is told with a state."""
        eventually(lambda: (f"platform-local-{alarm}", state) in self.heard(), within_s=within_s)


@pytest.fixture
def on_call(platform: PlatformUnderTest) -> Iterator[OnCall]:
    sqs, sns = platform.aws("sqs"), platform.aws("sns")
    queue_url = sqs.create_queue(QueueName=f"on-call-{uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = platform.output("platform-local-alarms", "TopicArn")
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps({"Statement": [may_send]})})
    raw = {"RawMessageDelivery": "true"}
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw, ReturnSubscriptionArn=True)
    yield OnCall(platform, queue_url)
    sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=queue_url)


def states(platform: PlatformUnderTest) -> dict[str, str]:
    pages = platform.aws("cloudwatch").get_paginator("describe_alarms")
    found = {
        alarm["AlarmName"].removeprefix("platform-local-"): alarm["StateValue"]
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page[kind]
    }
    assert "users-failures" in found
    return found


def test_a_dead_letter_is_told(platform: PlatformUnderTest, on_call: OnCall) -> None:
    sqs = platform.aws("sqs")
    letters = platform.output("platform-local-activity", "ConsumerEventsDeadLetterQueueUrl")
    sqs.purge_queue(QueueUrl=letters)
    eventually(lambda: states(platform)["activity-consumer-dead-letters"] == "OK", within_s=400)
    try:
        queue = platform.output("platform-local-activity", "ConsumerEventsQueueUrl")
        sqs.send_message(QueueUrl=queue, MessageBody="no message of ours")

        on_call.hears("activity-consumer-dead-letters", "ALARM", within_s=90)
    finally:
        sqs.purge_queue(QueueUrl=letters)


def test_requests_that_fail_are_told_and_nothing_else_is(platform: PlatformUnderTest, on_call: OnCall) -> None:
    assert gets(platform)
    with without_action(platform, "users-api", "dynamodb:GetItem"):
        # A share of the requests of two minutes, one after the other, and too small for the gateway to step in.
        deadline = time.monotonic() + 150
        while states(platform)["users-failures"] != "ALARM":
            assert time.monotonic() < deadline
            assert not gets(platform)
            for _ in range(8):
                assert platform.client(None).get("/users/health").status_code == 200

        on_call.hears("users-failures", "ALARM", within_s=30)
        listed = platform.operate("alarms", "--service", "users")
        assert listed.returncode == 1
        assert "✘ platform-local-users-failures " in listed.stdout

    assert gets(platform)
    assert states(platform)["files-failures"] == "OK"
