"""Calls after MiniStack's CloudFormation has created or updated a resource.

Relies on `ministack.services.cloudformation.provisioners._RESOURCE_HANDLERS`. The handlers run on MiniStack's event
loop: call its service modules in-process, never its endpoint.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import provisioners

from local.embedded_aws.extension import HookMovedError

type Properties = Mapping[str, Any]


def after(resource_type: str, apply: Callable[[str, Properties, Properties], None]) -> None:
    """Call `apply(physical_id, old_properties, new_properties)` after each create and update.

    Old properties are empty for a create. An exception of `apply` fails the resource and its stack, as on AWS.
    """
    handlers = provisioners._RESOURCE_HANDLERS.get(resource_type, {})
    if not {"create", "update"} <= handlers.keys():
        raise HookMovedError(f"the CloudFormation handler of {resource_type}", "is gone")
    create, update = handlers["create"], handlers["update"]

    def create_then_apply(logical_id: str, properties: Properties, stack_name: str) -> Any:
        result = create(logical_id, properties, stack_name)
        apply(result[0], {}, properties)
        return result

    def update_then_apply(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        result = update(physical_id, old, new, *rest)
        apply(result[0], old, new)
        return result

    handlers["create"], handlers["update"] = create_then_apply, update_then_apply
