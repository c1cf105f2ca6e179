"""The metrics of delivery in CloudWatch: one value for each change of a stack that has ended, by service.

They are for graphs. The KPIs of the API are derived from the records, which late events correct; a metric stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from functions.operations.domain import Deployment, Part
from functions.shared.interface.names import CHANGE_LEAD_TIME, DEPLOYMENT_CYCLE_TIME, DEPLOYMENT_SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a change of a stack.

    Attributes:
        service: The service of the stack, or the name of a shared stack.
        at: The time of the end.
        has_succeeded: False if AWS has taken the change back.
        cycle_s: The time since the request; None without a request, or after a failure.
        lead_s: The time since the commit; None as above.
    """

    service: str
    at: datetime
    has_succeeded: bool
    cycle_s: float | None
    lead_s: float | None

    @property
    def values(self) -> dict[str, float]:
        """The value of each metric that has one."""
        found = {
            DEPLOYMENT_SUCCEEDED: float(self.has_succeeded),
            DEPLOYMENT_CYCLE_TIME: self.cycle_s,
            CHANGE_LEAD_TIME: self.lead_s,
        }
        return {name: value for name, value in found.items() if value is not None}


def ended_by(position: str, deployments: Iterable[Deployment]) -> Ended | None:
    """Return the change that ended with the event at a position; a rollback by hand and a deletion are none."""
    for deployment in deployments:
        for part in deployment.parts:
            if position in part.positions and _is_change(deployment, part):
                return _ended(deployment, part)
    return None


def _is_change(deployment: Deployment, part: Part) -> bool:
    by_hand = deployment.request is not None and deployment.request.rollback_of is not None
    return part.outcome is not None and not by_hand and not part.state.startswith("DELETE")


def _ended(deployment: Deployment, part: Part) -> Ended | None:
    if part.ended_at is None:
        return None
    request = deployment.request if part.outcome == "succeeded" else None
    return Ended(
        service=part.stack.split("-", 2)[-1],
        at=part.ended_at,
        has_succeeded=part.outcome == "succeeded",
        cycle_s=(part.ended_at - request.at).total_seconds() if request else None,
        lead_s=(part.ended_at - request.committed_at).total_seconds() if request else None,
    )
