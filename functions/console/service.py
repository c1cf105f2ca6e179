"""The use cases of the console: it reads, and shows a problem for each part that cannot be read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.console.calls import all_at_once, part_of
from functions.console.domain import (
    Alarm,
    AlarmPage,
    Budget,
    Live,
    Metric,
    Now,
    Part,
    Release,
    Series,
    ServiceNow,
    Traffic,
    Window,
    in_order,
)
from functions.console.errors import AlarmNotFound
from functions.console.platform import Platform, Service
from functions.console.ports import Monitoring, Operations, Versions
from functions.console.remembered import Remembered

MINUTE_S, DAY_S = 60, 24 * 3600
# The traffic that a page shows: the last hour, minute by minute.
MINUTES = 60
# Values of an alarm, in its own periods.
PERIODS = 60
# The deployments among which the last one of each service is looked for.
LOOKED_AT = 50
# The incidents among which the open ones are looked for.
INCIDENTS_LOOKED_AT = 20
# CloudWatch bills each metric that is read; the budget of thirty days moves slowly.
ALARMS_KEPT_S, TRAFFIC_KEPT_S, BUDGET_KEPT_S, VERSIONS_KEPT_S = 5.0, 20.0, 300.0, 10.0


class ConsoleService:
    """Reads the state of the platform; other objects keep no state."""

    def __init__(
        self,
        platform: Platform,
        monitoring: Monitoring,
        versions: Versions,
        operations: Operations,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.platform = platform
        self._monitoring = monitoring
        self._versions = versions
        self._operations = operations
        self._clock = clock
        self._remembered = Remembered()

    def now(self, *, token: str) -> Now:
        """Return the state of all services; the person's token is for their releases."""
        parts = all_at_once(
            {
                "alarms": self._alarms,
                "traffic": lambda: self._traffic(periods=MINUTES, period_s=MINUTE_S, kept_s=TRAFFIC_KEPT_S),
                "budgets": self._budgets,
                "versions": self._live,
                "releases": lambda: self._releases(token),
                "incidents": lambda: self._open_incidents(token),
            }
        )
        values = {name: part.value for name, part in parts.items()}
        alarms: Sequence[Alarm] = values["alarms"] or ()
        services = [
            _now(service, alarms=alarms, values=values, platform=self.platform)
            for service in self.platform.services.values()
        ]
        problems = {name: part.problem for name, part in parts.items() if part.problem}
        incidents = values["incidents"] or ()
        return Now(services=services, alarms=in_order(alarms), incidents=incidents, problems=problems)

    def list_alarms(self) -> Sequence[Alarm]:
        """Return all alarms, those that fire first.

        Raises:
            Unavailable: CloudWatch refuses, or does not answer.
        """
        return in_order(self._alarms())

    def alarm(self, name: str, *, token: str) -> AlarmPage:
        """Return an alarm with its history, its values and the open incidents of its service.

        Raises:
            AlarmNotFound: The platform has no such alarm.
            Unavailable: CloudWatch refuses, or does not answer.
        """
        alarm = self._monitoring.find_alarm(name)
        if alarm is None:
            raise AlarmNotFound
        window = Window.until(self._clock(), periods=PERIODS, period_s=alarm.period_s)

        def read_series() -> Series | None:
            return self._monitoring.read_alarm(alarm, window) if alarm.metrics else None

        history = part_of(lambda: self._monitoring.list_changes(name))
        service = name.removeprefix(f"{self.platform.prefix}-").partition("-")[0]

        def read_incidents() -> Sequence[Mapping[str, Any]]:
            return [each for each in self._open_incidents(token) if service in each["services"]]

        incidents = part_of(read_incidents) if alarm.is_firing else Part(value=())
        return AlarmPage(alarm=alarm, history=history, incidents=incidents, series=part_of(read_series))

    def operations(self, path: str, *, token: str, **query: str | None) -> Any:  # noqa: ANN401 - JSON
        """Return what the API of operations answers to a person.

        Raises:
            ApiError: The service refuses, or fails.
        """
        given = {name: value for name, value in query.items() if value is not None}
        return self._operations.get(f"/operations/{path}", token=token, query=given)

    def kpis(self, path: str, *, token: str, days: str, of: str | None) -> Any:  # noqa: ANN401 - JSON
        """Return what the API says of the KPIs of this environment, or of one of its services.

        Raises:
            ApiError: The service refuses, or fails.
        """
        environment = self.platform.environment
        return self.operations(f"kpis{path}", token=token, environment=environment, days=days, service=of)

    def _alarms(self) -> Sequence[Alarm]:
        return self._remembered.get("alarms", self._monitoring.list_alarms, seconds=ALARMS_KEPT_S)

    def _budgets(self) -> Mapping[str, Budget]:
        traffic = self._traffic(periods=self.platform.window_days, period_s=DAY_S, kept_s=BUDGET_KEPT_S)
        percent = self.platform.availability_percent
        return {name: Budget.of(each, availability_percent=percent) for name, each in traffic.items()}

    def _traffic(self, *, periods: int, period_s: int, kept_s: float) -> Mapping[str, Traffic]:
        window = Window.until(self._clock(), periods=periods, period_s=period_s)
        return self._remembered.get(("traffic", window), lambda: self._read_traffic(window), seconds=kept_s)

    def _read_traffic(self, window: Window) -> Mapping[str, Traffic]:
        served = [service for service in self.platform.services.values() if service.api]
        metrics = [metric for service in served for metric in _traffic_metrics(self.platform, service)]
        values = self._monitoring.read(metrics, window)
        return {service.name: _traffic_of(service.name, values, window) for service in served}

    def _live(self) -> Mapping[str, Live]:
        functions = [
            self.platform.function_name(service.name, function)
            for service in self.platform.services.values()
            for function in service.functions
        ]
        return self._remembered.get("versions", lambda: self._versions.list_live(functions), seconds=VERSIONS_KEPT_S)

    def _open_incidents(self, token: str) -> Sequence[Mapping[str, Any]]:
        page = self.operations("incidents", token=token, limit=str(INCIDENTS_LOOKED_AT))
        return [incident for incident in page["items"] if incident["ended_at"] is None]

    def _releases(self, token: str) -> Mapping[str, Release]:
        """Return the last deployment of each service, from the list that the person may see."""
        page = self.operations("deployments", token=token, limit=str(LOOKED_AT))
        releases: dict[str, Release] = {}
        for deployment in page["items"]:
            for stack in {part["stack"] for part in deployment["parts"]}:
                service = self.platform.service_of(stack)
                if service:
                    releases.setdefault(service, release_of(deployment))
        return releases


