"""What is deployed of an environment: its stacks, and what is in them, by the names that AWS gave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack that is there.

    Attributes:
        name: Of the stack.
        region: Where it is.
        is_protected: Whether CloudFormation refuses to delete it.
        resources: Names by type of resource.
    """

    name: str
    region: str
    is_protected: bool = False
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of_type(self, resource_type: str) -> tuple[str, ...]:
        """Return the names of its resources of a type."""
        return self.resources.get(resource_type, ())


def find_deployed(cloudformation: Any, region: str, prefix: str) -> Iterable[Deployed]:  # noqa: ANN401 - a boto3 client
    """Find the stacks of a region whose names begin with `<prefix>-`, those of services that were deleted included."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if stack["StackName"].startswith(f"{prefix}-"):
                yield Deployed(
                    name=stack["StackName"],
                    region=region,
                    is_protected=bool(stack.get("EnableTerminationProtection")),
                    resources=_resources(cloudformation, stack["StackName"]),
                )


def _resources(cloudformation: Any, stack: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ANN401 - a boto3 client
    found = dict[str, tuple[str, ...]]()
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            # What was never made, or is deleted, has no name.
            if name := each.get("PhysicalResourceId"):
                kind = each["ResourceType"]
                found[kind] = (*found.get(kind, ()), name)
    return found


def logs_beside(stacks: Iterable[Deployed]) -> list[tuple[str, str]]:
    """Return region and name of the log groups that AWS makes beside stacks, and that nobody deletes with them."""
    return [
        (stack.region, name)
        for stack in stacks
        for name in (
            *(f"/aws/lambda/{function}" for function in stack.of_type("AWS::Lambda::Function")),
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html
            *(f"/aws/ecs/containerinsights/{cluster}/performance" for cluster in stack.of_type("AWS::ECS::Cluster")),
        )
    ]
