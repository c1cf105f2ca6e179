"""The page about releases says for each resource type what a rollback covers."""

import re

from cdk.settings.manifests import PROJECT
from tests.cdk.templates import Assembly

ROW = re.compile(r"^\| (`(?:AWS|Custom)::[^|]+) \|", re.MULTILINE)


def test_a_rollback_is_described_for_each_resource_type_and_for_no_other(assembly: Assembly) -> None:
    rows = ROW.findall((PROJECT / "docs" / "releases.md").read_text("utf-8"))
    described = [kind for row in rows for kind in re.findall(r"`([^`]+)`", row)]
    deployed = {
        resource["Type"] for stack in assembly.stacks().values() for resource in stack.content["Resources"].values()
    }

    assert set(described) == deployed
    assert len(described) == len(set(described))
