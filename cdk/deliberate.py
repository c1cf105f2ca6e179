"""What cfn-lint and cdk-nag find and we mean: noted with its reason on the one resource that it concerns."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct

METADATA_KEY = "cfn-lint"
JOINED = "The CDK writes Fn::Join for each text that it puts together, which says the same as Fn::Sub."
WAITS_FOR_ROLE = "The CDK lets a function wait for the policies of its role, and names the role beside them."


def deliberate(construct: IConstruct, **reasons: str) -> None:
    """Tell cfn-lint which of its rules a resource does not follow, each with the reason.

    cfn-lint reads `config` alone: https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata.
    """
    resource = _resource(construct)
    said = {**(resource.get_metadata(METADATA_KEY) or {}).get("reasons", {}), **reasons}
    resource.add_metadata(METADATA_KEY, {"config": {"ignore_checks": sorted(said)}, "reasons": said})


def accepted(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Tell cdk-nag which of its rules a resource does not follow, each with the reason.

    Args:
        construct: The resource, or what it is the main part of; never a stack.
        reasons: By the rule, such as `AwsSolutions-SQS3`; of some rules with the finding, in brackets.
    """
    for rule, reason in reasons.items():
        pack, _, _ = rule.partition("-")
        Validations.of(_resource(construct)).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))


def _resource(construct: IConstruct) -> CfnResource:
    return construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
