"""Calls around the work of MiniStack's CloudFormation: after a resource, and around the change of a stack.

Relies on `ministack.services.cloudformation.provisioners._RESOURCE_HANDLERS`, and on `stacks._deploy_stack_async`,
which two other modules import. The handlers run on MiniStack's event loop: call its service modules in-process, never
its endpoint.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

from local.embedded_aws.extension import HookMovedError

type Properties = Mapping[str, Any]
# Takes the stack's name and id, its new template and parameters, and more by position and by name.
type Deploy = Callable[..., Awaitable[None]]


def after(resource_type: str, apply: Callable[[str, Properties, Properties], None]) -> None:
    """Call `apply(physical_id, old_properties, new_properties)` after each create and update.

    Old properties are empty for a create. An exception of `apply` fails the resource and its stack, as on AWS.
    """
    handled = provisioners._RESOURCE_HANDLERS.get(resource_type, {})
    if not {"create", "update"} <= handled.keys():
        raise HookMovedError(f"the CloudFormation handler of {resource_type}", "is gone")
    create, update = handled["create"], handled["update"]

    def create_then_apply(logical_id: str, properties: Properties, stack_name: str) -> Any:
        result = create(logical_id, properties, stack_name)
        apply(result[0], {}, properties)
        return result

    def update_then_apply(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        result = update(physical_id, old, new, *rest)
        apply(result[0], old, new)
        return result

    handled["create"], handled["update"] = create_then_apply, update_then_apply


def around_deployment(wrap: Callable[[Deploy], Deploy]) -> None:
    """Replace the coroutine that creates or updates a stack by the one that `wrap` returns for it."""
    wrapped = wrap(stacks._deploy_stack_async)
    for module in (stacks, changesets, handlers):
        module._deploy_stack_async = wrapped
