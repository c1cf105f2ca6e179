"""One deployment to Lambda, from its start to its end, in a thread of its own.

    BeforeAllowTraffic ─► AllowTraffic, in steps ─► AfterAllowTraffic

The alarms of the group are watched all the time. An end without success moves the traffic back if the group says so.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from local.embedded_aws.codedeploy import hook_runs, records, state_changes
from local.embedded_aws.codedeploy.alias_traffic import AliasMismatchError, AliasTraffic
from local.embedded_aws.codedeploy.app_spec import AppSpec
from local.embedded_aws.codedeploy.service_role import RoleRefusedError, ServiceRole
from local.embedded_aws.codedeploy.watched_alarms import WatchedAlarms

EVENTS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
# The alarms and the wish to stop are looked at this often.
_LOOKS_PER_MINUTE = 30
_SHORTEST_LOOK_S = 0.1

type Record = dict[str, Any]

_log = logging.getLogger(__name__)


class _EndedError(Exception):
    """The deployment ends without success."""

    def __init__(self, status: str, code: str, message: str, *, rolls_back_on: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.rolls_back_on = rolls_back_on


class _HaltedError(Exception):
    """The embedded AWS stops; its next start ends the deployment."""


class DeploymentRun:
    """The run of a deployment; `record` is what the API answers with."""

    def __init__(self, record: Record, group: Record, spec: AppSpec) -> None:
        self.record = record
        self.ended = threading.Event()
        self._spec = spec
        self._minute_s: float = record["_minuteS"]
        role = ServiceRole(group["serviceRoleArn"])
        self._role = role
        self._traffic = AliasTraffic(spec, role)
        alarms = record.get("overrideAlarmConfiguration") or group.get("alarmConfiguration") or {}
        self._alarms = WatchedAlarms(alarms, role, minute_s=self._minute_s)
        self._wake = threading.Event()
        self.halted = False
        self._stop_rolls_back: bool | None = None
        self._stop_asked = False
        self._moved = False

    def run(self) -> None:
        """Run the deployment to its end."""
        try:
            with self._alarms:
                self._run()
        except _HaltedError:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the deployment
            # A caller waits for the end of every deployment.
            _log.exception("The deployment %s broke off", self.record["deploymentId"])
            self.record["errorInformation"] = {"code": "INTERNAL_ERROR", "message": repr(error)}
            self._end("Failed", "FAILURE")
        self.ended.set()

    def stop(self, *, rolls_back: bool | None) -> None:
        """Let the deployment stop; None leaves it to the group whether the traffic moves back."""
        self._stop_rolls_back, self._stop_asked = rolls_back, True
        self._wake.set()

    def halt(self) -> None:
        """Leave everything as it is, because the embedded AWS stops."""
        self.halted = True
        self._wake.set()

    def wake(self) -> None:
        """Look again at once, because a hook has answered."""
        self._wake.set()

    def _run(self) -> None:
        self.record |= {"status": "InProgress", "startTime": time.time()}
        state_changes.publish(self.record, "START")
        try:
            self._require_sound()
            self._hook("BeforeAllowTraffic")
            self._allow_traffic()
            self._hook("AfterAllowTraffic")
            self._look()
        except _EndedError as ended:
            self._end_without_success(ended)
        except RoleRefusedError as refused:
            self._end_without_success(_failure("IAM_ROLE_PERMISSIONS", str(refused)))
        except AliasMismatchError as mismatch:
            self._end_without_success(_failure("INVALID_LAMBDA_CONFIGURATION", str(mismatch)))
        else:
            self._end("Succeeded", "SUCCESS")

    def _require_sound(self) -> None:
        self._alarms.require_readable()
        self._look()
        self._traffic.require_current()

    def _allow_traffic(self) -> None:
        with _Step(self.record, "AllowTraffic"):
            for percent, minutes in _steps(self.record["_routing"]):
                self._moved = True
                self._traffic.shift(percent)
                self.record["_targetWeight"] = percent / 100
                if minutes:
                    self.record["_nextShiftAt"] = time.time() + minutes * self._minute_s
                    self._wait(minutes * self._minute_s)
            self.record.pop("_nextShiftAt", None)

    def _hook(self, event: str) -> None:
        function = self._spec.hooks.get(event)
        if function is None:
            _step(self.record, event)["status"] = "Skipped"
            return
        with _Step(self.record, event):
            # A quick hook answers before the call that starts it returns.
            execution, run = str(uuid4()), {"event": event, "status": "InProgress"}
            self.record["_hookRuns"][execution] = run
            try:
                hook_runs.start(function, self.record["deploymentId"], execution, self._role, minute_s=self._minute_s)
            except hook_runs.HookMissingError as missing:
                raise _failure("INVALID_LAMBDA_FUNCTION", str(missing)) from missing
            self._wait(hook_runs.TIMEOUT_MINUTES * self._minute_s, until=lambda: run["status"] != "InProgress")
            if run["status"] == "InProgress":
                run["status"] = "Failed"
                late = f"The hook {event} did not answer within {hook_runs.TIMEOUT_MINUTES} minutes."
                raise _failure("TIMEOUT", late)
            if run["status"] != "Succeeded":
                raise _failure("HOOK_EXECUTION_FAILURE", f"The hook {event} answered {run['status']}.")

    def _wait(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Watch until the time is over or the condition holds."""
        deadline = time.monotonic() + seconds
        while not until():
            self._look()
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return
            self._wake.wait(min(left_s, max(self._minute_s / _LOOKS_PER_MINUTE, _SHORTEST_LOOK_S)))
            self._wake.clear()

    def _look(self) -> None:
        if self.halted:
            raise _HaltedError
        if self._stop_asked:
            raise _EndedError(
                "Stopped",
                "MANUAL_STOP",
                "A caller stopped the deployment.",
                rolls_back_on="DEPLOYMENT_STOP_ON_REQUEST",
            )
        if alarms := self._alarms.in_alarm():
            raise _EndedError(
                "Stopped",
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and"
                f" the affected deployments have been stopped. Activated alarms: {', '.join(alarms)}",
                rolls_back_on="DEPLOYMENT_STOP_ON_ALARM",
            )

    def _end_without_success(self, ended: _EndedError) -> None:
        configured = self.record.get("autoRollbackConfiguration") or {}
        rolls_back = bool(configured.get("enabled")) and ended.rolls_back_on in (configured.get("events") or ())
        if ended.code == "MANUAL_STOP" and self._stop_rolls_back is not None:
            rolls_back = self._stop_rolls_back
        self.record["errorInformation"] = {"code": ended.code, "message": str(ended)}
        if rolls_back and self._moved:
            self._roll_back()
        self._end(ended.status, "STOP" if ended.status == "Stopped" else "FAILURE")

    def _roll_back(self) -> None:
        """Move the traffic back, as a deployment of its own."""
        spec = self._spec
        back = AppSpec(function=spec.function, alias=spec.alias, current=spec.target, target=spec.current)
        rollback = new_record(self.record, back, creator="codeDeployRollback", minute_s=self._minute_s)
        rollback |= {"status": "InProgress", "startTime": time.time()}
        rollback["rollbackInfo"] = {"rollbackTriggeringDeploymentId": self.record["deploymentId"]}
        records.deployments[rollback["deploymentId"]] = rollback
        state_changes.publish(rollback, "START")
        outcome = ("Succeeded", "SUCCESS")
        with _Step(rollback, "AllowTraffic"):
            try:
                self._traffic.shift(0)
                self.record["_targetWeight"], rollback["_targetWeight"] = 0.0, 1.0
            except (RoleRefusedError, AliasMismatchError) as error:
                rollback["errorInformation"] = {"code": "IAM_ROLE_PERMISSIONS", "message": str(error)}
                outcome = ("Failed", "FAILURE")
        self.record["rollbackInfo"] = {
            "rollbackDeploymentId": rollback["deploymentId"],
            "rollbackMessage": f"Deployment {rollback['deploymentId']} moves the traffic back.",
        }
        rollback |= {"status": outcome[0], "completeTime": time.time()}
        state_changes.publish(rollback, outcome[1])

    def _end(self, status: str, state: str) -> None:
        self.record |= {"status": status, "completeTime": time.time()}
        for each in self.record["_steps"]:
            if each["status"] == "Pending":
                each["status"] = "Skipped"
        state_changes.publish(self.record, state)


