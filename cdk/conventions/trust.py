"""The trust of roles: an AWS service assumes them for resources of the own account only."""

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import IConstruct

# AWS does not document that these services send the account of the resource when they assume a role. To
# make them assume this account's role, a caller must be allowed to pass the role (`iam:PassRole`), in this account.
WITHOUT_SOURCE = ("chatbot.amazonaws.com", "codedeploy.amazonaws.com", "lambda.amazonaws.com")


def trust_own_account(role: IConstruct) -> None:
    """Let the service assume a role only for resources of this account: no other account can make it its deputy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    made = cast("iam.CfnRole", role.node.default_child)
    condition = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    made.add_property_override("AssumeRolePolicyDocument.Statement.0.Condition", condition)
