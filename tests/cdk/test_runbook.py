"""The runbook of alarms has a section for each alarm, and no other section."""

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


def notifying(assembly: Assembly, services: Sequence[Manifest]) -> set[str]:
    """Return the name of every alarm of prod that notifies people, without the service and the resource."""
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
def test_each_alarm_that_notifies_people_is_in_the_runbook(everything: Assembly) -> None:
    page = (PROJECT / RUNBOOK).read_text("utf-8")

    assert notifying(everything, load_manifests()) == set(HEADING.findall(page))


def test_each_row_of_its_table_links_to_a_section() -> None:
    page = (PROJECT / RUNBOOK).read_text("utf-8")

    assert set(re.findall(r"^\| \[`[a-z-]+`\]\(#([a-z-]+)\)", page, re.MULTILINE)) == set(HEADING.findall(page))
