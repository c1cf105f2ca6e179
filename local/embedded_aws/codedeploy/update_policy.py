"""Let CloudFormation move an alias by CodeDeploy, if its template says so and a release was asked for.

Relies on `stacks._deploy_stack_async`, which changes one resource after the other, and on the handler of
`AWS::Lambda::Alias`. On AWS, the aliases of a stack move at the same time. So an alias only starts its deployment; the
last one, which waits for all, comes after every resource that needs none of them. If one fails, the others are stopped,
and the stack is rolled back. A rollback moves aliases at once.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
"""

import asyncio
import copy
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import engine, provisioners, stacks

from local.embedded_aws.cloudformation import Deploy, Properties, around_deployment
from local.embedded_aws.codedeploy import deployments, pace, records
from local.embedded_aws.codedeploy.app_spec import AppSpec
from local.embedded_aws.extension import Extension, Hook

_ALIAS = "AWS::Lambda::Alias"
_POLICY = "CodeDeployLambdaAliasUpdate"
_LOOK_S = 0.1
_HOOKS = {"BeforeAllowTrafficHook": "BeforeAllowTraffic", "AfterAllowTrafficHook": "AfterAllowTraffic"}

type Resources = dict[str, dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class _Update:
    """The update of a stack: its template's aliases with the policy, in their order, and the deployments of some."""

    stack_name: str
    stack_id: str
    template: dict[str, Any]
    parameters: dict[str, Any]
    minute_s: float = pace.REAL_MINUTE_S
    aliases: list[str] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)

    def policy(self, logical_id: str) -> dict[str, Any]:
        """Return the resolved policy of an alias."""
        given = self.template["Resources"][logical_id]["UpdatePolicy"][_POLICY]
        resources = cloudformation._stacks[self.stack_name]["_resources"]
        conditions = engine._evaluate_conditions(self.template, self.parameters)
        mappings = self.template.get("Mappings", {})
        resolved: dict[str, Any] = engine._resolve_refs(
            copy.deepcopy(given), resources, self.parameters, conditions, mappings, self.stack_name, self.stack_id
        )
        return resolved


_updating: ContextVar[_Update | None] = ContextVar("updating", default=None)


def _ordered(resources: Resources, order: list[str]) -> list[str]:
    """Move the aliases with the policy behind all resources that do not need them."""
    aliases = [name for name in order if _POLICY in (resources[name].get("UpdatePolicy") or {})]
    later: set[str] = set()
    for name in order:
        needed = engine._extract_deps(resources[name], set(order))
        if needed & (later | set(aliases)) - {name}:
            later.add(name)
    if not aliases or later & set(aliases):
        return order
    return [
        *(name for name in order if name not in later and name not in aliases),
        *aliases,
        *(name for name in order if name in later),
    ]