def release_of(deployment: Mapping[str, Any]) -> Release:
    """Return a deployment as the API of operations describes it."""
    request = deployment["request"] or {}
    return Release(
        deployment_id=deployment["id"],
        at=datetime.fromisoformat(deployment["requested_at"]),
        outcome=deployment["outcome"],
        commit=request.get("commit"),
    )


def _now(service: Service, *, alarms: Sequence[Alarm], values: Mapping[str, Any], platform: Platform) -> ServiceNow:
    own = in_order([alarm for alarm in alarms if alarm.service == service.name])
    live: Mapping[str, Live] = values["versions"] or {}
    names = [platform.function_name(service.name, function) for function in service.functions]
    return ServiceNow(
        name=service.name,
        has_api=service.api is not None,
        alarms=own,
        firing=[alarm for alarm in own if alarm.is_firing],
        traffic=(values["traffic"] or {}).get(service.name),
        budget=(values["budgets"] or {}).get(service.name),
        live=[live[name] for name in names if name in live],
        release=(values["releases"] or {}).get(service.name),
    )


def _traffic_metrics(platform: Platform, service: Service) -> list[Metric]:
    """Return the metrics by which the alarm `failures` counts requests; cdk/monitoring/metric.py explains them."""
    function = {"FunctionName": platform.function_name(service.name, str(service.api))}
    return [
        Metric(id=f"{service.name}_invocations", namespace="AWS/Lambda", name="Invocations", dimensions=function),
        Metric(id=f"{service.name}_throttled", namespace="AWS/Lambda", name="Throttles", dimensions=function),
        Metric(id=f"{service.name}_ended", namespace="AWS/Lambda", name="Errors", dimensions=function),
        Metric(
            id=f"{service.name}_answered",
            namespace=platform.prefix,
            name="ServerErrors",
            dimensions={"service": service.name},
        ),
    ]


def _traffic_of(service: str, values: Mapping[str, Series], window: Window) -> Traffic:
    def sums(*names: str) -> tuple[float, ...]:
        found = [values[f"{service}_{name}"].values for name in names]
        return tuple(sum(value or 0.0 for value in period) for period in zip(*found, strict=True))

    return Traffic(
        window=window, requests=sums("invocations", "throttled"), failed=sums("answered", "ended", "throttled")
    )
