"""Publish each change of a stack's status on the default bus, as AWS does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
"""

import json
from typing import Any

from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, handlers, stacks

from local.embedded_aws.extension import Extension, Hook

_STACK = "AWS::CloudFormation::Stack"
_upstream_add = stacks._add_event


def _add_event(  # noqa: PLR0913, PLR0917 - the parameters of MiniStack's own function
    stack_id: str,
    stack_name: str,
    logical_id: str,
    resource_type: str,
    status: str,
    reason: str = "",
    physical_id: str = "",
    detailed_status: str = "",
) -> None:
    _upstream_add(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
    # A nested stack is a resource of its parent, under another logical id.
    if resource_type == _STACK and logical_id == stack_name:
        eventbridge._put_events({"Entries": [_entry(stack_id, status, reason)]}, allow_aws_source=True)


def _entry(stack_id: str, status: str, reason: str) -> dict[str, Any]:
    return {
        "Source": "aws.cloudformation",
        "DetailType": "CloudFormation Stack Status Change",
        "Resources": [stack_id],
        "Detail": json.dumps(
            {
                "stack-id": stack_id,
                "status-details": {"status": status, "status-reason": reason},
                "client-request-token": stacks.CLIENT_REQUEST_TOKEN.get(),
            }
        ),
    }


def _install() -> None:
    for module in (stacks, handlers, changesets):
        module._add_event = _add_event


_PARAMETERS = (
    "stack_id",
    "stack_name",
    "logical_id",
    "resource_type",
    "status",
    "reason",
    "physical_id",
    "detailed_status",
)

EXTENSION = Extension(
    closes="A change of a stack's status was no event on the default bus.",
    hooks=(
        Hook(module="ministack.services.cloudformation.stacks", name="_add_event", parameters=_PARAMETERS),
        Hook(module="ministack.services.cloudformation.handlers", name="_add_event", parameters=_PARAMETERS),
        Hook(module="ministack.services.cloudformation.changesets", name="_add_event", parameters=_PARAMETERS),
        Hook(module="ministack.services.cloudformation.stacks", name="CLIENT_REQUEST_TOKEN"),
        Hook(module="ministack.services.eventbridge", name="_put_events", parameters=("data", "allow_aws_source")),
    ),
    install=_install,
)
