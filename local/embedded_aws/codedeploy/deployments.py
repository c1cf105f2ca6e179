"""The deployments that run, and the start, the stop and the end of each."""

import threading
from contextvars import copy_context
from typing import Any

from local.embedded_aws.codedeploy import records
from local.embedded_aws.codedeploy.alias_traffic import put_back
from local.embedded_aws.codedeploy.app_spec import AppSpec
from local.embedded_aws.codedeploy.deployment_run import DeploymentRun, new_record
from local.embedded_aws.codedeploy.pace import REAL_MINUTE_S

type Record = dict[str, Any]

_runs: dict[str, DeploymentRun] = {}


class GroupBusyError(Exception):
    """The group has another deployment that has not ended; the message has its id."""


class HaltedError(Exception):
    """The embedded AWS stops; its next start ends the deployment."""


def start(
    group: Record,
    spec: AppSpec,
    *,
    creator: str = "user",
    minute_s: float = REAL_MINUTE_S,
    options: Record | None = None,
) -> Record:
    """Start a deployment to a group; return its record, which follows it.

    Args:
        group: Its record.
        spec: The alias and the versions.
        creator: `user` or `CloudFormation`.
        minute_s: How long a minute of the configuration takes.
        options: Parts of CreateDeployment's request that take the place of the group's.

    Raises:
        GroupBusyError: Another deployment to the group runs.
    """
    application, name = group["applicationName"], group["deploymentGroupName"]
    for each in records.deployments.values():
        if (each["applicationName"], each["deploymentGroupName"]) == (application, name) and is_running(each):
            raise GroupBusyError(
                f"The deployment group {name} already has an active deployment: {each['deploymentId']}"
            )
    configuration = (options or {}).get("deploymentConfigName") or group["deploymentConfigName"]
    origin = {**group, **(options or {}), "deploymentConfigName": configuration}
    origin["_routing"] = (records.configuration(configuration) or {}).get("trafficRoutingConfig") or {}
    record = new_record(origin, spec, creator=creator, minute_s=minute_s)
    for key in ("description", "overrideAlarmConfiguration"):
        if (options or {}).get(key):
            record[key] = (options or {})[key]
    records.deployments[record["deploymentId"]] = record
    run = _runs[record["deploymentId"]] = DeploymentRun(record, group, spec)
    threading.Thread(
        target=copy_context().run, args=(run.run,), name=f"deployment-{record['deploymentId']}", daemon=True
    ).start()
    return record


def is_running(record: Record) -> bool:
    """Return True if a deployment has not ended."""
    return record["status"] not in records.ENDED


def wait(deployment_id: str, *, at_most_s: float | None = None) -> bool:
    """Wait until a deployment has ended and its traffic is where it stays; return False if the time is over.

    Raises:
        HaltedError: The embedded AWS stops before the end.
    """
    run = _runs[deployment_id]
    ended = run.ended.wait(at_most_s)
    if run.halted:
        raise HaltedError
    return ended


def is_halted(record: Record) -> bool:
    """Return True if a deployment does not go on because the embedded AWS stops."""
    run = _runs.get(record["deploymentId"])
    return run is not None and run.halted


def give_back(record: Record) -> None:
    """Give the old version of a deployment that succeeded all traffic again."""
    spec = record["_spec"]
    put_back(spec["function"].rpartition(":function:")[2], spec["alias"], spec["current"])


def stop(deployment_id: str, *, rolls_back: bool | None) -> None:
    """Stop a deployment that runs."""
    if run := _runs.get(deployment_id):
        run.stop(rolls_back=rolls_back)


def note_hook(deployment_id: str) -> None:
    """Let a deployment see the answer of its hook at once."""
    if run := _runs.get(deployment_id):
        run.wake()


def halt() -> None:
    """Let every deployment stop where it is, because the state is about to be written."""
    for run in _runs.values():
        if not run.ended.is_set():
            run.halt()


def end_interrupted(record: Record) -> None:
    """End a deployment that the last run of the embedded AWS left: the old version has all traffic again."""
    spec = record["_spec"]
    # A deployment that moved traffic back has the old version as its target.
    old = "target" if record["creator"] == "codeDeployRollback" else "current"
    put_back(spec["function"].rpartition(":function:")[2], spec["alias"], spec[old])
    message = "The embedded AWS ended during the deployment; the old version has all traffic."
    record |= {"status": "Stopped", "errorInformation": {"code": "INTERNAL_ERROR", "message": message}}
    record["completeTime"] = record.get("startTime", record["createTime"])
