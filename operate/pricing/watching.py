"""What watches: logs, metrics, alarms, and the guard of the account."""

from collections.abc import Iterator, Mapping
from typing import Any

from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import GB, Load

LOGS, GUARD = "logs and metrics", "guard of the account"
TYPES = frozenset({
    "AWS::CloudTrail::Trail",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::GuardDuty::Detector",
    "AWS::Logs::LogGroup",
})  # fmt: skip
_NAME, _RETENTION = "LogGroupName", "RetentionInDays"


def lines(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what is written down, and what looks at it."""
    groups = inventory.of_type("AWS::Logs::LogGroup")
    if groups:
        months = max(group[_RETENTION] for group in groups) / 30
        names = [group[_NAME] for group in groups]
        batches = load.events / load["events_per_batch"] * (1 + len(inventory.having("every event")))
        yield from logged("functions", load, (load.requests + batches) * load["function_log_bytes"], months)
        for prefix, what, size in (
            ("/aws/ecs/", "gateway", "gateway_log_bytes"),
            ("aws-waf-logs-", "firewall", "firewall_log_bytes"),
            ("/aws/vpc/", "flows", "flow_log_bytes"),
        ):
            if any(name.startswith(prefix) for name in names):
                yield from logged(what, load, load.requests * load[size], months)
    alarms = sum(map(_metrics_of_alarm, inventory.of_type("AWS::CloudWatch::Alarm")))
    yield Line(part=LOGS, what="alarms", price="alarm_month", fixed=alarms)
    composite = inventory.count("AWS::CloudWatch::CompositeAlarm")
    yield Line(part=LOGS, what="alarms that read others", price="composite_alarm_month", fixed=composite)
    dashboards = inventory.count("AWS::CloudWatch::Dashboard")
    yield Line(part=LOGS, what="dashboards", price="dashboard_month", fixed=dashboards)
    yield Line(part=LOGS, what="metrics of the gateway", price="metric_month", fixed=gateway_metrics(inventory, load))
    metrics = len(inventory.having("http")) * load["metrics_per_function"]
    yield Line(part=LOGS, what="metrics of functions", price="metric_month", fixed=metrics)
    yield from guard(inventory, load)


def logged(what: str, load: Load, written_bytes: float, months: float) -> Iterator[Line]:
    """Price logs: to write them, and to keep them for some months."""
    written_gb = written_bytes / GB
    yield Line(part=LOGS, what=f"logs of {what}, written", price="log_gb", used=written_gb)
    kept_gb = written_gb * min(months, load["months_of_data"]) * load["log_compression"]
    yield Line(part=LOGS, what=f"logs of {what}, kept", price="log_gb_month", used=kept_gb)


def _metrics_of_alarm(alarm: Mapping[str, Any]) -> int:
    """Count the metrics that an alarm looks at: its one, or those that it calculates with."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", ())) or 1


def gateway_metrics(inventory: Inventory, load: Load) -> float:
    """Return how many metrics Container Insights writes, and the sidecar: of each service, of all, and connections."""
    settings = [
        each for cluster in inventory.of_type("AWS::ECS::Cluster") for each in cluster.get("ClusterSettings", ())
    ]
    insights = [each for each in settings if each["Name"] == "containerInsights" and each["Value"] != "disabled"]
    counted = (len(inventory.having("http")) + 1) * load["status_classes"] + 1 if _has_sidecar(inventory) else 0
    return len(insights) * load["container_insight_metrics"] + counted


def _has_sidecar(inventory: Inventory) -> bool:
    return any(group[_NAME].endswith("-gateway-metrics") for group in inventory.of_type("AWS::Logs::LogGroup"))


def guard(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what looks at the whole account, where the environment has it."""
    if inventory.count("AWS::GuardDuty::Detector"):
        yield Line(part=GUARD, what="GuardDuty, changes", price="watched_event", fixed=load["management_events"])
        flows_gb = load.requests * load["flow_log_bytes"] / GB
        yield Line(part=GUARD, what="GuardDuty, flows", price="watched_gb", used=flows_gb)
    if inventory.count("AWS::CloudTrail::Trail"):
        # The first copy of management events costs nothing but the room for its files.
        yield Line(part=GUARD, what="files of CloudTrail", price="object_gb_month", fixed=load["trail_gb"])
