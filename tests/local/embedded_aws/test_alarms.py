"""Alarms of the embedded AWS, tried in a process of its own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import CLOUDFORMATION, pytestmark, run

__all__ = ["pytestmark"]

ALARMS = (
    CLOUDFORMATION
    + """
import time
from ministack.services import cloudwatch, sqs, sns
from local.embedded_aws.cloudwatch import alarm_evaluation
from local.embedded_aws.cloudwatch import queue_metrics
alarm_evaluation.stop()
_, queue = create("AWS::SQS::Queue", {"QueueName": "told"})
topic, _ = create("AWS::SNS::Topic", {"TopicName": "alarms"})
create("AWS::SNS::Subscription", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue["Arn"],
                                  "RawMessageDelivery": True})

def alarm(name, **more):
    properties = {"AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 2,
                  "EvaluationPeriods": 1, "TreatMissingData": "notBreaching", "AlarmActions": [topic]} | more
    return create("AWS::CloudWatch::Alarm", properties)

def errors_of(function, **more):
    return {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 300,
            "Dimensions": [{"Name": "FunctionName", "Value": function}]} | more

def measure(name, value, age_s=0.0, namespace="AWS/Lambda", **dimensions):
    cloudwatch.record_metric(namespace, name, value, "Count", dimensions)
    key = (namespace, name, cloudwatch._dims_key(dimensions))
    cloudwatch._metrics[key][-1]["Timestamp"] -= age_s

def look():
    alarm_evaluation._looked_at.clear()
    alarm_evaluation.evaluate_due()
    return {name: each["StateValue"] for name, each in
            [*cloudwatch._alarms.items(), *cloudwatch._composite_alarms.items()]}

def told():
    return [(each["AlarmName"], each["NewStateValue"]) for each in
            (json.loads(message["body"]) for message in sqs._queue_by_arn(queue["Arn"])["messages"])]
"""
)


def test_an_alarm_looks_at_its_own_metric_and_at_its_own_periods_alone(tmp_path: Path) -> None:
    answer = run(
        ALARMS
        + """
alarm("mine", **errors_of("mine"))
alarm("others", **errors_of("others"))
measure("Errors", 3, FunctionName="mine")
measure("Errors", 9, age_s=400, FunctionName="others")
print(json.dumps({"states": look(), "told": told()}))
""",
        tmp_path,
    )

    assert answer == {"states": {"mine": "ALARM", "others": "OK"}, "told": [["mine", "ALARM"]]}


def test_an_alarm_is_over_when_its_periods_are(tmp_path: Path) -> None:
    answer = run(
        ALARMS
        + """
alarm("mine", OKActions=[topic], **errors_of("mine"))
measure("Errors", 3, FunctionName="mine")
before = look()
cloudwatch._metrics[("AWS/Lambda", "Errors", "FunctionName=mine")][0]["Timestamp"] -= 400
print(json.dumps({"before": before, "after": look(), "told": told()}))
""",
        tmp_path,
    )

    assert answer["before"] == {"mine": "ALARM"}
    assert answer["after"] == {"mine": "OK"}
    assert answer["told"][-2:] == [["mine", "ALARM"], ["mine", "OK"]]


def test_an_alarm_of_a_template_calculates_as_it_says(tmp_path: Path) -> None:
    answer = run(
        ALARMS
        + """
def share(name, metric):
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": metric,
                       "Dimensions": [{"Name": "FunctionName", "Value": "mine"}]}, "Stat": "Sum", "Period": "60"}
    return {"Id": name, "MetricStat": stat, "ReturnData": "false"}
alarm("share", EvaluationPeriods=3, DatapointsToAlarm=2, Metrics=[
    {"Id": "result", "Expression": "IF(requests >= 10, 100 * FILL(failed, 0) / requests, 0)", "ReturnData": "true"},
    share("requests", "Invocations"), share("failed", "Errors")])
for age_s in (0, 70, 130):
    measure("Invocations", 100, age_s=age_s, FunctionName="mine")
measure("Errors", 3, FunctionName="mine")
one = look()
measure("Errors", 3, age_s=130, FunctionName="mine")
two = look()
refused = None
try:
    alarm("unknown", Metrics=[{"Id": "result", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
                              share("m", "Errors")])
except ValueError as error:
    refused = str(error)
print(json.dumps({"one": one, "two": two, "refused": refused}))
""",
        tmp_path,
    )

    assert answer["one"] == {"share": "OK"}
    assert answer["two"] == {"share": "ALARM"}
    assert "metric math is not understood" in answer["refused"]


def test_an_alarm_that_reads_two_others_goes_off_while_both_do(tmp_path: Path) -> None:
    answer = run(
        ALARMS
        + """
for name in ("long", "short"):
    alarm(name, **errors_of(name) | {"AlarmActions": []})
both = {"AlarmName": "both", "AlarmRule": 'ALARM("long") AND ALARM("short")', "AlarmActions": [topic]}
created = create("AWS::CloudWatch::CompositeAlarm", both)
measure("Errors", 3, FunctionName="long")
one = look()["both"]
measure("Errors", 3, FunctionName="short")
two = look()["both"]
before = told()
handlers["AWS::CloudWatch::CompositeAlarm"]["delete"](created[0], both)
print(json.dumps({"one": one, "two": two, "told": before, "left": list(cloudwatch._composite_alarms)}))
""",
        tmp_path,
    )

    assert (answer["one"], answer["two"]) == ("OK", "ALARM")
    assert answer["told"] == [["both", "ALARM"]]
    assert answer["left"] == []


def test_what_waits_in_a_queue_and_for_how_long_is_measured_until_it_is_gone(tmp_path: Path) -> None:
    answer = run(
        ALARMS
        + """
def waiting(metric, above):
    return {"Threshold": above, "Namespace": "AWS/SQS", "MetricName": metric, "Statistic": "Maximum", "Period": 60,
            "Dimensions": [{"Name": "QueueName", "Value": "told"}], "AlarmActions": []}
alarm("dead", **waiting("ApproximateNumberOfMessagesVisible", above=0))
alarm("age", **waiting("ApproximateAgeOfOldestMessage", above=30))
waits = sqs._queue_by_arn(queue["Arn"])
waits["messages"].append({"visible_at": 0, "sent_at": time.time() - 100, "receive_count": 0, "id": "1"})
queue_metrics.measure()
there = look()
waits["messages"].clear()
queue_metrics.measure()
points = cloudwatch._metrics[("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName=told")]
queue_metrics.measure()
print(json.dumps({"there": there, "values": [point["Value"] for point in points]}))
""",
        tmp_path,
    )

    assert answer == {"there": {"dead": "ALARM", "age": "ALARM"}, "values": [1.0, 0.0]}
