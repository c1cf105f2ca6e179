"""The tags that say whose a resource is."""

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped] # It ships no types.

from tests.cdk.templates import Assembly

pytestmark = pytest.mark.slow

# The CDK makes its own code for this, and gives it no tags.
OF_THE_CDK = "CustomVpcRestrictDefaultSGCustomResourceProvider"
TAGS = {"project", "environment", "service", "owner"}


def keys_of(tags: Any) -> set[str]:
    """Read the keys of tags in each of the forms that CloudFormation has: a list of pairs, or a mapping."""
    return set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags}


def tag_property(resource_type: str) -> str | None:
    """Name the property that holds a resource's tags, if it can have any."""
    if resource_type.startswith("Custom::"):
        return None
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", resource_type).schema
    if schema.get("tagging", {}).get("taggable") is False:
        return None
    named: str = schema.get("tagging", {}).get("tagProperty", "/properties/Tags").rpartition("/")[2]
    return named if named in schema["properties"] else None


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_resource_that_can_says_project_environment_service_and_owner(
    assembly: Assembly, environment: str
) -> None:
    tagged: set[tuple[str, ...]] = set()
    untagged: set[tuple[str, ...]] = set()
    for stack, template in assembly.stacks().items():
        for name, resource in template.content["Resources"].items() if f"-{environment}-" in stack else ():
            if (named := tag_property(resource["Type"])) and not name.startswith(OF_THE_CDK):
                has_all = keys_of(resource.get("Properties", {}).get(named, [])) >= TAGS
                (tagged if has_all else untagged).add((stack, name, resource["Type"]))

    assert untagged == set()
    assert len(tagged) > 50
