"""The alarms of a deployment group, which CodeDeploy looks at during the whole of a deployment."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from local.embedded_aws.cloudwatch import alarm_evaluation
from local.embedded_aws.codedeploy import pace
from local.embedded_aws.codedeploy.service_role import RoleRefusedError, ServiceRole


class WatchedAlarms:
    """The alarms that an alarm configuration names; on a fast clock, they are evaluated at each look."""

    def __init__(self, configuration: Mapping[str, Any], role: ServiceRole, *, minute_s: float) -> None:
        alarms = configuration.get("alarms") if configuration.get("enabled") else None
        self.names = [str(alarm["name"]) for alarm in alarms or []]
        self._ignores_failure = bool(configuration.get("ignorePollAlarmFailure"))
        self._role = role
        self._minute_s = minute_s

    def __enter__(self) -> Self:
        """Begin: let the alarms run on the clock of the deployment."""
        pace.quicken(self.names, self._minute_s)
        return self

    def __exit__(self, *_: object) -> None:
        """End: let them run on their own clock."""
        pace.slow(self.names, self._minute_s)

    def require_readable(self) -> None:
        """Raise RoleRefusedError if the role may not read the alarms, unless the group ignores that."""
        try:
            for name in self.names:
                arn = f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"
                self._role.require("cloudwatch:DescribeAlarms", arn)
        except RoleRefusedError:
            if not self._ignores_failure:
                raise
            self.names = []

    def in_alarm(self) -> list[str]:
        """Return the names of the alarms that are in ALARM."""
        if self._minute_s != pace.REAL_MINUTE_S:
            _evaluate(pace.with_children(self.names))
        return [name for name in self.names if _state(name) == "ALARM"]


def _evaluate(names: Iterable[str]) -> None:
    for name in names:
        alarm_evaluation.evaluate_now(name)


def _state(name: str) -> str | None:
    found: dict[str, Any] | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return str(found["StateValue"]) if found else None