def _update_alias(upstream: Any, physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
    update, logical_id = _updating.get(), rest[-1]
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    if update is None or logical_id not in update.aliases or changed != {"FunctionVersion"}:
        return upstream(physical_id, old, new, *rest)
    policy = update.policy(logical_id)
    key = records.group_key(policy["ApplicationName"], policy["DeploymentGroupName"])
    group = records.groups.get(key)
    if group is None:
        raise ValueError(f"The deployment group {key} does not exist.")
    spec = AppSpec(
        function=str(new["FunctionName"]).rpartition(":function:")[2] or new["FunctionName"],
        alias=new["Name"],
        current=str(old["FunctionVersion"]),
        target=str(new["FunctionVersion"]),
        hooks={event: policy[name] for name, event in _HOOKS.items() if policy.get(name)},
    )
    update.started.append(deployments.start(group, spec, creator="CloudFormation", minute_s=update.minute_s))
    return physical_id, {"AliasArn": physical_id}


def _wait(update: _Update) -> None:
    """Wait for the deployments of a stack's update; raise ValueError as soon as one has failed."""
    for record in update.started:
        while not deployments.wait(record["deploymentId"], at_most_s=_LOOK_S):
            _refuse_failed(update)
        _refuse_failed(update)


def _refuse_failed(update: _Update) -> None:
    for record in update.started:
        if not deployments.is_running(record) and record["status"] != "Succeeded":
            error = record["errorInformation"]
            raise ValueError(
                f"The CodeDeploy deployment {record['deploymentId']} of {record['deploymentGroupName']}"
                f" {record['status'].lower()}: {error['code']}: {error['message']}"
            )


def _take_back(update: _Update) -> None:
    """Stop the deployments that still run, and give the old versions all traffic where a deployment had succeeded."""
    for record in update.started:
        if deployments.is_running(record):
            deployments.stop(record["deploymentId"], rolls_back=True)
    for record in update.started:
        deployments.wait(record["deploymentId"])
        if record["status"] == "Succeeded":
            deployments.give_back(record)


def _with_policy(deploy: Deploy) -> Deploy:
    async def deploy_with_policy(
        stack_name: str,
        stack_id: str,
        template: dict[str, Any],
        parameters: dict[str, Any],
        *rest: Any,
        **more: Any,
    ) -> None:
        minute_s = pace.asked_minute_s(stack_name) if more.get("is_update") else None
        if minute_s is not None:
            update = _Update(stack_name=stack_name, stack_id=stack_id, template=template, parameters=parameters)
            update.minute_s = minute_s
            _updating.set(update)
        await deploy(stack_name, stack_id, template, parameters, *rest, **more)

    return deploy_with_policy


def _install() -> None:
    sort, roll_back = stacks._topological_sort, stacks._roll_back_operation
    handlers = provisioners._RESOURCE_HANDLERS[_ALIAS]
    upstream = handlers["update"]
    on_thread, update_seeded = stacks._runs_on_worker_thread, stacks._update_keeping_seed

    async def take_back_and_roll_back(*arguments: Any, **named: Any) -> None:
        update = _updating.get()
        # From here on, aliases move at once.
        _updating.set(None)
        if update is not None and any(map(deployments.is_halted, update.started)):
            # The next start of the embedded AWS rolls back.
            raise asyncio.CancelledError
        if update is not None:
            await stacks.run_reentrant(_take_back, update)
        await roll_back(*arguments, **named)

    def sort_with_policy(resources: Resources, conditions: dict[str, Any]) -> list[str]:
        order: list[str] = sort(resources, conditions)
        update = _updating.get()
        if update is None or update.aliases or resources is not update.template.get("Resources"):
            return order
        order = _ordered(resources, order)
        update.aliases = [name for name in order if _POLICY in (resources[name].get("UpdatePolicy") or {})]
        return order

    def update_and_wait(*arguments: Any) -> Any:
        updated = update_seeded(*arguments)
        update = _updating.get()
        if update is not None and update.aliases and arguments[5] == update.aliases[-1]:
            _wait(update)
        return updated

    handlers["update"] = lambda *arguments: _update_alias(upstream, *arguments)
    around_deployment(_with_policy)
    stacks._topological_sort, stacks._roll_back_operation = sort_with_policy, take_back_and_roll_back
    stacks._runs_on_worker_thread = lambda kind: kind == _ALIAS or on_thread(kind)
    stacks._update_keeping_seed = update_and_wait


EXTENSION = Extension(
    closes="CloudFormation ignored the update policy of an alias.",
    after=("codedeploy.template_types",),
    hooks=(
        *(
            Hook(module=f"ministack.services.cloudformation.{name}", name="_deploy_stack_async")
            for name in ("changesets", "handlers")
        ),
        Hook(
            module="ministack.services.cloudformation.stacks",
            name="_deploy_stack_async",
            parameters=(
                *("stack_name", "stack_id", "template", "param_values", "disable_rollback", "tags"),
                *("is_update", "previous_stack", "retain_except_on_create", "imports"),
            ),
            contains=(
                'resources_defs = template.get("Resources", {})',
                "ordered = _topological_sort(resources_defs, conditions)",
                'provisioned_resources: dict = stack.get("_resources", {})',
                "            await _roll_back_operation(stack_name, stack_id, stack, operation)\n",
                "await run_reentrant(\n                            _update_keeping_seed, resource_type, old_pid,",
            ),
        ),
        Hook(
            module="ministack.services.cloudformation.stacks",
            name="_roll_back_operation",
            parameters=("stack_name", "stack_id", "stack", "operation", "reason_override"),
        ),
        Hook(
            module="ministack.services.cloudformation.stacks",
            name="_revert_update",
            contains=("new_pid, new_attrs = await run_reentrant(\n                _update_resource, rtype",),
        ),
        Hook(
            module="ministack.services.cloudformation.stacks",
            name="_runs_on_worker_thread",
            parameters=("resource_type",),
        ),
        Hook(
            module="ministack.services.cloudformation.engine",
            name="_extract_deps",
            parameters=("resource_def", "all_resource_names"),
        ),
        Hook(
            module="ministack.services.cloudformation.engine",
            name="_resolve_refs",
            parameters=("value", "resources", "params", "conditions", "mappings", "stack_name", "stack_id"),
        ),
        Hook(
            module="ministack.services.cloudformation.provisioners",
            name="_lambda_alias_update",
            parameters=("physical_id", "old_props", "new_props", "stack_name", "logical_id"),
        ),
        Hook(module="ministack.services.ssm", name="_parameters"),
    ),
    install=_install,
)
