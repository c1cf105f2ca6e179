"""The roles of the workflows: who may assume them, and that they cannot do more than the commands."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from operate.releases.announcement import SOURCE, TYPE
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
TEMPLATE = yaml.load(FILE.read_text("utf-8"), Loader)  # noqa: S506 - a SafeLoader
RESOURCES = TEMPLATE["Resources"]


def statements(role: str) -> list[dict[str, Any]]:
    policies = RESOURCES[role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def trust(role: str) -> dict[str, str]:
    (statement,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    (operator,) = statement["Condition"]
    assert operator == "StringEquals", "a pattern, or a claim that may be missing, admits others"
    return {key.rpartition(":")[2]: value for key, value in statement["Condition"]["StringEquals"].items()}


@pytest.mark.slow
def test_the_template_is_valid() -> None:
    done = subprocess.run([CHECKOUT / ".venv/bin/cfn-lint", FILE], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_only_jobs_of_one_environment_of_main_of_one_repository_become_the_deployer() -> None:
    assert trust("Role") == {
        "aud": "sts.amazonaws.com",
        "sub": "repo:${Repository}:environment:${Environment}",
        "ref": "refs/heads/main",
    }


@pytest.mark.parametrize(
    ("repository", "fits"),
    [
        # https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
        ("octo-org@123456/octo-repo@456789", True),
        ("octo-org/octo.repo_1", True),
        ("octo-org/*", False),
        ("octo-org@*/octo-repo@456789", False),
        ("octo-org/octo-repo:ref:refs/heads/main", False),
        ("octo-org/octo-repo@", False),
    ],
)
def test_a_repository_is_named_as_in_its_tokens_without_a_wildcard(repository: str, *, fits: bool) -> None:
    pattern = TEMPLATE["Parameters"]["Repository"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, repository)) is fits


def test_only_the_branch_main_becomes_the_reader_which_changes_nothing_and_sees_no_data() -> None:
    assert trust("Reader")["sub"] == "repo:${Repository}:ref:refs/heads/main"
    denied = next(each for each in statements("Reader") if each["Effect"] == "Deny")["Action"]
    # CloudWatch's own read-only policies allow to follow a log, too.
    assert {"logs:StartLiveTail", "logs:Get*"} <= set(denied)
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


def test_the_deployer_publishes_nothing_in_the_name_of_a_service() -> None:
    (publishing,) = [each for each in statements("Role") if each["Action"] == "events:PutEvents"]

    own = {"events:source": SOURCE, "events:detail-type": TYPE}
    assert publishing["Condition"] == {"ForAllValues:StringEquals": own}
