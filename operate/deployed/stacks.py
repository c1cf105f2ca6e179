"""The deployed stacks of an environment and their resources, by their names on AWS."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A deployed stack.

    Attributes:
        name: Its name.
        region: Its region.
        created_at: The time of its creation.
        is_protected: True if CloudFormation refuses to delete it.
        resources: The physical names of its resources, by type.
    """

    name: str
    region: str
    created_at: datetime
    is_protected: bool = False
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of_type(self, resource_type: str) -> tuple[str, ...]:
        """Return the physical names of its resources of a type."""
        return self.resources.get(resource_type, ())


def find_stacks(cloudformation: Any, region: str, prefix: str) -> Iterator[DeployedStack]:  # noqa: ANN401 - boto3
    """Find the stacks of a region with names that begin with `<prefix>-`, including those of removed services."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if stack["StackName"].startswith(f"{prefix}-"):
                yield DeployedStack(
                    name=stack["StackName"],
                    region=region,
                    created_at=stack["CreationTime"],
                    is_protected=bool(stack.get("EnableTerminationProtection")),
                    resources=_resources(cloudformation, stack["StackName"]),
                )


def _resources(cloudformation: Any, stack: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ANN401 - a boto3 client
    found = dict[str, tuple[str, ...]]()
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            # A resource that was never created, or is deleted, has no physical name.
            if name := each.get("PhysicalResourceId"):
                kind = each["ResourceType"]
                found[kind] = (*found.get(kind, ()), name)
    return found


def log_groups_beside(stack: DeployedStack) -> list[str]:
    """Return the names of the log groups that AWS creates outside a stack and never deletes."""
    return [
        *(f"/aws/lambda/{function}" for function in stack.of_type("AWS::Lambda::Function")),
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html
        *(f"/aws/ecs/containerinsights/{cluster}/performance" for cluster in stack.of_type("AWS::ECS::Cluster")),
    ]
