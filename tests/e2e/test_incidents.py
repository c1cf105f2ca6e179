"""An incident of the deployed platform, from the dead letter to the end of its alarm."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.operations.incidents.kinds import KINDS
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

# Alarms look at five minutes; this one, on the same queue, at ten seconds, so that its end can be awaited. It is of a
# service of its own, so that it shares its incident only when alarms of several services fire at the same time.
QUICK = "platform-local-quick-consumer-dead-letters"
FIRING = "platform-local-activity-consumer-dead-letters"
LETTERS = "platform-local-activity-consumer-dlq"
URGENT = tuple(f"-{kind}" for kind, described in KINDS.items() if described.severity == "urgent")


@pytest.fixture
def quick_alarm(platform: PlatformUnderTest) -> Iterator[None]:
    cloudwatch = platform.aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=QUICK,
        AlarmDescription="The queue has dead letters. Runbook: docs/runbooks/alarms.md",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": LETTERS}],
        Statistic="Maximum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    yield
    cloudwatch.delete_alarms(AlarmNames=[QUICK])


def incident_with(platform: PlatformUnderTest, alarm: str, *, since: datetime) -> Any:
    """Return the incident in which an alarm has fired since a time; None before it is listed."""
    page = platform.client("admin").get("/operations/incidents", params={"limit": 20}).raise_for_status().json()
    for listed in page["items"]:
        incident = platform.client("admin").get(f"/operations/incidents/{listed['id']}").raise_for_status().json()
        for each in incident["alarms"]:
            if each["name"] == alarm and (
                each["ended_at"] is None or datetime.fromisoformat(each["fired_at"]) >= since
            ):
                return incident
    return None


@pytest.mark.usefixtures("quick_alarm")
def test_a_dead_letter_opens_an_incident_with_its_cause_that_ends_when_the_queue_is_empty(
    platform: PlatformUnderTest,
) -> None:
    sqs, admin = platform.aws("sqs"), platform.client("admin")
    letters = sqs.get_queue_url(QueueName=LETTERS)["QueueUrl"]
    sqs.purge_queue(QueueUrl=letters)
    since = datetime.now(UTC) - timedelta(seconds=1)
    try:
        queue = platform.output("platform-local-activity", "ConsumerEventsQueueUrl")
        sqs.send_message(QueueUrl=queue, MessageBody=f"no message of ours: {uuid4()}")
        found = eventually(lambda: incident_with(platform, QUICK, since=since))

        # Alarms that other tests have left firing can share the incident, and be more urgent.
        is_urgent = any(each["name"].endswith(URGENT) for each in found["alarms"])
        assert (found["severity"], found["environment"]) == ("urgent" if is_urgent else "ticket", "local")
        assert found["message"].splitlines()[0] == found["title"]
        # If many services fire at this moment, that is the likelier cause.
        causes = [each["name"] for each in found["causes"]]
        assert causes[0] == "poison-message" if found["services"] == ["quick"] else len(causes) > 1
        [own] = [each for each in found["alarms"] if each["name"] == QUICK]
        assert own["value"] > own["threshold"] == 0
        # The platform's own alarm on the queue opens an incident, too.
        assert eventually(lambda: incident_with(platform, FIRING, since=since))
    finally:
        sqs.purge_queue(QueueUrl=letters)

    def ended() -> Any:
        incident = admin.get(f"/operations/incidents/{found['id']}").raise_for_status().json()
        return next((incident for each in incident["alarms"] if each["name"] == QUICK and each["ended_at"]), None)

    after = eventually(ended)
    assert (after["ended_at"] is None) == (after["alarms_firing"] > 0)
    assert after["opened_at"] <= found["opened_at"]
    assert platform.client("member").get(f"/operations/incidents/{found['id']}").status_code == 403
    assert "no message of ours" not in json.dumps(after)
