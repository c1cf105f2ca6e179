"""Every resource type that outlives its stack has a reason, in every environment."""

from cdk.settings.environment import environment_names, load_environment
from operate.deployed.retained import REASONS
from tests.cdk.templates import Assembly

# A version that CloudFormation keeps is deleted with its function.
WITH_FUNCTION = {"AWS::Lambda::Version"}


def test_each_retained_resource_type_has_a_reason_and_each_reason_a_resource(
    assembly: Assembly,
) -> None:
    kept = {
        resource["Type"]
        for template in assembly.stacks().values()
        for resource in template.content["Resources"].values()
        if resource.get("DeletionPolicy") not in {None, "Delete"}
    }

    assert kept == set(REASONS)


def test_nothing_of_an_environment_that_is_destroyed_is_retained(assembly: Assembly) -> None:
    destroyed = [each for each in map(load_environment, environment_names()) if not each.retains]
    assert destroyed
    for environment in destroyed:
        for name, template in assembly.stacks().items():
            if name.startswith(f"{environment.prefix}-"):
                resources = [
                    each for each in template.content["Resources"].values() if each["Type"] not in WITH_FUNCTION
                ]
                assert {each.get("DeletionPolicy") for each in resources} <= {None, "Delete"}, name
