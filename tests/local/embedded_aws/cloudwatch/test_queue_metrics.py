"""The metrics of queues."""

import time
from typing import Any

from ministack.services import cloudwatch, sqs

from local.embedded_aws.cloudwatch import queue_metrics
from tests.local.embedded_aws.cloudwatch.alarms import QUEUE, alarm, set_up, states


def metric_of_queue(metric: str, *, threshold: int) -> dict[str, Any]:
    return {
        "Threshold": threshold,
        "Namespace": "AWS/SQS",
        "MetricName": metric,
        "Statistic": "Maximum",
        "Period": 60,
        "Dimensions": [{"Name": "QueueName", "Value": "notified"}],
        "AlarmActions": [],
    }


def test_the_messages_of_a_queue_and_their_age_are_measured_until_they_are_gone() -> None:
    set_up()
    alarm("dead", **metric_of_queue("ApproximateNumberOfMessagesVisible", threshold=0))
    alarm("age", **metric_of_queue("ApproximateAgeOfOldestMessage", threshold=30))
    messages = sqs._queue_by_arn(QUEUE)["messages"]

    messages.append({"visible_at": 0, "sent_at": time.time() - 100, "receive_count": 0, "id": "1"})
    queue_metrics.measure()
    assert states() == {"dead": "ALARM", "age": "ALARM"}

    messages.clear()
    queue_metrics.measure()
    queue_metrics.measure()
    points = cloudwatch._metrics["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName=notified"]
    assert [point["Value"] for point in points] == [1.0, 0.0]
