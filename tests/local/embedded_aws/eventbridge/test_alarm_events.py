"""Events of alarms on the default bus."""

import json
from typing import Any

from ministack.services import cloudwatch, eventbridge

from tests.local.embedded_aws.cloudwatch.alarms import TOPIC, alarm, errors_of, notified, record, set_up, states
from tests.local.embedded_aws.resources import HANDLERS, arn, create


def published() -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    eventbridge._dispatch_event = lambda event, *_: sent.append(event)
    return sent


def test_a_change_of_an_alarm_is_an_event_with_its_values_and_the_state_before() -> None:
    set_up()
    alarm("crashes", AlarmDescription="It crashes.", **errors_of("users"))
    states()
    sent = published()

    record("Errors", 3, function="users")
    states()

    [event] = sent
    assert (event["Source"], event["DetailType"]) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    assert (event["EventBusName"], event["Resources"]) == ("default", [arn("cloudwatch", "alarm:crashes")])
    detail = json.loads(event["Detail"])
    assert detail["alarmName"] == "crashes"
    assert detail["configuration"] == {
        "description": "It crashes.",
        "metrics": [
            {
                "id": "m1",
                "returnData": True,
                "metricStat": {
                    "metric": {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "users"}},
                    "period": 300,
                    "stat": "Sum",
                },
            }
        ],
    }
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("OK", "ALARM")
    data = json.loads(detail["state"]["reasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["period"]) == ([3.0], 2, 300)
    assert detail["state"]["timestamp"].endswith("+0000")
    assert notified() == [("crashes", "ALARM")]


def test_the_end_of_an_alarm_tells_since_when_it_fired_and_why() -> None:
    set_up()
    sent = published()
    alarm("crashes", **errors_of("users"))
    states()
    record("Errors", 3, function="users")
    states()

    for point in cloudwatch._metrics["AWS/Lambda", "Errors", cloudwatch._dims_key({"FunctionName": "users"})]:
        point["Timestamp"] -= 1000
    states()

    details = [json.loads(event["Detail"]) for event in sent]
    assert [each["state"]["value"] for each in details] == ["OK", "ALARM", "OK"]
    created, fired, ended = details
    assert created["previousState"]["reason"] == "Unchecked: Initial alarm creation"
    assert created["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert ended["previousState"] == fired["state"]
    assert ended["state"]["value"] == "OK"


def test_an_alarm_with_metric_math_and_one_that_reads_others_are_events_too() -> None:
    set_up()
    stat = {"Metric": {name: errors_of("users")[name] for name in ("Namespace", "MetricName", "Dimensions")}}
    queries = [
        {"Id": "result", "Expression": "failed * 2", "ReturnData": True},
        {"Id": "failed", "MetricStat": stat | {"Stat": "Sum", "Period": 60}, "ReturnData": False},
    ]
    alarm("twice", Metrics=queries)
    both = {"AlarmName": "both", "AlarmRule": 'ALARM("twice")', "AlarmActions": [TOPIC]}
    create("AWS::CloudWatch::CompositeAlarm", both)
    states()
    sent = published()

    record("Errors", 3, function="users")
    states()

    twice, composite = (json.loads(event["Detail"]) for event in sent)
    assert [query["id"] for query in twice["configuration"]["metrics"]] == ["result", "failed"]
    assert twice["configuration"]["metrics"][0]["expression"] == "failed * 2"
    assert composite["configuration"]["alarmRule"] == 'ALARM("twice")'
    assert "twice" in composite["state"]["reasonData"]


def test_a_state_that_is_set_by_hand_is_an_event() -> None:
    set_up()
    alarm("crashes", **errors_of("users"))
    states()
    sent = published()

    request = {"AlarmName": "crashes", "StateValue": "ALARM", "StateReason": "A try."}
    cloudwatch._set_alarm_state({}, request, is_cbor=False, is_json=True)

    [event] = sent
    assert json.loads(event["Detail"])["state"]["reason"] == "A try."


def test_the_deletion_of_an_alarm_is_an_event_with_its_last_state() -> None:
    set_up()
    for name in ("by-template", "by-call"):
        alarm(name, **errors_of("users"))
    record("Errors", 3, function="users")
    states()
    sent = published()

    HANDLERS["AWS::CloudWatch::Alarm"]["delete"]("by-template", {})
    cloudwatch._delete_alarms({}, {"AlarmNames": ["by-call"]}, is_cbor=False, is_json=True)

    assert {event["DetailType"] for event in sent} == {"CloudWatch Alarm Configuration Change"}
    details = [json.loads(event["Detail"]) for event in sent]
    assert [(each["alarmName"], each["operation"], each["state"]["value"]) for each in details] == [
        ("by-template", "delete", "ALARM"),
        ("by-call", "delete", "ALARM"),
    ]
