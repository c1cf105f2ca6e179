"""A drill: ships bad and good versions to a platform of its own, and sees that the bad ones are taken back."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cdk.settings.environment import load_environment
from functions.shared.interface.names import ALIAS, SERVER_ERRORS
from local.deployment import Deployment
from local.drill.load import Load
from local.drill.row import Row, Watched
from local.drill.versions import Version, changed, read_versions
from local.embedded_aws_process import client
from local.errors import PlatformError
from local.exclusive import shared
from local.release.release import Release
from local.settings import Settings

_WHOLE = {"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_UNRELATED = "drill-unrelated"
_MINUTE_S = 60
# Metrics of the last requests are written just after their answers.
_METRICS_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Ships versions to a running platform that is deployed from a checkout of its own.

    Attributes:
        settings: The platform; its checkout is changed, and left as it was.
        minute_s: How long a minute of the release takes.
    """

    settings: Settings
    minute_s: float

    def ship(self, name: str, version: Version, *, load: str) -> Row:
        """Release a version under a load, and bring the platform back to a sound version.

        Raises:
            PlatformError: The version could not be deployed at all.
        """
        if version.after:
            self._deploy_at_once(read_versions()[version.after])
        began_at = datetime.now(UTC)
        before = self._versions(version.service)
        with (
            self._unrelated_alarm(fires=version.unrelated_alarm),
            self._load(load) as asked,
            changed(self.settings.checkout, version),
            shared(self.settings, service=version.service),
        ):
            watched = Watched(begin=asked.begin)
            passed = Release(self.settings, service=version.service, minute_s=self.minute_s).run(watched)
            if watched.was_interrupted:
                raise KeyboardInterrupt
            # Requests that a shift back would lose.
            time.sleep(self.minute_s)
        time.sleep(_METRICS_S)
        failed_by_versions = self._failures(since=began_at)
        state, is_whole = self._state(version.service, before=before, passed=passed, watched=watched)
        row = Row(
            name=name,
            title=version.title,
            load=load,
            passed=passed,
            by=watched.by,
            seconds=round(watched.seconds, 1),
            requests=asked.requests,
            requests_hurt=asked.hurt,
            requests_lost=max(0, asked.failed - failed_by_versions),
            events_hurt=self._events_hurt(since=began_at),
            events_lost=asked.events_lost(),
            state=state,
        )
        if passed and not version.passes:
            self._deploy_at_once(version.model_copy(update={"changes": ()}))
        return replace(row, faults=tuple(_faults(row, version, is_whole=is_whole, shipped=bool(watched.functions))))

    def _load(self, name: str) -> Load:
        return Load(self.settings, name=name, minute_s=self.minute_s, token=self._token())

    def _token(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "operate", "token", "--environment", self.settings.environment, "--as", "machine"],
            cwd=self.settings.checkout,
            env={**os.environ, "PLATFORM_HOME": str(self.settings.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PlatformError(f"The drill gets no token: {done.stderr}")
        return done.stdout.strip()

    def _deploy_at_once(self, version: Version) -> None:
        """Deploy a version without a canary."""
        stack = f"{self._prefix}-{version.service}"
        deployment = Deployment(self.settings, region=self._region, assembly=f"cdk.out-{version.service}")
        with changed(self.settings.checkout, version):
            deployment.deploy_only(stack, log="drill.log", given_up=threading.Event())

    @contextlib.contextmanager
    def _unrelated_alarm(self, *, fires: bool) -> Iterator[None]:
        """Let an alarm that belongs to no deployment group fire during the block."""
        if not fires:
            yield
            return
        cloudwatch = self._client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=_UNRELATED,
            Namespace=self._prefix,
            MetricName=_UNRELATED,
            Statistic="Sum",
            Period=_MINUTE_S,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
        )
        cloudwatch.set_alarm_state(AlarmName=_UNRELATED, StateValue="ALARM", StateReason="A drill.")
        try:
            yield
            [alarm] = cloudwatch.describe_alarms(AlarmNames=[_UNRELATED])["MetricAlarms"]
            if alarm["StateValue"] != "ALARM":
                raise PlatformError("The unrelated alarm did not fire during the release.")
        finally:
            cloudwatch.delete_alarms(AlarmNames=[_UNRELATED])

    def _versions(self, service: str) -> Mapping[str, str]:
        """Return the version of each released function of a service, with a mark if it shares its traffic."""
        aws, prefix = self._client("lambda"), f"{self._prefix}-{service}-"
        found = {}
        for page in aws.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                name = function["FunctionName"]
                if name.startswith(prefix):
                    with contextlib.suppress(aws.exceptions.ResourceNotFoundException):
                        alias = aws.get_alias(FunctionName=name, Name=ALIAS)
                        shares = bool((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights"))
                        found[name.removeprefix(prefix)] = alias["FunctionVersion"] + " and another" * shares
        return found

    def _state(self, service: str, *, before: Mapping[str, str], passed: bool, watched: Watched) -> tuple[str, bool]:
        """Return the state after a release in words, and whether aliases and stack agree with its outcome."""
        [stack] = self._client("cloudformation").describe_stacks(StackName=f"{self._prefix}-{service}")["Stacks"]
        after = self._versions(service)
        released = {each.function: each.new_version for each in watched.functions}
        expected = {**before, **released} if passed else before
        which = "new" if passed else "old"
        status = str(stack["StackStatus"])
        if after == expected and status in _WHOLE:
            return f"{which} versions, {status}", True
        wrong = ", ".join(f"{name}: {version}" for name, version in after.items() if expected.get(name) != version)
        return f"{wrong or which + ' versions'}, {status}", False

    def _failures(self, *, since: datetime) -> int:
        """Return the failed requests that the versions of users have counted, and their failed invocations."""
        function = f"{self._prefix}-users-api"
        return self._sum(self._prefix, SERVER_ERRORS, {"service": "users"}, since=since) + self._sum(
            "AWS/Lambda", "Errors", {"FunctionName": function, "Resource": f"{function}:{ALIAS}"}, since=since
        )

    def _events_hurt(self, *, since: datetime) -> int:
        parts = (("EventsFailed", "users"), ("EventsFailed", "activity"), ("EventsParked", "users"))
        return sum(self._sum(self._prefix, name, {"service": service}, since=since) for name, service in parts)

    def _sum(self, namespace: str, name: str, dimensions: Mapping[str, str], *, since: datetime) -> int:
        points = self._client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=since,
            EndTime=datetime.now(UTC),
            Period=_MINUTE_S,
            Statistics=["Sum"],
        )["Datapoints"]
        return round(sum(float(point["Sum"]) for point in points))

    @property
    def _prefix(self) -> str:
        return load_environment(self.settings.environment).prefix

    @property
    def _region(self) -> str:
        return load_environment(self.settings.environment).region

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        return client(service, self.settings, self._region)


def _faults(row: Row, version: Version, *, is_whole: bool, shipped: bool) -> Iterator[str]:
    if row.passed and not version.passes:
        yield "a bad version passed"
    if not row.passed and version.passes:
        yield "a good version was taken back"
    if not shipped:
        yield "nothing was released"
    if row.requests_lost:
        yield f"{row.requests_lost} requests were lost"
    if row.events_lost:
        yield f"{row.events_lost} events were lost"
    if not is_whole:
        yield "the state after it is not whole"