def new_record(origin: Record, spec: AppSpec, *, creator: str, minute_s: float) -> Record:
    """Return the record of a deployment that is created; `origin` has the names, the pace and the rules of rollback."""
    taken = ("applicationName", "deploymentGroupName", "deploymentConfigName", "autoRollbackConfiguration", "_routing")
    return {
        **{key: origin[key] for key in taken if key in origin},
        "deploymentId": records.new_id(),
        "revision": spec.revision(),
        "status": "Created",
        "createTime": time.time(),
        "creator": creator,
        "computePlatform": "Lambda",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "ignoreApplicationStopFailures": False,
        "updateOutdatedInstancesOnly": False,
        "_minuteS": minute_s,
        "_targetWeight": 0.0,
        "_hookRuns": {},
        "_spec": {
            "function": spec.function,
            "alias": spec.alias,
            "current": spec.current,
            "target": spec.target,
        },
        "_steps": [{"lifecycleEventName": event, "status": "Pending"} for event in EVENTS],
    }


def _steps(routing: Record) -> list[tuple[float, float]]:
    """Return the shares of the new version in per cent, each with the minutes until the next step."""
    if routing.get("type") == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        return [(canary["canaryPercentage"], canary["canaryInterval"]), (100, 0)]
    if routing.get("type") == "TimeBasedLinear":
        linear = routing["timeBasedLinear"]
        step = linear["linearPercentage"]
        return [*((percent, linear["linearInterval"]) for percent in range(step, 100, step)), (100, 0)]
    return [(100, 0)]


def _failure(code: str, message: str) -> _EndedError:
    return _EndedError("Failed", code, message, rolls_back_on="DEPLOYMENT_FAILURE")


def _step(record: Record, event: str) -> Record:
    found: Record = next(each for each in record["_steps"] if each["lifecycleEventName"] == event)
    return found


class _Step:
    """A lifecycle event of a deployment, with its times and its outcome."""

    def __init__(self, record: Record, event: str) -> None:
        self._step = _step(record, event)

    def __enter__(self) -> None:
        self._step |= {"status": "InProgress", "startTime": time.time()}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is _HaltedError:
            return
        self._step |= {"status": "Failed" if kind else "Succeeded", "endTime": time.time()}
        if error is not None:
            self._step["diagnostics"] = {"errorCode": "UnknownError", "message": str(error)}
