"""The shifts of a function's traffic from one version to another, as CodeDeploy made them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from functions.shared.interface.names import ALIAS
from operate.target import Target

# An environment without canaries leaves this resource type out.
_DEPLOYMENT_GROUP = "AWS::CodeDeploy::DeploymentGroup"

RUNNING = ["Created", "Queued", "InProgress", "Ready", "Baking"]
_ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
# https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html
_TAKES_BACK = frozenset({"codeDeployRollback", "CloudFormationRollback"})


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A deployment of CodeDeploy.

    Attributes:
        deployment_id: Its id, such as `d-1A2B3C4D5`.
        before: The version that served before; CodeDeploy has compared it with the alias.
        after: The version that served, or was to serve, afterwards.
        began_at: The time of its creation, in UTC.
        takes_back: True if it returns the traffic of another shift; AWS itself has started it.
    """

    deployment_id: str
    before: str
    after: str
    began_at: datetime
    takes_back: bool = False

    @property
    def good(self) -> str:
        """The version that serves if the traffic is returned."""
        return self.after if self.takes_back else self.before

    @property
    def bad(self) -> str:
        """The version that loses its traffic then."""
        return self.before if self.takes_back else self.after


class Shifts(Protocol):
    """The shifts of an environment's functions."""

    def done(self, function: str) -> list[Shift]:
        """Return the shifts of a function that succeeded, the newest first; none that took another one back."""

    def running(self, function: str) -> list[Shift]:
        """Return the shifts of a function that have not ended."""

    def stop(self, deployment_id: str) -> None:
        """Stop a shift, so that CodeDeploy takes it back; one that has ended stays as it is."""

    def is_over(self, deployment_id: str) -> bool:
        """Return True if a stopped shift, and the shift that takes it back, have ended."""


def shifts_of(target: Target, service: str) -> Shifts:
    """Return the shifts of a service; an environment without canaries has none."""
    environment = target.environment
    if environment.canary is None or _DEPLOYMENT_GROUP in {str(kind) for kind in environment.left_out}:
        return NoShifts()
    return CodeDeployShifts(target.client("codedeploy"), target.name_of(service))


def shift_to(done: Sequence[Shift], version: str) -> Shift | None:
    """Return the last of some shifts, the newest first, that put a version into service."""
    return next((shift for shift in done if shift.after == version), None)


class NoShifts:
    """An environment without canaries: its aliases move at once, and nothing remembers them."""

    def done(self, _: str) -> list[Shift]:
        """See `Shifts.done`."""
        return []

    def running(self, _: str) -> list[Shift]:
        """See `Shifts.running`."""
        return []

    def stop(self, _: str) -> None:
        """See `Shifts.stop`."""

    def is_over(self, _: str) -> bool:
        """See `Shifts.is_over`."""
        return True


class CodeDeployShifts:
    """The shifts of CodeDeploy.

    Args:
        client: The boto3 client.
        application: The application of a service, named like its stack; a group is named like its function.
    """

    def __init__(self, client: Any, application: str) -> None:  # noqa: ANN401 - boto3's clients have no types
        self._codedeploy = client
        self._application = application

    def done(self, function: str) -> list[Shift]:
        """See `Shifts.done`."""
        return [shift for shift in self._list(function, ["Succeeded"]) if not shift.takes_back]

    def running(self, function: str) -> list[Shift]:
        """See `Shifts.running`."""
        return list(self._list(function, RUNNING))

    def stop(self, deployment_id: str) -> None:
        """See `Shifts.stop`."""
        try:
            self._codedeploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)
        except self._codedeploy.exceptions.DeploymentAlreadyCompletedException:
            return

    def is_over(self, deployment_id: str) -> bool:
        """See `Shifts.is_over`."""
        info = self._info(deployment_id)
        if info["status"] not in _ENDED:
            return False
        back = info.get("rollbackInfo", {}).get("rollbackDeploymentId")
        return back is None or self._info(back)["status"] in _ENDED

    def _list(self, function: str, statuses: list[str]) -> Iterator[Shift]:
        paginator = self._codedeploy.get_paginator("list_deployments")
        try:
            pages = paginator.paginate(
                applicationName=self._application, deploymentGroupName=function, includeOnlyStatuses=statuses
            )
            found = [deployment_id for page in pages for deployment_id in page["deployments"]]
        except (
            self._codedeploy.exceptions.ApplicationDoesNotExistException,
            self._codedeploy.exceptions.DeploymentGroupDoesNotExistException,
        ):
            return
        infos = [self._info(deployment_id) for deployment_id in found]
        for info in sorted(infos, key=lambda each: each["createTime"], reverse=True):
            moved = versions_of(lambda_targets(self._codedeploy, info["deploymentId"]))
            # A deployment that failed early never knew its versions.
            if moved.get("currentVersion") and moved.get("targetVersion"):
                yield Shift(
                    deployment_id=info["deploymentId"],
                    before=moved["currentVersion"],
                    after=moved["targetVersion"],
                    began_at=info["createTime"],
                    takes_back=info.get("creator") in _TAKES_BACK,
                )

    def _info(self, deployment_id: str) -> Mapping[str, Any]:
        info: Mapping[str, Any] = self._codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
        return info


def lambda_targets(codedeploy: Any, deployment_id: str) -> list[Mapping[str, Any]]:  # noqa: ANN401 - as above
    """Return the targets of a deployment, each with its lifecycle events; none of one that failed early."""
    ids = codedeploy.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
    if not ids:
        return []
    found = codedeploy.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids)["deploymentTargets"]
    return [each.get("lambdaTarget", {}) for each in found]


def versions_of(targets: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the versions between which the alias moves: `currentVersion` and `targetVersion`."""
    infos = (each.get("lambdaFunctionInfo", {}) for each in targets)
    return next((info for info in infos if info.get("functionAlias") == ALIAS), {})
