"""The KPIs of delivery, each with its definition; https://dora.dev/guides/dora-metrics/ has the five of DORA."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.operations.domain import Deployment
from functions.operations.releases import Attempt, classify

type Unit = Literal["seconds", "per_day", "share"]
type Days = Literal[7, 30, 90]

# With fewer releases a share says little: the answer has the list, and no share.
LEAST_FOR_A_SHARE = 10
# Releases before a window count for what was live at its begin, and for the failures that a release in it ended.
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A deployment behind a number.

    Attributes:
        at: The time that puts the deployment into the window.
        value: Seconds; for a share 1 if the deployment counts in the numerator, else 0.
        because_of: The deployment that ended the failure, if it has one.
    """

    deployment_id: str
    at: datetime
    value: float
    because_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The definition of a KPI, as the API returns it."""

    name: str
    title: str
    sets: tuple[Literal["platform", "dora"], ...]
    unit: Unit
    text: str
    rows: Callable[[Sequence[Attempt]], Iterable[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A number with the rows behind it.

    Attributes:
        value: None without rows, and for a share of fewer than ten.
        count: The number of rows.
    """

    definition: Definition
    value: float | None
    rows: tuple[Row, ...]

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The KPIs of a window.

    Attributes:
        start: Midnight UTC at the begin of the first day.
        end: The time of the report.
        baking: The releases without an outcome; they count in no number.
    """

    environment: str
    service: str | None
    days: int
    start: datetime
    end: datetime
    baking: tuple[str, ...]
    kpis: tuple[Kpi, ...]


def report(
    deployments: Iterable[Deployment], *, environment: str, service: str | None, days: int, now: datetime
) -> Report:
    """Return the KPIs of the last `days` days in UTC, today included."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - timedelta(days=days - 1)
    attempts = classify(deployments, environment=environment, service=service, now=now)
    return Report(
        environment=environment,
        service=service,
        days=days,
        start=start,
        end=now,
        baking=tuple(each.deployment_id for each in attempts if each.outcome is None and each.kind == "release"),
        kpis=tuple(_kpi(definition, attempts, days=days, start=start, end=now) for definition in DEFINITIONS),
    )


def _kpi(definition: Definition, attempts: Sequence[Attempt], *, days: int, start: datetime, end: datetime) -> Kpi:
    rows = tuple(row for row in definition.rows(attempts) if start <= row.at <= end)
    return Kpi(definition=definition, value=_value(definition.unit, rows, days=days), rows=rows)


def _value(unit: Unit, rows: Sequence[Row], *, days: int) -> float | None:
    from statistics import median  # noqa: PLC0415 - only a report needs it, not a cold start

    match unit:
        case "per_day":
            return len(rows) / days
        case "seconds":
            return median(row.value for row in rows) if rows else None
        case "share":
            return sum(row.value for row in rows) / len(rows) if len(rows) >= LEAST_FOR_A_SHARE else None


def _released(attempts: Sequence[Attempt]) -> Iterable[tuple[Attempt, datetime]]:
    """Yield the releases with an outcome, each with the time by which it belongs to a window."""
    for attempt in attempts:
        closed_at = attempt.ended_at or attempt.failed_at
        if attempt.kind == "release" and attempt.outcome and closed_at:
            yield attempt, closed_at


def _succeeded(attempts: Sequence[Attempt]) -> Iterable[tuple[Attempt, datetime]]:
    return ((attempt, ended_at) for attempt, ended_at in _released(attempts) if attempt.outcome == "succeeded")


def _cycle_times(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, ended_at in _succeeded(attempts):
        taken_s = (ended_at - attempt.deployment.at).total_seconds()
        yield Row(deployment_id=attempt.deployment_id, at=ended_at, value=taken_s)


def _releases(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, ended_at in _succeeded(attempts):
        yield Row(deployment_id=attempt.deployment_id, at=ended_at, value=1)


def _successes(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, closed_at in _released(attempts):
        yield Row(deployment_id=attempt.deployment_id, at=closed_at, value=attempt.outcome == "succeeded")


def _lead_times(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, ended_at in _succeeded(attempts):
        request = attempt.deployment.request
        if request and request.committed_at <= ended_at:
            led_s = (ended_at - request.committed_at).total_seconds()
            yield Row(deployment_id=attempt.deployment_id, at=ended_at, value=led_s)


def _change_failures(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, closed_at in _released(attempts):
        yield Row(
            deployment_id=attempt.deployment_id,
            at=closed_at,
            value=attempt.failed_at is not None,
            because_of=attempt.recovered_by,
        )


def _recoveries(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt in attempts:
        if attempt.failed_at and attempt.recovered_at:
            hurt_s = (attempt.recovered_at - attempt.failed_at).total_seconds()
            yield Row(
                deployment_id=attempt.deployment_id, at=attempt.failed_at, value=hurt_s, because_of=attempt.recovered_by
            )


def _repairs(attempts: Sequence[Attempt]) -> Iterable[Row]:
    for attempt, closed_at in _released(attempts):
        yield Row(deployment_id=attempt.deployment_id, at=closed_at, value=attempt.is_repair)


DEFINITIONS = (
    Definition(
        name="deployment_cycle_time",
        title="Deployment cycle time",
        sets=("platform",),
        unit="seconds",
        text="Median time from the request of a release to the last event of AWS for it, of releases that succeeded.",
        rows=_cycle_times,
    ),
    Definition(
        name="deployment_frequency",
        title="Deployment frequency",
        sets=("platform", "dora"),
        unit="per_day",
        text="Releases that succeeded, per day of the window, on the UTC day on which they ended. All stacks of one"
        " request are one release. Rollbacks, and re-runs of the commit that is live, are none.",
        rows=_releases,
    ),
    Definition(
        name="deployment_success_rate",
        title="Deployment success rate",
        sets=("platform",),
        unit="share",
        text="Share of the releases with an outcome that AWS completed without a failure and without taking them back.",
        rows=_successes,
    ),
    Definition(
        name="change_lead_time",
        title="Change lead time",
        sets=("dora",),
        unit="seconds",
        text="Median time from the author time of the deployed commit to the end of the release, of releases that"
        " succeeded, whatever their branch. A release without a request has no commit and does not count.",
        rows=_lead_times,
    ),
    Definition(
        name="change_fail_rate",
        title="Change fail rate",
        sets=("dora",),
        unit="share",
        text="Share of the releases with an outcome that failed, that AWS took back, or that a later rollback of the"
        " same stack took back. A release that bakes has no outcome and does not count.",
        rows=_change_failures,
    ),
    Definition(
        name="failed_deployment_recovery_time",
        title="Failed deployment recovery time",
        sets=("dora",),
        unit="seconds",
        text="Median time from a failure until its stacks serve a sound version: until AWS has taken the release back,"
        " else until the next deployment of the same stacks succeeds. The failure of a release that was rolled back"
        " later begins at its end. Failures without a recovery do not count yet.",
        rows=_recoveries,
    ),
    Definition(
        name="rework_rate",
        title="Deployment rework rate",
        sets=("dora",),
        unit="share",
        text="Share of the releases with an outcome that repaired: released past alarms, or the first release of a"
        " stack after one that failed or was taken back.",
        rows=_repairs,
    ),
)
