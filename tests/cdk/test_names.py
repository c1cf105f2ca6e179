"""Two environments can share an account: they have no name in common."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Assembly, Synthesize, Template

# Names that are unique only in a function, pool, role, cluster, network or plan, not in the account.
WITHIN_ANOTHER = {
    ("AWS::Backup::BackupPlan", "RuleName"),
    ("AWS::Backup::BackupSelection", "SelectionName"),
    ("AWS::CloudWatch::Alarm", "MetricName"),
    ("AWS::Cognito::UserPoolClient", "ClientName"),
    ("AWS::Cognito::UserPoolGroup", "GroupName"),
    ("AWS::Cognito::UserPoolResourceServer", "Name"),
    ("AWS::Cognito::UserPoolResourceServer", "ScopeName"),
    ("AWS::DynamoDB::Table", "AttributeName"),
    ("AWS::DynamoDB::Table", "IndexName"),
    ("AWS::EC2::VPCEndpoint", "ServiceName"),
    ("AWS::ECS::Service", "ContainerName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::ECS::TaskDefinition", "ContainerName"),
    ("AWS::ECS::TaskDefinition", "Name"),
    ("AWS::GuardDuty::Detector", "Name"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::Lambda::Alias", "Name"),
}


# Types with one name in the account; the other names in them are those of rules, dimensions, attributes and policies.
NAMED_ONCE = {
    "AWS::CloudWatch::Alarm",
    "AWS::Cognito::UserPool",
    "AWS::ECS::Cluster",
    "AWS::IAM::Role",
    "AWS::Route53::RecordSet",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACL",
}


def names(template: Template) -> Iterator[tuple[str, str]]:
    """Yield every literal name of a resource or export in the template, at any depth."""
    for resource in template.content["Resources"].values():
        properties = resource.get("Properties", {})
        for key, value in properties.items() if resource["Type"] in NAMED_ONCE else keys(properties):
            is_reference = isinstance(value, dict) and not {"Fn::Join", "Fn::Sub"} & value.keys()
            if key.endswith("Name") and not is_reference and (resource["Type"], key) not in WITHIN_ANOTHER:
                yield resource["Type"], json.dumps(value)
    for output in template.content.get("Outputs", {}).values():
        if "Export" in output:
            yield "export", json.dumps(output["Export"]["Name"])


def keys(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys(value)


@pytest.fixture(scope="module")
def everything(synthesize: Synthesize, examples: Sequence[Manifest], dev: Environment, prod: Environment) -> Assembly:
    """Two environments with all optional sections."""
    more = {"backup": prod.backup, "guardrails": prod.guardrails, "chat": prod.chat}
    return synthesize(examples, [dev.model_copy(update=more), prod])


@pytest.mark.slow
def test_no_name_belongs_to_two_environments(everything: Assembly) -> None:
    of = {
        environment: {
            name
            for stack, template in everything.stacks().items()
            if stack.startswith(f"platform-{environment}-")
            for name in names(template)
        }
        for environment in ("dev", "prod")
    }

    assert {kind for kind, _ in of["dev"]} >= {
        *("export", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::KMS::Alias"),
        *("AWS::Backup::BackupVault", "AWS::Backup::BackupPlan", "AWS::CloudTrail::Trail", "AWS::Budgets::Budget"),
        *("AWS::AccessAnalyzer::Analyzer", "AWS::CloudWatch::Alarm", "AWS::WAFv2::WebACL"),
    }
    assert of["dev"] & of["prod"] == set()
