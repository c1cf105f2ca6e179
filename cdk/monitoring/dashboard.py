"""The dashboard of an environment: a row for the gateway, and one for each service, built from its manifest."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from aws_cdk import ArnFormat
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join
from cdk.gateway import collector
from cdk.monitoring.alarm import full_name
from cdk.monitoring.metric import (
    Expression,
    Metric,
    application_namespace,
    error_percent,
    function_metric,
    queue_metric,
    request_metric,
    table_metric,
)
from cdk.monitoring.service_alarms import alarms_of, queues_of
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.dead_letters import DEAD_LETTERS
from functions.shared.interface.names import CHANGE_LEAD_TIME, DEPLOYMENT_CYCLE_TIME, DEPLOYMENT_SUCCEEDED

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
COLUMNS = 24
PERIOD_S = 300
HEADING_HEIGHT, ALARMS_HEIGHT, GRAPH_HEIGHT = 1, 3, 6
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")

type Widget = dict[str, Any]
type Line = tuple[str, Metric | Expression]


class DashboardStack(PlatformStack):
    """The stack of the dashboard, the first page that the person on call opens."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifests: Sequence[Manifest],
        has_gateway: bool,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="dashboard",
            description="The dashboard of the environment.",
        )
        self._environment = environment
        rows = [
            *([self._gateway(manifests)] if has_gateway else []),
            *([self._delivery(manifests)] if any(map(_records_deployments, manifests)) else []),
            *map(self._service, manifests),
        ]
        dashboard = cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=environment.prefix,
            dashboard_body=json.dumps({"periodOverride": "auto", "widgets": [*_placed(rows)]}),
        )
        suppress_fn_join(dashboard)

    def _gateway(self, manifests: Iterable[Manifest]) -> list[Widget]:
        """Return the gateway's row: answers, failures and connections, counted by Traefik."""
        namespace = collector.namespace(self._environment)

        def counted(name: str, **labels: str) -> Metric:
            return Metric(namespace=namespace, name=name, statistic="Sum", dimensions=labels)

        answers = [(each, counted("Answers", **{"class": each})) for each in STATUS_CLASSES]
        failed = [
            (manifest.service, counted("ServiceRequests", service=manifest.service, **{"class": "5xx"}))
            for manifest in manifests
            if manifest.http
        ]
        return [
            _heading("gateway"),
            self._graph("answers", answers),
            self._graph("failed requests by service", failed),
            self._graph("open connections", [("connections", counted("OpenConnections"))]),
        ]

    def _delivery(self, manifests: Iterable[Manifest]) -> list[Widget]:
        """Return the row of delivery: the changes of each service's stack, and the medians of their times."""
        services = [manifest.service for manifest in manifests]

        def measured(name: str, statistic: str) -> list[Line]:
            namespace = application_namespace(self._environment)
            return [
                (service, Metric(namespace=namespace, name=name, statistic=statistic, dimensions={"service": service}))
                for service in services
            ]

        return [
            _heading("delivery"),
            self._graph("deployments", measured(DEPLOYMENT_SUCCEEDED, "SampleCount")),
            self._graph("deployments that succeeded, share", measured(DEPLOYMENT_SUCCEEDED, "Average")),
            self._graph("cycle time, s", measured(DEPLOYMENT_CYCLE_TIME, "p50")),
            self._graph("lead time of changes, s", measured(CHANGE_LEAD_TIME, "p50")),
        ]

    def _service(self, manifest: Manifest) -> list[Widget]:
        """Return the row of a service: its alarms, requests, functions, queues and table."""
        environment = self._environment
        widgets = [_heading(manifest.service), self._alarms(manifest)]
        if manifest.http:
            objectives = environment.objectives
            durations = [
                (name, request_metric(environment, manifest, "Duration", name))
                for name in ("p50", f"p{objectives.latency_percent:g}")
            ]
            requests = [("requests", request_metric(environment, manifest, "Duration", "SampleCount"))]
            widgets += [
                self._graph("requests", requests),
                self._graph(
                    "failed requests, %",
                    [("failed", error_percent(environment, manifest))],
                    line_at=environment.alarms.error_percent,
                ),
                self._graph("duration, ms", durations, line_at=objectives.latency_ms),
            ]
        functions = [
            (f"{function} {name.lower()}", function_metric(environment, manifest, function, name, "Sum"))
            for function in manifest.functions
            for name in ("Errors", "Throttles")
        ]
        widgets.append(self._graph("functions", functions))
        queues = queues_of(manifest)
        if queues:
            ages = [(queue, queue_metric(environment, queue, "ApproximateAgeOfOldestMessage")) for queue in queues]
            dead = [
                (queue, queue_metric(environment, f"{queue}{DEAD_LETTERS}", "ApproximateNumberOfMessagesVisible"))
                for queue in queues
            ]
            widgets += [self._graph("oldest message, s", ages), self._graph("dead letters", dead)]
        if manifest.table:
            names = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
            units = [(name, table_metric(environment, manifest, name)) for name in names]
            widgets.append(self._graph("capacity units", units))
        return widgets

    def _alarms(self, manifest: Manifest) -> Widget:
        names = [full_name(self._environment, alarm) for alarm in alarms_of(self._environment, manifest)]
        arns = [
            self.format_arn(
                service="cloudwatch", resource="alarm", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in names
        ]
        properties = {"title": f"alarms of {manifest.service}", "alarms": arns}
        return {"type": "alarm", "width": COLUMNS, "height": ALARMS_HEIGHT, "properties": properties}

    def _graph(self, title: str, lines: Iterable[Line], *, line_at: float | None = None) -> Widget:
        properties: Widget = {
            "title": title,
            "region": self._environment.region,
            "period": PERIOD_S,
            "view": "timeSeries",
            "yAxis": {"left": {"min": 0}},
            "metrics": [entry for label, line in lines for entry in _entries(label, line)],
        }
        if line_at is not None:
            properties["annotations"] = {"horizontal": [{"value": line_at, "label": "alarm"}]}
        return {"type": "metric", "width": COLUMNS // 4, "height": GRAPH_HEIGHT, "properties": properties}


def _records_deployments(manifest: Manifest) -> bool:
    """Return True for the service that publishes the metrics of delivery."""
    return any(function.platform_events for function in manifest.functions.values())


def _entries(label: str, line: Metric | Expression) -> Iterator[list[Any]]:
    """Yield the entries of one line of a graph: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html#CloudWatch-Dashboard-Properties-Metrics-Array-Format."""
    if isinstance(line, Metric):
        yield _entry(line, label=label)
        return
    yield [{"expression": line.text, "label": label, "id": "result"}]
    for name, metric in line.metrics.items():
        yield _entry(metric, id=name, visible=False)


def _entry(metric: Metric, **rendering: str | bool) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic, **rendering}]


def _heading(name: str) -> Widget:
    return {"type": "text", "width": COLUMNS, "height": HEADING_HEIGHT, "properties": {"markdown": f"## {name}"}}


def _placed(rows: Iterable[Sequence[Widget]]) -> Iterator[Widget]:
    """Position the widgets of each row from left to right, on as many lines as they need."""
    top = 0
    for row in rows:
        left = height = 0
        for widget in row:
            if left + widget["width"] > COLUMNS:
                left, top, height = 0, top + height, 0
            yield {**widget, "x": left, "y": top}
            left, height = left + widget["width"], max(height, widget["height"])
        top += height
