import re
from pathlib import Path

import pytest

from cdk.monitoring.alarm import CompositeAlarm
from cdk.monitoring.service_alarms import alarms_of
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from functions.operations.incidents.kinds import KINDS, RUNBOOK, is_silent, kind_of

PROJECT = Path(__file__).parents[3]
# Those that are no service's: cdk/monitoring/gateway_alarms.py and cdk/shared_stacks/event_bus.py.
SHARED = ["gateway-failures", "gateway-unhealthy", "gateway-cpu", "events-undelivered"]


def test_each_alarm_that_notifies_is_of_a_known_kind_and_the_others_are_silent() -> None:
    prod = load_environment("prod")
    alarms = [alarm for manifest in load_manifests() for alarm in alarms_of(prod, manifest)]
    notifying = [f"platform-prod-{name}" for name in (*SHARED, *(alarm.name for alarm in alarms))]
    inner = [each.name for alarm in alarms if isinstance(alarm, CompositeAlarm) for each in alarm.alarms]

    assert len(notifying) > 100
    assert [name for name in notifying if not kind_of(name) or is_silent(name)] == []
    assert [name for name in inner if not is_silent(f"platform-prod-{name}")] == []
    assert {kind_of(name) for name in notifying} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_as_urgent_as_the_runbook_says(kind: str) -> None:
    runbook = (PROJECT / RUNBOOK).read_text("utf-8")
    section = KINDS[kind].section
    [row] = re.findall(rf"^\| \[`{section}`\]\(#{section}\) \|.*\| (.+) \|$", runbook, re.MULTILINE)

    assert f"\n## {section}\n" in runbook
    assert KINDS[kind].severity == {"yes": "urgent", "in working hours": "ticket"}[row]


@pytest.mark.parametrize(
    ("alarm", "kind"),
    [
        ("platform-prod-users-table-throttles", "table-throttles"),
        ("platform-prod-users-api-throttles", "throttles"),
        ("platform-prod-users-budget-fast", "budget-fast"),
        ("platform-prod-latency", "latency"),
        ("platform-prod-users-something", ""),
    ],
)
def test_the_kind_is_the_longest_one_at_the_end_of_the_name(alarm: str, kind: str) -> None:
    assert kind_of(alarm) == kind
