"""Alarms of the embedded AWS that send to a queue, and values of the metrics that they evaluate."""

import json
from typing import Any

from ministack.services import cloudwatch, sqs

from local.embedded_aws.cloudwatch import alarm_evaluation
from tests.local.embedded_aws.resources import arn, create

QUEUE = arn("sqs", "notified")
TOPIC = arn("sns", "alarms")


def set_up() -> None:
    """Create the topic and the queue; alarms are then evaluated only by `states()`."""
    alarm_evaluation.stop()
    create("AWS::SQS::Queue", {"QueueName": "notified"})
    create("AWS::SNS::Topic", {"TopicName": "alarms"})
    subscription = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "RawMessageDelivery": True}
    create("AWS::SNS::Subscription", subscription)


def alarm(name: str, **more: Any) -> None:
    common = {
        "AlarmName": name,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 2,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
    }
    create("AWS::CloudWatch::Alarm", common | more)


def errors_of(function: str) -> dict[str, Any]:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 300,
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
    }


def record(name: str, value: float, *, function: str, age_s: float = 0.0) -> None:
    """Record a value of a function's metric, `age_s` ago."""
    dimensions = {"FunctionName": function}
    cloudwatch.record_metric("AWS/Lambda", name, value, "Count", dimensions)
    cloudwatch._metrics["AWS/Lambda", name, cloudwatch._dims_key(dimensions)][-1]["Timestamp"] -= age_s


def states() -> dict[str, str]:
    """Evaluate every alarm and return its state."""
    alarm_evaluation._evaluated_at.clear()
    alarm_evaluation.evaluate_due()
    alarms = {**dict(cloudwatch._alarms.items()), **dict(cloudwatch._composite_alarms.items())}
    return {name: each["StateValue"] for name, each in alarms.items()}


def notified() -> list[tuple[str, str]]:
    """Return the alarms and the states that the queue was notified of."""
    bodies = [json.loads(message["body"]) for message in sqs._queue_by_arn(QUEUE)["messages"]]
    return [(body["AlarmName"], body["NewStateValue"]) for body in bodies]
