"""The flag for a deployment that alarms do not stop."""

from typing import Any

import pytest
from aws_cdk import App

from cdk.conventions.past_alarms import goes_past_alarms
from cdk.settings.configuration_error import ConfigurationError


@pytest.mark.parametrize(
    ("context", "goes_past"),
    [({}, False), ({"past_alarms": "false"}, False), ({"past_alarms": "true"}, True), ({"past_alarms": True}, True)],
)
def test_only_true_lets_a_deployment_go_past_alarms(context: dict[str, Any], goes_past: bool) -> None:
    assert goes_past_alarms(App(context=context)) is goes_past


@pytest.mark.parametrize("value", ["1", "yes", "True", "", 1])
def test_another_value_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="-c past_alarms: expected true or false; found"):
        goes_past_alarms(App(context={"past_alarms": value}))
