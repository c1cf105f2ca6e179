"""Roles are equal in all environments: the end-to-end tests on the laptop are valid for the roles on AWS."""

import json
from collections.abc import Iterator

import pytest

from cdk.conventions.grant import EVERYTHING, METADATA_KEY
from cdk.conventions.trust import WITHOUT_SOURCE
from cdk.settings.environment import environment_names, load_environment
from tests.cdk.templates import Assembly, Json, Template, actions

ON_AWS = [name for name in environment_names() if name != "local"]


@pytest.fixture(params=["assembly", "parcels_anywhere", pytest.param("own_services", marks=pytest.mark.slow)])
def services_anywhere(request: pytest.FixtureRequest) -> Assembly:
    found: Assembly = request.getfixturevalue(request.param)
    return found


def grants(template: Template) -> Iterator[tuple[str, Json]]:
    """Yield the policies of each role, by the logical ids of role and policy, with their metadata."""
    for name, resource in template.content["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Policy":
            for role in properties["Roles"]:
                yield f"{role['Ref']} {name}", {**resource, "Properties": properties["PolicyDocument"]}
        elif resource["Type"] == "AWS::IAM::Role" and properties.keys() & {"Policies", "ManagedPolicyArns"}:
            yield name, resource


def on_the_laptop(stack: str, environment: str) -> str:
    """Replace the names of an environment in a text by the names of the laptop."""
    region, own = load_environment(environment).region, load_environment("local").region
    return stack.replace(f"platform-{environment}", "platform-local").replace(region, own)


@pytest.mark.parametrize("environment", ON_AWS)
def test_a_role_is_equal_on_the_laptop_or_has_a_reason_to_be_only_on_aws(
    services_anywhere: Assembly, environment: str
) -> None:
    local = {name: dict(grants(stack)) for name, stack in services_anywhere.stacks().items() if "-local-" in name}
    same, explained = 0, 0
    for name, stack in services_anywhere.stacks().items():
        if not name.startswith(f"platform-{environment}-"):
            continue
        here = local.get(on_the_laptop(name, environment), {})
        for role, policy in grants(stack):
            if role in here:
                assert (
                    json.loads(on_the_laptop(json.dumps(policy["Properties"]), environment))
                    == (here[role]["Properties"])
                ), (name, role)
                same += 1
            else:
                assert policy.get("Metadata", {}).get(METADATA_KEY, {}).get(EVERYTHING, "").endswith("."), (name, role)
                explained += 1

    assert same >= 2
    assert explained >= 2


def test_each_statement_of_a_function_s_role_has_a_name_of_its_own(services_anywhere: Assembly) -> None:
    seen = 0
    for name, stack in services_anywhere.stacks().items():
        for role, policy in grants(stack):
            if EVERYTHING in policy.get("Metadata", {}).get(METADATA_KEY, {}):
                continue
            sids = [statement["Sid"] for statement in policy["Properties"]["Statement"]]
            assert len(set(sids)) == len(sids), (name, role)
            seen += 1

    assert seen >= 6


def test_each_reason_is_for_an_action_of_its_policy(services_anywhere: Assembly) -> None:
    for stack in services_anywhere.stacks().values():
        for _, policy in grants(stack):
            statements = policy["Properties"].get("Statement", [])
            allowed = {each["Sid"]: actions(each) for each in statements if "Sid" in each}
            for sid, reasons in policy.get("Metadata", {}).get(METADATA_KEY, {}).items():
                if sid != EVERYTHING:
                    assert set(reasons) <= set(allowed[sid])
                    assert all(reason.endswith(".") for reason in reasons.values())


def test_a_service_assumes_a_role_for_this_account_only_unless_it_does_not_tell_the_account(
    services_anywhere: Assembly,
) -> None:
    held, excused = set(), set()
    for name, stack in services_anywhere.stacks().items():
        for role in stack.resources("AWS::IAM::Role"):
            [statement] = role["AssumeRolePolicyDocument"]["Statement"]
            service = statement["Principal"]["Service"]
            if service in WITHOUT_SOURCE:
                excused.add(service)
            else:
                assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}, (
                    name,
                    role,
                )
                held.add(service)

    assert held == {"backup.amazonaws.com", "ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"}
    assert excused <= set(WITHOUT_SOURCE)


def test_a_service_uses_a_key_for_this_account_only_unless_it_does_not_tell_the_account(
    services_anywhere: Assembly,
) -> None:
    """EventBridge does not: see `ServiceKey`. Of the events' key, the bus is told by the encryption context."""
    without = set()
    for stack in services_anywhere.stacks().values():
        for key in stack.resources("AWS::KMS::Key"):
            for statement in key["KeyPolicy"]["Statement"]:
                if "Service" in statement["Principal"] and "Condition" not in statement:
                    without.add((statement["Principal"]["Service"], statement["Sid"]))

    assert without <= {("events.amazonaws.com", "Events"), ("events.amazonaws.com", "Look")}
