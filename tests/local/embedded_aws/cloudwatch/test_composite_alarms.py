"""Alarms that read other alarms."""

from ministack.services import cloudwatch

from tests.local.embedded_aws.cloudwatch.alarms import TOPIC, alarm, errors_of, notified, record, set_up, states
from tests.local.embedded_aws.resources import HANDLERS, create


def test_an_alarm_that_reads_two_others_fires_while_both_do() -> None:
    set_up()
    for name in ("long", "short"):
        alarm(name, **errors_of(name) | {"AlarmActions": []})
    both = {"AlarmName": "both", "AlarmRule": 'ALARM("long") AND ALARM("short")', "AlarmActions": [TOPIC]}
    physical_id, _ = create("AWS::CloudWatch::CompositeAlarm", both)

    record("Errors", 3, function="long")
    assert states()["both"] == "OK"
    record("Errors", 3, function="short")
    assert states()["both"] == "ALARM"
    assert notified() == [("both", "ALARM")]

    HANDLERS["AWS::CloudWatch::CompositeAlarm"]["delete"](physical_id, both)
    assert not list(cloudwatch._composite_alarms)
