"""The state of a release: of each function, the versions, their traffic, their requests and failures, alarms and hooks.

Read through the APIs of CodeDeploy, CloudWatch and Lambda, as an operator reads them on AWS.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The requests that a version got during the release, and the failed ones among them."""

    requests: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRelease:
    """One function's deployment.

    `new_percent` is the new version's share of the traffic. `steps` maps each lifecycle event to its status, and
    `alarms` each watched alarm to its state. `left_s` is the time until the last shift; None if it is not known.
    """

    function: str
    deployment_id: str
    status: str
    old_version: str
    new_version: str
    new_percent: float
    steps: Mapping[str, str]
    alarms: Mapping[str, str]
    old: Traffic
    new: Traffic
    reason: str
    left_s: float | None

    @property
    def has_ended(self) -> bool:
        """True if its traffic does not move any more."""
        return self.status in ENDED


class ReleaseProgress:
    """Reads the deployments of one application that began after a time.

    Args:
        codedeploy, cloudwatch: boto3 clients.
        application: The application's name, which also begins the names of groups and functions.
        since: The deployments from this time on.
        minute_s: How long a minute of the configuration takes.
    """

    def __init__(
        self,
        codedeploy: Any,  # noqa: ANN401 - boto3 makes its clients at run time
        cloudwatch: Any,  # noqa: ANN401 - as above
        *,
        application: str,
        since: datetime,
        minute_s: float,
    ) -> None:
        self._codedeploy = codedeploy
        self._cloudwatch = cloudwatch
        self._application = application
        self._since = since
        self._minute_s = minute_s
        self._minutes: dict[str, float] = {}

    def read(self) -> list[FunctionRelease]:
        """Return the state of each function that is released, by name."""
        return sorted(self._read(), key=lambda each: each.function)

    def running(self) -> list[str]:
        """Return the ids of the deployments that have not ended."""
        return [info["deploymentId"] for info in self._deployments() if info["status"] not in ENDED]

    def _deployments(self) -> Iterator[dict[str, Any]]:
        ids = self._codedeploy.list_deployments(
            applicationName=self._application, createTimeRange={"start": self._since}
        )["deployments"]
        if ids:
            for info in self._codedeploy.batch_get_deployments(deploymentIds=ids)["deploymentsInfo"]:
                if info.get("creator") != "codeDeployRollback" and info["applicationName"] == self._application:
                    yield info

    def _read(self) -> Iterator[FunctionRelease]:
        for info in self._deployments():
            id_ = info["deploymentId"]
            [target_id] = self._codedeploy.list_deployment_targets(deploymentId=id_)["targetIds"]
            target = self._codedeploy.get_deployment_target(deploymentId=id_, targetId=target_id)
            lambda_target = target["deploymentTarget"]["lambdaTarget"]
            moved, events = lambda_target["lambdaFunctionInfo"], lambda_target["lifecycleEvents"]
            old, new = moved["currentVersion"], moved["targetVersion"]
            yield FunctionRelease(
                function=moved["functionName"].removeprefix(f"{self._application}-"),
                deployment_id=id_,
                status=info["status"],
                old_version=old,
                new_version=new,
                new_percent=round(100 * moved["targetVersionWeight"], 1),
                steps={event["lifecycleEventName"]: event["status"] for event in events},
                alarms=self._alarms(info),
                old=self._traffic(moved, old),
                new=self._traffic(moved, new),
                reason=(info.get("errorInformation") or {}).get("message", ""),
                left_s=self._left_s(info, events),
            )

    def _alarms(self, info: Mapping[str, Any]) -> dict[str, str]:
        group = self._codedeploy.get_deployment_group(
            applicationName=self._application, deploymentGroupName=info["deploymentGroupName"]
        )["deploymentGroupInfo"]
        names = [alarm["name"] for alarm in (group.get("alarmConfiguration") or {}).get("alarms", [])]
        if not names:
            return {}
        found = self._cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        described = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in described}

    def _traffic(self, moved: Mapping[str, Any], version: str) -> Traffic:
        name, alias = moved["functionName"], moved["functionAlias"]
        dimensions = {"FunctionName": name, "Resource": f"{name}:{alias}", "ExecutedVersion": version}
        return Traffic(requests=self._sum("Invocations", dimensions), failures=self._sum("Errors", dimensions))

    def _sum(self, metric: str, dimensions: Mapping[str, str]) -> int:
        points = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=self._since,
            EndTime=datetime.now(UTC),
            Period=_MINUTE_S,
            Statistics=["Sum"],
        )["Datapoints"]
        return round(sum(float(point["Sum"]) for point in points))

    def _left_s(self, info: Mapping[str, Any], events: list[dict[str, Any]]) -> float | None:
        """Return the time until the last shift; only while the traffic moves is it known."""
        began_at = next(
            (
                event["startTime"]
                for event in events
                if event["lifecycleEventName"] == "AllowTraffic" and event["status"] == "InProgress"
            ),
            None,
        )
        if began_at is None or info["status"] in ENDED:
            return None
        ends_at: float = began_at.timestamp() + self._minutes_of(info["deploymentConfigName"]) * self._minute_s
        return max(0.0, ends_at - time.time())

    def _minutes_of(self, configuration: str) -> float:
        if configuration not in self._minutes:
            found = self._codedeploy.get_deployment_config(deploymentConfigName=configuration)
            routing = found["deploymentConfigInfo"].get("trafficRoutingConfig") or {}
            canary, linear = routing.get("timeBasedCanary") or {}, routing.get("timeBasedLinear") or {}
            steps = -(-100 // linear["linearPercentage"]) - 1 if linear else 0
            self._minutes[configuration] = canary.get("canaryInterval", 0) + steps * linear.get("linearInterval", 0)
        return self._minutes[configuration]
