"""The deployed stacks, read from the embedded AWS: resources, outputs and the types that a stack leaves out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.embedded_aws_process import client
from local.settings import Settings

_TOOLKIT = "CDKToolkit"
# The key of a template's metadata with the types that its environment leaves out, and the reasons.
LEFT_OUT = "LeftOut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A deployed resource."""

    logical_id: str
    physical_id: str
    resource_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A deployed stack; `left_out` maps each resource type that it leaves out to the reason."""

    name: str
    status: str
    outputs: dict[str, str]
    resources: tuple[Resource, ...]
    left_out: dict[str, str]

    @property
    def complete(self) -> bool:
        """True if it is as its last successful change left it, such as after a release that was taken back."""
        return self.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


def list_stacks(settings: Settings, region: str) -> tuple[Stack, ...]:
    """Read every stack except the CDK's own."""
    cloudformation = client("cloudformation", settings, region)
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    described = [stack for page in pages for stack in page["Stacks"] if stack["StackName"] != _TOOLKIT]
    return tuple(
        Stack(
            name=stack["StackName"],
            status=stack["StackStatus"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
            resources=tuple(_resources(cloudformation, stack["StackName"])),
            left_out=_left_out(cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"]),
        )
        for stack in sorted(described, key=lambda stack: str(stack["StackName"]))
    )


def _resources(cloudformation: Any, stack: str) -> Iterator[Resource]:  # noqa: ANN401 - boto3 makes its clients
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            yield Resource(
                logical_id=resource["LogicalResourceId"],
                physical_id=resource.get("PhysicalResourceId", ""),
                resource_type=resource["ResourceType"],
            )


def _left_out(template: str | dict[str, Any]) -> dict[str, str]:
    document = json.loads(template) if isinstance(template, str) else template
    left_out: dict[str, str] = (document.get("Metadata") or {}).get(LEFT_OUT) or {}
    return left_out
