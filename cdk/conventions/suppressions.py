"""What cfn-lint, cdk-nag and checkov find and we mean: noted with its reason on the one resource that it concerns."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct

METADATA_KEY = "cfn-lint"
# https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
CHECKOV_KEY, CHECKOV_RULE = "checkov", "CKV"
JOINED = "The CDK writes Fn::Join for each text that it puts together, which says the same as Fn::Sub."
WITHOUT_KEY = {
    "CKV_AWS_158": "It holds addresses, paths and sizes, no content; CloudWatch Logs encrypts it with a key of its own."
}
WAITS_FOR_ROLE = "The CDK lets a function wait for the policies of its role, and names the role beside them."


def deliberate(construct: IConstruct, **reasons: str) -> None:
    """Tell cfn-lint which of its rules a resource does not follow, each with the reason.

    cfn-lint reads `config` alone: https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata.
    """
    resource = _resource(construct)
    said = {**(resource.get_metadata(METADATA_KEY) or {}).get("reasons", {}), **reasons}
    resource.add_metadata(METADATA_KEY, {"config": {"ignore_checks": sorted(said)}, "reasons": said})


def accepted(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Tell cdk-nag and checkov which of their rules a resource does not follow, each with the reason.

    Args:
        construct: The resource, or what it is the main part of; never a stack.
        reasons: By the rule, such as `AwsSolutions-SQS3` or `CKV_AWS_18`; of some rules of cdk-nag with the finding,
            in brackets.
    """
    resource = _resource(construct)
    for rule, reason in reasons.items():
        if rule.startswith(CHECKOV_RULE):
            said = (resource.get_metadata(CHECKOV_KEY) or {}).get("skip", [])
            resource.add_metadata(CHECKOV_KEY, {"skip": [*said, {"id": rule, "comment": reason}]})
        else:
            pack, _, _ = rule.partition("-")
            Validations.of(resource).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))


def _resource(construct: IConstruct) -> CfnResource:
    return construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
