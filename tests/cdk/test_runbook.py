"""The runbook of alarms has a part for each that there is, and for no other."""

import re
from collections.abc import Sequence

import pytest

from cdk.monitoring.alarm import RUNBOOK
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT, load_manifests
from tests.cdk.templates import Assembly, Synthesize

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def everything(synthesize: Synthesize, prod: Environment) -> Assembly:
    return synthesize(load_manifests(), [prod])


def told(assembly: Assembly, services: Sequence[Manifest]) -> set[str]:
    """Name every alarm of prod that people hear of, without what it is about."""
    functions = {name for manifest in services for name in (*manifest.functions, *manifest.queues)}
    about = "|".join(sorted({"events", "gateway", "table", *functions, *(manifest.service for manifest in services)}))
    return {
        re.sub(rf"^platform-prod-(?:(?:{about})-)+", "", alarm["AlarmName"])
        for stack in assembly.stacks().values()
        for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for alarm in stack.resources(kind)
        if "AlarmActions" in alarm
    }


@pytest.mark.slow
def test_each_alarm_that_people_hear_of_is_in_the_runbook(everything: Assembly) -> None:
    page = (PROJECT / RUNBOOK).read_text("utf-8")

    assert told(everything, load_manifests()) == set(HEADING.findall(page))


def test_each_line_of_its_table_leads_to_a_part() -> None:
    page = (PROJECT / RUNBOOK).read_text("utf-8")

    assert set(re.findall(r"^\| \[`[a-z-]+`\]\(#([a-z-]+)\)", page, re.MULTILINE)) == set(HEADING.findall(page))
