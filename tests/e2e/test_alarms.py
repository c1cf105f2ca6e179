"""Alarms of the deployed platform fire for failures and notify the subscribers of their topic."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.e2e.journeys import gets
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.roles import without_action
from tests.waiting import eventually


@dataclass
class OnCall:
    """A subscriber of the alarms' topic."""

    platform: PlatformUnderTest
    queue_url: str

    def received(self) -> list[tuple[str, str]]:
        """Return the new notifications: alarms with their states."""
        answer = self.platform.aws("sqs").receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        notifications = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        return [(each["AlarmName"], each["NewStateValue"]) for each in notifications]

    def is_notified(self, alarm: str, state: str) -> None:
        """Wait for the notification that an alarm is in a state."""
        eventually(lambda: (f"platform-local-{alarm}", state) in self.received())


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


def test_a_dead_letter_fires_an_alarm(platform: PlatformUnderTest, on_call: OnCall) -> None:
    sqs = platform.aws("sqs")
    letters = platform.output("platform-local-activity", "ConsumerEventsDeadLetterQueueUrl")
    sqs.purge_queue(QueueUrl=letters)
    eventually(lambda: states(platform)["activity-consumer-dead-letters"] == "OK", within_s=900)
    try:
        queue = platform.output("platform-local-activity", "ConsumerEventsQueueUrl")
        sqs.send_message(QueueUrl=queue, MessageBody="no message of ours")

        on_call.is_notified("activity-consumer-dead-letters", "ALARM")
    finally:
        sqs.purge_queue(QueueUrl=letters)


def test_failing_requests_fire_the_alarm_of_their_service_only(platform: PlatformUnderTest, on_call: OnCall) -> None:
    assert gets(platform)
    with without_action(platform, "users-api", "dynamodb:GetItem"):
        # The failing share of two minutes' requests fires the alarm, and does not open the gateway's circuit breaker.
        def is_in_alarm() -> bool:
            assert not gets(platform)
            for _ in range(8):
                assert platform.client(None).get("/users/health").status_code == 200
            return states(platform)["users-failures"] == "ALARM"

        eventually(is_in_alarm, within_s=600)

        on_call.is_notified("users-failures", "ALARM")
        listed = platform.operate("alarms", "--service", "users")
        assert listed.returncode == 1
        assert "✘ platform-local-users-failures " in listed.stdout

    assert gets(platform)
    assert states(platform)["files-failures"] == "OK"
