"""The metric math that our alarms use."""

import pytest

from cdk.monitoring.alarm import CompositeAlarm
from cdk.monitoring.metric import Expression
from cdk.monitoring.release_alarms import NewVersion, release_alarms
from cdk.monitoring.service_alarms import alarms_of
from cdk.settings.environment import load_environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifests import load_manifests
from local.embedded_aws.cloudwatch.metric_math import Value, formula

SHARE = "IF(requests >= 10, 100 * (FILL(answered, 0) + FILL(ended, 0)) / requests, 0)"


@pytest.mark.parametrize(
    ("values", "share"),
    [
        ({"requests": 200.0, "answered": 3.0, "ended": 1.0}, 2.0),
        ({"requests": 200.0, "answered": 3.0, "ended": None}, 1.5),
        ({"requests": 9.0, "answered": 9.0, "ended": None}, 0.0),
        ({"requests": None, "answered": 9.0, "ended": 1.0}, None),
    ],
)
def test_a_share_is_calculated_if_there_are_enough_requests(values: dict[str, Value], share: Value) -> None:
    assert formula(SHARE)(values) == share


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4 - 1", 13.0),
        ("(2 + 3) * 4", 20.0),
        ("one / none", None),
        ("one / nothing", None),
        ("IF(one > 1, 1, 2)", 2.0),
        ("IF(one == 1, 1, 2)", 1.0),
        ("IF(none > 1, 1, 2)", None),
        ("FILL(none, 7)", 7.0),
        ("FILL(one, 7)", 1.0),
        ("one", 1.0),
    ],
)
def test_a_formula_has_a_value_if_its_metrics_have(text: str, value: Value) -> None:
    assert formula(text)({"one": 1.0, "none": None, "nothing": 0.0}) == value


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "SUM(METRICS())", "one ** 2", "IF(one, two)", "FILL(one, REPEAT)", "one < two < three", "a.b", "'text'",
     "True", "FILL(one, 0, base=1)"],
)  # fmt: skip
def test_unsupported_metric_math_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="metric math is not understood"):
        formula(text)


def test_the_expressions_of_our_alarms_are_supported() -> None:
    environment = load_environment("local")
    manifests = load_manifests()
    alarms = [alarm for manifest in manifests for alarm in alarms_of(environment, manifest)]
    alarms += [
        alarm
        for manifest in manifests
        for name in manifest.functions
        for alarm in release_alarms(
            NewVersion(environment=environment, manifest=manifest, canary=Canary(), function=name, version="7")
        )
    ]
    calculated = {
        alarm.metric.text: alarm.metric
        for each in alarms
        for alarm in (each.alarms if isinstance(each, CompositeAlarm) else (each,))
        if isinstance(alarm.metric, Expression)
    }

    assert len(calculated) >= 5
    for text, expression in calculated.items():
        assert formula(text)(dict.fromkeys(expression.metrics, 100.0)) is not None
