"""The operations on deployments."""

from typing import Any

from local.embedded_aws.codedeploy import deployments, records
from local.embedded_aws.codedeploy.answers import deployment_info, target, target_id
from local.embedded_aws.codedeploy.app_spec import InvalidAppSpecError, parse
from local.embedded_aws.codedeploy.errors import ApiError
from local.embedded_aws.codedeploy.resources import application, checked_alarms, deployment_group

type Record = dict[str, Any]


def create_deployment(request: Record) -> Record:
    """CreateDeployment."""
    group = deployment_group(request)
    if not request.get("revision"):
        raise ApiError("RevisionRequiredException", "revision is required.")
    configuration = request.get("deploymentConfigName")
    if configuration and records.configuration(configuration) is None:
        raise ApiError(
            "DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {configuration}"
        )
    checked_alarms(request.get("overrideAlarmConfiguration") or {})
    try:
        spec = parse(request["revision"])
        record = deployments.start(
            group,
            spec,
            options={
                key: request[key]
                for key in (
                    "deploymentConfigName",
                    "description",
                    "autoRollbackConfiguration",
                    "overrideAlarmConfiguration",
                )
                if request.get(key)
            },
        )
    except InvalidAppSpecError as error:
        raise ApiError("InvalidRevisionException", str(error)) from error
    except deployments.GroupBusyError as error:
        raise ApiError("DeploymentLimitExceededException", str(error)) from error
    return {"deploymentId": record["deploymentId"]}


def get_deployment(request: Record) -> Record:
    """GetDeployment."""
    return {"deploymentInfo": deployment_info(_deployment(request))}


def batch_get_deployments(request: Record) -> Record:
    """BatchGetDeployments."""
    ids = request.get("deploymentIds") or []
    return {"deploymentsInfo": [deployment_info(records.deployments[id_]) for id_ in ids if id_ in records.deployments]}


def list_deployments(request: Record) -> Record:
    """ListDeployments; the newest first."""
    if request.get("applicationName"):
        application(request)
    if request.get("deploymentGroupName"):
        deployment_group(request)
    span = request.get("createTimeRange") or {}
    found = [
        each
        for each in records.deployments.values()
        if all(not request.get(key) or each[key] == request[key] for key in ("applicationName", "deploymentGroupName"))
        and (not request.get("includeOnlyStatuses") or each["status"] in request["includeOnlyStatuses"])
        and float(span.get("start") or 0) <= each["createTime"] <= float(span.get("end") or "inf")
    ]
    found.sort(key=lambda each: float(each["createTime"]), reverse=True)
    return {"deployments": [each["deploymentId"] for each in found]}


def stop_deployment(request: Record) -> Record:
    """StopDeployment."""
    record = _deployment(request)
    if not deployments.is_running(record):
        raise ApiError(
            "DeploymentAlreadyCompletedException", f"The deployment {record['deploymentId']} has already completed."
        )
    deployments.stop(record["deploymentId"], rolls_back=request.get("autoRollbackEnabled"))
    return {"status": "Pending", "statusMessage": "The deployment is being stopped."}


def put_lifecycle_event_hook_execution_status(request: Record) -> Record:
    """PutLifecycleEventHookExecutionStatus."""
    record = _deployment(request)
    execution = str(request.get("lifecycleEventHookExecutionId") or "")
    run = record["_hookRuns"].get(execution)
    if run is None:
        raise ApiError("InvalidLifecycleEventHookExecutionIdException", f"No run of a hook has the id {execution!r}.")
    # Only these two can be passed: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html
    if request.get("status") not in {"Succeeded", "Failed"}:
        raise ApiError(
            "InvalidLifecycleEventHookExecutionStatusException", f"The status {request.get('status')} cannot be set."
        )
    if run["status"] != "InProgress":
        raise ApiError("LifecycleEventAlreadyCompletedException", f"The hook {run['event']} has already answered.")
    run["status"] = request["status"]
    deployments.note_hook(record["deploymentId"])
    return {"lifecycleEventHookExecutionId": execution}


def list_deployment_targets(request: Record) -> Record:
    """ListDeploymentTargets."""
    return {"targetIds": [target_id(_deployment(request))]}


def get_deployment_target(request: Record) -> Record:
    """GetDeploymentTarget."""
    record = _deployment(request)
    _require_target(record, request.get("targetId"))
    return {"deploymentTarget": target(record)}


def batch_get_deployment_targets(request: Record) -> Record:
    """BatchGetDeploymentTargets."""
    record = _deployment(request)
    ids = request.get("targetIds") or []
    for each in ids:
        _require_target(record, each)
    return {"deploymentTargets": [target(record) for _ in ids]}


def _require_target(record: Record, given: Any) -> None:
    if given != target_id(record):
        raise ApiError("DeploymentTargetDoesNotExistException", f"{record['deploymentId']} has no target {given}.")


def _deployment(request: Record) -> Record:
    id_ = request.get("deploymentId")
    if not id_:
        raise ApiError("DeploymentIdRequiredException", "deploymentId is required.")
    found: Record | None = records.deployments.get(id_)
    if found is None:
        raise ApiError("DeploymentDoesNotExistException", f"The deployment {id_} could not be found.")
    return found
