"""The roles of the workflows: who may assume them, and that they cannot do more than the commands."""

import subprocess
from typing import Any

import yaml

from tests.workflows.stand_ins import CHECKOUT

FILE = CHECKOUT / ".github" / "deployer.yaml"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their values."""


def _value(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True)


Loader.add_multi_constructor("!", _value)
RESOURCES = yaml.load(FILE.read_text("utf-8"), Loader)["Resources"]  # noqa: S506 - a SafeLoader


def statements(role: str) -> list[dict[str, Any]]:
    policies = RESOURCES[role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def trust(role: str) -> dict[str, str]:
    (statement,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    return {key.rpartition(":")[2]: value for key, value in statement["Condition"]["StringEquals"].items()}


def test_the_template_is_valid() -> None:
    done = subprocess.run([CHECKOUT / ".venv/bin/cfn-lint", FILE], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_only_jobs_of_one_environment_of_one_repository_become_the_deployer() -> None:
    assert trust("Role") == {"aud": "sts.amazonaws.com", "sub": "repo:${Repository}:environment:${Environment}"}


def test_only_the_branch_main_becomes_the_reader_which_changes_nothing_and_sees_no_data() -> None:
    assert trust("Reader")["sub"] == "repo:${Repository}:ref:refs/heads/main"
    denied = next(each for each in statements("Reader") if each["Effect"] == "Deny")["Action"]
    assert {"kms:Decrypt", "dynamodb:Scan", "s3:GetObject*", "secretsmanager:GetSecretValue"} <= set(denied)


def test_the_deployer_reaches_only_its_environment() -> None:
    for statement in statements("Role"):
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions)
        if statement["Sid"] == "Tokens":
            assert statement["Condition"]["StringEquals"]["aws:ResourceTag/environment"] == "Environment"
        elif actions != ["cloudwatch:DescribeAlarms"]:
            assert all(
                "platform-${Environment}" in each or "cdk-hnb659fds" in each or "hnb659fds" in each
                for each in resources
            )
