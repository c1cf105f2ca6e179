"""Alarms, measurements and the state of services, without HTTP and AWS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

type State = Literal["ALARM", "INSUFFICIENT_DATA", "OK"]
type Outcome = Literal["succeeded", "failed"]

# CloudWatch's comparisons that our alarms use.
SIGNS = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of CloudWatch.

    Attributes:
        service: The service that it belongs to; None for the gateway, the bus and the like.
        runbook: The path of the page with the response; empty without one.
        since: The time at which it got its state.
        metrics: Its metrics, in the form of GetMetricData; empty for a composite alarm.
        rule: The rule of a composite alarm.
    """

    name: str
    service: str | None
    description: str
    runbook: str
    state: State
    since: datetime
    reason: str
    threshold: float | None = None
    sign: str = ""
    period_s: int = 60
    metrics: tuple[Mapping[str, Any], ...] = ()
    rule: str = ""

    @property
    def is_firing(self) -> bool:
        """True in the state ALARM."""
        return self.state == "ALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an alarm's state."""

    at: datetime
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A statistic of a metric, under an id of the caller's choice."""

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in whole periods."""

    start: datetime
    end: datetime
    period_s: int

    @classmethod
    def until(cls, now: datetime, *, periods: int, period_s: int) -> "Window":
        """Return the last periods, of which the last one is not over yet."""
        end_s = (int(now.timestamp()) // period_s + 1) * period_s
        end = datetime.fromtimestamp(end_s, tz=now.tzinfo)
        return cls(start=end - timedelta(seconds=periods * period_s), end=end, period_s=period_s)

    @property
    def count(self) -> int:
        """The number of periods."""
        return round((self.end - self.start).total_seconds() / self.period_s)

    def place(self, at: datetime) -> int:
        """Return the number of the period that a time is in; the first one is 0."""
        return int((at - self.start).total_seconds() // self.period_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The values of the periods of a window; None for a period without one."""

    window: Window
    values: tuple[float | None, ...]

    @property
    def newest(self) -> float | None:
        """The last value that there is."""
        return next((value for value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The requests to a service in a window, and those that failed; sums of periods."""

    window: Window
    requests: tuple[float, ...]
    failed: tuple[float, ...]

    @property
    def total(self) -> float:
        """All requests."""
        return sum(self.requests)

    @property
    def total_failed(self) -> float:
        """All failed requests."""
        return sum(self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The error budget of a service: the failures that its objective allows in the window.

    Attributes:
        left: The share that is left, at most 1; below 0 if more requests failed than the objective allows.
    """

    requests: int
    failed: int
    left: float

    @classmethod
    def of(cls, traffic: Traffic, *, availability_percent: float) -> "Budget":
        """Return the budget after the traffic of a window; without requests nothing is used."""
        allowed = traffic.total * (100 - availability_percent) / 100
        left = 1 - traffic.total_failed / allowed if allowed else 1.0
        return cls(requests=round(traffic.total), failed=round(traffic.total_failed), left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The versions of a function that get traffic.

    Attributes:
        version: The version that the alias points to.
        canary: The new version beside it; None outside a release.
        share: The share of the traffic that the new version gets.
    """

    function: str
    version: str
    canary: str | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The last deployment that changed a service.

    Attributes:
        outcome: None while it runs or bakes.
    """

    deployment_id: str
    at: datetime
    outcome: Outcome | None
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part[T]:
    """A part of a page: its value, or the problem because of which it has none."""

    value: T | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNow:
    """The present state of a service; None for what it does not have, or what could not be read."""

    name: str
    has_api: bool
    alarms: Sequence[Alarm]
    firing: Sequence[Alarm]
    traffic: Traffic | None
    budget: Budget | None
    live: Sequence[Live]
    release: Release | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The present state of the platform; a problem for each kind of data that could not be read.

    Attributes:
        alarms: All alarms, those that fire first.
        incidents: The open incidents, as the API of operations describes them, newest first.
    """

    services: Sequence[ServiceNow]
    alarms: Sequence[Alarm]
    incidents: Sequence[Mapping[str, Any]]
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPage:
    """An alarm with its history, the open incidents of its service and, if it has metrics, its values."""

    alarm: Alarm
    incidents: Part[Sequence[Mapping[str, Any]]]
    history: Part[Sequence[Change]]
    series: Part[Series | None]


def in_order(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Return alarms as people look for them: those that fire first, the newest before the older, then by name."""
    order: Callable[[Alarm], tuple[bool, float, str]] = lambda alarm: (  # noqa: E731 - named for its type
        not alarm.is_firing,
        -alarm.since.timestamp() if alarm.is_firing else 0.0,
        alarm.name,
    )
    return sorted(alarms, key=order)
