"""The causes of a failed deployment: CloudFormation's events, CodeDeploy's error, alarm, hook, failing requests."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.deployed.recorded_versions import ALIAS_TYPE, StackRecord
from operate.releases.failing_requests import VersionLog, failing_requests, parsed
from operate.releases.shifts import lambda_targets, versions_of
from operate.target import Target

# CloudFormation cancels the other resources after a failure; a cancelled one is no cause.
_CANCELLED = ("Resource creation cancelled", "Resource update cancelled")
_SHOWN_MESSAGES = 3
_TELLING = frozenset({"ERROR", "WARNING"})


def causes_of_failure(target: Target, stacks: list[str], *, since: datetime) -> Iterator[str]:
    """Explain each failed stack, the first cause first.

    Args:
        target: The environment.
        stacks: The names of the deployed stacks.
        since: The start of the deployment; older events belong to another one.

    Yields:
        Lines to print. A part that AWS refuses to tell is named, and does not end the explanation.
    """
    for stack in stacks:
        try:
            failed = _failed_events(target, stack, since)
        except (BotoCoreError, ClientError) as error:
            if not _is_missing(error):
                yield f"✘ {stack}: its events cannot be read: {error}"
            continue
        if failed:
            yield f"✘ {stack}"
        for event in failed:
            yield (
                f"  {event['LogicalResourceId']} ({event['ResourceType']}) {event['ResourceStatus']}:"
                f" {event.get('ResourceStatusReason', 'without a reason')}"
            )
            if event["ResourceType"] == ALIAS_TYPE:
                yield from _explained(target, stack, event, since)


def _failed_events(target: Target, stack: str, since: datetime) -> list[Mapping[str, Any]]:
    """Return the events of resources that failed by themselves, the oldest first: the later ones follow from it."""
    pages = target.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    found = list[Mapping[str, Any]]()
    for page in pages:
        events = page["StackEvents"]
        found += [event for event in events if event["Timestamp"] >= since and _is_cause(event, stack)]
        if events and events[-1]["Timestamp"] < since:
            break
    return found[::-1]


def _is_cause(event: Mapping[str, Any], stack: str) -> bool:
    is_stack = event.get("PhysicalResourceId") == event.get("StackId") or event["LogicalResourceId"] == stack
    reason = event.get("ResourceStatusReason", "")
    return event["ResourceStatus"].endswith("_FAILED") and not is_stack and not reason.startswith(_CANCELLED)


def _explained(target: Target, stack: str, event: Mapping[str, Any], since: datetime) -> Iterator[str]:
    """Explain a failed alias by the deployment of CodeDeploy behind it."""
    try:
        yield from _deployment(target, stack, event, since)
    except (BotoCoreError, ClientError) as error:
        yield f"    CodeDeploy's own words cannot be read: {error}"


def _deployment(target: Target, stack: str, event: Mapping[str, Any], since: datetime) -> Iterator[str]:
    codedeploy = target.client("codedeploy")
    function = _function(target, stack, event)
    if function is None:
        return
    ids = codedeploy.list_deployments(
        applicationName=stack, deploymentGroupName=function, createTimeRange={"start": since}
    )["deployments"]
    for deployment_id in ids:
        info = codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
        error = info.get("errorInformation")
        if not error:
            continue
        targets = lambda_targets(codedeploy, deployment_id)
        yield f"    CodeDeploy {deployment_id}: {error['code']}: {error['message']}"
        if error["code"] in {"ALARM_ACTIVE", "HEALTH_CONSTRAINTS"}:
            yield from _firing(target, info)
        if error["code"] == "HOOK_EXECUTION_FAILURE":
            yield from _hook_failures(targets)
            yield from _hook_messages(target, stack, event["LogicalResourceId"], since)
        if version := versions_of(targets).get("targetVersion"):
            yield from _failing(target, function, version, info)


def _function(target: Target, stack: str, event: Mapping[str, Any]) -> str | None:
    """Return the name of an alias's function, by the alias's ARN or, if the event has none, by the stack's record."""
    _, is_arn, rest = event.get("PhysicalResourceId", "").partition(":function:")
    if is_arn:
        return str(rest.split(":")[0])
    aliases = StackRecord(target.client("cloudformation"), stack).aliases()
    return next((alias.function for alias in aliases if alias.logical_id == event["LogicalResourceId"]), None)


def _failing(target: Target, function: str, version: str, info: Mapping[str, Any]) -> Iterator[str]:
    """Name failing requests of the new version, those of the hook among them."""
    try:
        lines = VersionLog(target.client("logs"), function, version).failures(
            since=info["createTime"],
            until=info.get("completeTime") or datetime.now(UTC),
            slow_ms=target.environment.objectives.latency_ms,
        )
        found = failing_requests(lines)
    except (BotoCoreError, ClientError) as error:
        yield f"    the requests of version {version} cannot be read: {error}"
        return
    yield from (f"    {request}" for request in found)


def _firing(target: Target, info: Mapping[str, Any]) -> Iterator[str]:
    group = target.client("codedeploy").get_deployment_group(
        applicationName=info["applicationName"], deploymentGroupName=info["deploymentGroupName"]
    )["deploymentGroupInfo"]
    names = [alarm["name"] for alarm in group.get("alarmConfiguration", {}).get("alarms", ())]
    if not names:
        return
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            if alarm["StateValue"] == "ALARM":
                yield f"    in ALARM: {alarm['AlarmName']}: {alarm.get('StateReason', '')}"


def _hook_failures(targets: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in targets:
        for event in each.get("lifecycleEvents", ()):
            message = event.get("diagnostics", {}).get("message")
            if event.get("status") == "Failed" and message:
                yield f"    {event['lifecycleEventName']}: {message}"


def _hook_messages(target: Target, stack: str, alias: str, since: datetime) -> Iterator[str]:
    """Return the last errors that the hook itself has logged."""
    hook = StackRecord(target.client("cloudformation"), stack).hook(alias)
    if hook is None:
        return
    events = target.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{hook}",
        startTime=int(since.timestamp() * 1000),
        filterPattern='{ $.level = "ERROR" || $.level = "WARNING" }',
    )["events"]
    lines = [line for event in events if (line := parsed(event["message"])) and line.get("level") in _TELLING]
    for line in lines[-_SHOWN_MESSAGES:]:
        failed = {name: line[name] for name in ("call", "expected", "got") if name in line}
        details = "".join(f"; {name}: {value}" for name, value in failed.items())
        yield f"    {hook}: {line.get('message') or line.get('errorType')}{details}"


def _is_missing(error: Exception) -> bool:
    """Return True if the stack was never created."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationError"
