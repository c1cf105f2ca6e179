"""The log streams of functions."""

from ministack.services import cloudwatch_logs, lambda_svc

from local.embedded_aws.logs import log_streams
from tests.local.embedded_aws.resources import function


def test_invocations_share_a_log_stream_that_keeps_the_newest_lines() -> None:
    log_streams._KEPT_EVENTS = 100
    loud = function("def handler(event, context):\n    print('call', event)", name="loud")

    for number in range(60):
        lambda_svc._execute_function(loud, number)

    [stream] = cloudwatch_logs._log_groups["/aws/lambda/loud"]["streams"].values()
    lines = [event["message"] for event in stream["events"]]
    assert 80 < len(lines) <= 104
    assert "call 59" in lines
    assert "call 0" not in lines
