"""Bring releases and updates of stacks that the last run left unfinished into a right state at the start.

The old version of each alias has all traffic again, and MiniStack's `stacks._roll_back_operation` rolls back a stack
with an interrupted update, from a record that the update keeps in the stack. Without that, the alias kept its weights,
and no later deployment changed the stack.
"""

import asyncio
from typing import Any

from ministack import app
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudformation
from ministack.services.cloudformation import engine, stacks

from local.embedded_aws.cloudformation import Deploy, around_deployment
from local.embedded_aws.codedeploy import deployments, pace, records
from local.embedded_aws.extension import Extension, Hook

_RECORD = "_interrupted"
_UNFINISHED = frozenset(
    {
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    }
)
_REASON = "The embedded AWS ended during the update"


def _recorded(deploy: Deploy) -> Deploy:
    async def deploy_recorded(
        stack_name: str, stack_id: str, template: dict[str, Any], parameters: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        stack = cloudformation._stacks[stack_name]
        if previous := more.get("previous_stack"):
            stack[_RECORD] = {
                "is_update": True,
                "previous_stack": previous,
                "template": template,
                "param_values": parameters,
                "stack_tags": list(stack.get("Tags") or []),
                "previous_tags": list(previous.get("Tags") or []),
            }
        await deploy(stack_name, stack_id, template, parameters, *rest, **more)
        # Not if it is cancelled: the state is written then.
        stack.pop(_RECORD, None)

    return deploy_recorded


def recover() -> None:
    """End the deployments, and roll back the stacks, that the last run left; their rollback runs on the event loop."""
    pace.forget_asked()
    for (account_id, region, _), record in list(records.deployments._data.items()):
        if deployments.is_running(record):
            set_request_account_id(account_id)
            set_request_region(region)
            deployments.end_interrupted(record)
    for (account_id, region, name), stack in list(cloudformation._stacks._data.items()):
        if stack.get("StackStatus") in _UNFINISHED and _RECORD in stack:
            set_request_account_id(account_id)
            set_request_region(region)
            asyncio.get_running_loop().create_task(_roll_back(name, stack))


async def _roll_back(name: str, stack: dict[str, Any]) -> None:
    operation = dict(stack[_RECORD])
    before, template = operation["previous_stack"]["_resources"], operation["template"]
    order = engine._topological_sort(
        template.get("Resources", {}), engine._evaluate_conditions(template, operation["param_values"])
    )
    now = stack["_resources"]
    operation["created"] = [each for each in order if each in now and now[each] != before.get(each)]
    await stacks._roll_back_operation(name, stack["StackId"], stack, operation, _REASON)
    stack.pop(_RECORD, None)


def _install() -> None:
    around_deployment(_recorded)
    load = app._load_persisted_state

    def load_and_recover() -> None:
        load()
        recover()

    app._load_persisted_state = load_and_recover


EXTENSION = Extension(
    closes="An update of a stack that a crash or a stop interrupted stayed unfinished for ever.",
    after=("codedeploy.update_policy",),
    hooks=(
        Hook(module="ministack.app", name="_load_persisted_state", parameters=()),
        Hook(module="ministack.services.cloudformation", name="_stacks"),
        Hook(
            module="ministack.services.cloudformation.stacks",
            name="_roll_back_operation",
            contains=(
                'created_in_this_run = operation.get("created", [])',
                'failed_update = operation.get("failed_update")',
                'replaced_ids = set(operation.get("replaced_ids", []))',
            ),
        ),
    ),
    install=_install,
)
