"""The tags that name the owner of each resource."""

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped] # It ships no types.

from tests.cdk.templates import Assembly

pytestmark = pytest.mark.slow

# The CDK deploys its own code for this, without tags.
OF_THE_CDK = "CustomVpcRestrictDefaultSGCustomResourceProvider"
TAGS = {"project", "environment", "service", "owner"}


def keys_of(tags: Any) -> set[str]:
    """Return the keys of tags in both forms of CloudFormation: a list of pairs, or a mapping."""
    return set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags}


def tag_property(resource_type: str) -> str | None:
    """Return the name of the property for a resource's tags, or None if it has no tags."""
    if resource_type.startswith("Custom::"):
        return None
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", resource_type).schema
    if schema.get("tagging", {}).get("taggable") is False:
        return None
    named: str = schema.get("tagging", {}).get("tagProperty", "/properties/Tags").rpartition("/")[2]
    return named if named in schema["properties"] else None


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_resource_that_supports_tags_has_all_four(assembly: Assembly, environment: str) -> None:
    tagged: set[tuple[str, ...]] = set()
    untagged: set[tuple[str, ...]] = set()
    for stack, template in assembly.stacks().items():
        for name, resource in template.content["Resources"].items() if f"-{environment}-" in stack else ():
            if (named := tag_property(resource["Type"])) and not name.startswith(OF_THE_CDK):
                has_all = keys_of(resource.get("Properties", {}).get(named, [])) >= TAGS
                (tagged if has_all else untagged).add((stack, name, resource["Type"]))

    assert untagged == set()
    assert len(tagged) > 50
