"""The state of a release, read through the APIs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.release.progress import ReleaseProgress, Traffic

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class FakeCodeDeploy:
    """Answers as CodeDeploy does, for one deployment of `platform-local-users-api` and its rollback."""

    def __init__(self, *, status: str = "InProgress", began_s_ago: float = 1.0) -> None:
        self.status = status
        self.began_at = datetime.now(UTC) - timedelta(seconds=began_s_ago)

    def list_deployments(self, **request: Any) -> Any:
        assert request == {"applicationName": "platform-local-users", "createTimeRange": {"start": SINCE}}
        return {"deployments": ["d-2", "d-1"]}

    def batch_get_deployments(self, *, deploymentIds: list[str]) -> Any:  # noqa: N803 - the API's name
        assert deploymentIds == ["d-2", "d-1"]
        named = {
            "applicationName": "platform-local-users",
            "deploymentGroupName": "platform-local-users-api",
            "deploymentConfigName": "pace",
        }
        first = {**named, "deploymentId": "d-1", "status": self.status, "creator": "CloudFormation"}
        second = {**named, "deploymentId": "d-2", "status": "Succeeded", "creator": "codeDeployRollback"}
        return {"deploymentsInfo": [second, {**first, "errorInformation": {"message": "It fired."}}]}

    def list_deployment_targets(self, **_: Any) -> Any:
        return {"targetIds": ["platform-local-users-api:live"]}

    def get_deployment_target(self, **_: Any) -> Any:
        moved = {
            "functionName": "platform-local-users-api",
            "functionAlias": "live",
            "currentVersion": "1",
            "targetVersion": "2",
            "targetVersionWeight": 0.1,
        }
        step = {"lifecycleEventName": "AllowTraffic", "status": "InProgress", "startTime": self.began_at}
        return {"deploymentTarget": {"lambdaTarget": {"lambdaFunctionInfo": moved, "lifecycleEvents": [step]}}}

    def get_deployment_group(self, **_: Any) -> Any:
        return {"deploymentGroupInfo": {"alarmConfiguration": {"alarms": [{"name": "errors"}, {"name": "both"}]}}}

    def get_deployment_config(self, **_: Any) -> Any:
        routing = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}}
        return {"deploymentConfigInfo": {"trafficRoutingConfig": routing}}


class FakeCloudWatch:
    """Has requests and errors of each version, and two alarms."""

    def describe_alarms(self, **_: Any) -> Any:
        return {
            "MetricAlarms": [{"AlarmName": "errors", "StateValue": "ALARM"}],
            "CompositeAlarms": [{"AlarmName": "both", "StateValue": "OK"}],
        }

    def get_metric_statistics(self, **request: Any) -> Any:
        dimensions = {each["Name"]: each["Value"] for each in request["Dimensions"]}
        assert dimensions["Resource"] == "platform-local-users-api:live"
        sums = {("Invocations", "1"): [50.0, 40.0], ("Invocations", "2"): [10.0], ("Errors", "2"): [3.0]}
        found = sums.get((request["MetricName"], dimensions["ExecutedVersion"]), [])
        return {"Datapoints": [{"Sum": value} for value in found]}


def progress(codedeploy: FakeCodeDeploy, *, minute_s: float = 60.0) -> ReleaseProgress:
    return ReleaseProgress(
        codedeploy, FakeCloudWatch(), application="platform-local-users", since=SINCE, minute_s=minute_s
    )


def test_each_function_has_its_versions_traffic_and_alarms() -> None:
    [api] = progress(FakeCodeDeploy()).read()

    assert (api.function, api.status, api.old_version, api.new_version, api.new_percent) == (
        *("api", "InProgress", "1", "2"),
        10,
    )
    assert (api.old, api.new) == (Traffic(requests=90, failures=0), Traffic(requests=10, failures=3))
    assert api.alarms == {"errors": "ALARM", "both": "OK"}
    assert api.reason == "It fired."


def test_the_time_left_follows_the_clock_of_the_release() -> None:
    [slow] = progress(FakeCodeDeploy(began_s_ago=60)).read()
    [fast] = progress(FakeCodeDeploy(began_s_ago=1), minute_s=1.0).read()

    assert slow.left_s == pytest.approx(240, abs=5)
    assert fast.left_s == pytest.approx(4, abs=2)


def test_a_deployment_that_ended_is_not_running_and_has_no_time_left() -> None:
    ended = progress(FakeCodeDeploy(status="Stopped"))

    [api] = ended.read()
    assert (api.has_ended, api.left_s) == (True, None)
    assert ended.running() == []
    assert progress(FakeCodeDeploy()).running() == ["d-1"]
