"""Suppressions of lint findings, each with its reason on the one resource that the finding is about."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct

METADATA_KEY = "cfn-lint"
# https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
CHECKOV_KEY, CHECKOV_RULE = "checkov", "CKV"
WITHOUT_KEY = {
    "CKV_AWS_158": "It holds addresses, paths and sizes, no content; CloudWatch Logs encrypts it with a key of its own."
}
WAITS_FOR_ROLE = "The CDK lets a function wait for the policies of its role, and names the role beside them."


def suppress_cfn_lint(construct: IConstruct, **reasons: str) -> None:
    """Suppress rules of cfn-lint on a resource, each with the reason.

    cfn-lint reads only `config`: https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata.
    """
    resource = _resource(construct)
    reasons = {**(resource.get_metadata(METADATA_KEY) or {}).get("reasons", {}), **reasons}
    resource.add_metadata(METADATA_KEY, {"config": {"ignore_checks": sorted(reasons)}, "reasons": reasons})


def suppress_fn_join(construct: IConstruct) -> None:
    """Suppress cfn-lint's preference of Fn::Sub to Fn::Join, on a resource in which the CDK concatenates texts."""
    same = "The CDK writes Fn::Join for each text that it puts together, which says the same as Fn::Sub."
    suppress_cfn_lint(construct, I1022=same)


def suppress_nag(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Suppress rules of cdk-nag and checkov on a resource, each with the reason.

    Args:
        construct: The resource, or the construct around it; never a stack.
        reasons: By rule, such as `AwsSolutions-SQS3` or `CKV_AWS_18`; for some rules of cdk-nag with the finding in
            brackets.
    """
    resource = _resource(construct)
    for rule, reason in reasons.items():
        if rule.startswith(CHECKOV_RULE):
            skipped = (resource.get_metadata(CHECKOV_KEY) or {}).get("skip", [])
            resource.add_metadata(CHECKOV_KEY, {"skip": [*skipped, {"id": rule, "comment": reason}]})
        else:
            pack, _, _ = rule.partition("-")
            Validations.of(resource).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))


def _resource(construct: IConstruct) -> CfnResource:
    return construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
