"""What cfn-lint finds and we mean: noted with its reason in the template, on the one resource that it concerns."""

from typing import cast

from aws_cdk import CfnResource
from constructs import IConstruct

METADATA_KEY = "cfn-lint"
JOINED = "The CDK writes Fn::Join for each text that it puts together, which says the same as Fn::Sub."
WAITS_FOR_ROLE = "The CDK lets a function wait for the policies of its role, and names the role beside them."


def deliberate(construct: IConstruct, **reasons: str) -> None:
    """Tell cfn-lint which of its rules a resource does not follow, each with the reason.

    cfn-lint reads `config` alone: https://github.com/aws-cloudformation/cfn-lint#resource-based-metadata.
    """
    resource = construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
    said = {**(resource.get_metadata(METADATA_KEY) or {}).get("reasons", {}), **reasons}
    resource.add_metadata(METADATA_KEY, {"config": {"ignore_checks": sorted(said)}, "reasons": said})
