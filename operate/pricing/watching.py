"""What watches: logs, metrics, alarms, and the guard of the account."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from operate.pricing.data import object_requests
from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import GB, HOURS, Load

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
# As the bucket of the public load balancer is named.
_ACCESS_LOGS = "-access-logs-"


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
    yield from alarms(inventory, load)
    yield Line(part=LOGS, what="metrics of the gateway", price="metric_month", fixed=gateway_metrics(inventory, load))
    yield from access_logs(inventory, load)
    yield from guard(inventory, load)


def logged(what: str, load: Load, written_bytes: float, months: float) -> Iterator[Line]:
    """Price logs: to write them, and to keep them for some months."""
    written_gb = written_bytes / GB
    yield Line(part=LOGS, what=f"logs of {what}, written", price="log_gb", used=written_gb)
    kept_gb = written_gb * min(months, load["months_of_data"]) * load["log_compression"]
    yield Line(part=LOGS, what=f"logs of {what}, kept", price="log_gb_month", used=kept_gb)


def alarms(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price the alarms, the dashboards, and the metrics that the services write for them."""
    looked_at = sum(map(_metrics_of_alarm, inventory.of_type("AWS::CloudWatch::Alarm")))
    yield Line(part=LOGS, what="alarms", price="alarm_month", fixed=looked_at)
    composite = inventory.count("AWS::CloudWatch::CompositeAlarm")
    yield Line(part=LOGS, what="alarms that read others", price="composite_alarm_month", fixed=composite)
    dashboards = inventory.count("AWS::CloudWatch::Dashboard")
    yield Line(part=LOGS, what="dashboards", price="dashboard_month", fixed=dashboards)
    # Those of the CDK run in a deployment alone, and write none.
    writing = len(inventory.functions) - len(inventory.having("deployment"))
    metrics = writing * load["metrics_per_function"]
    yield Line(part=LOGS, what="metrics of the services", price="metric_month", fixed=metrics)


def access_logs(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what the public load balancer writes into a bucket about each request: a file in five minutes and zone."""
    for bucket in inventory.of_type("AWS::S3::Bucket"):
        if _ACCESS_LOGS in json.dumps(bucket.get("BucketName", "")):
            days = max(rule.get("ExpirationInDays", 0) for rule in bucket["LifecycleConfiguration"]["Rules"])
            months = min(days / 30, load["months_of_data"])
            kept_gb = load.requests * load["access_log_bytes"] / GB * months
            yield Line(part=LOGS, what="access logs, kept", price="object_gb_month", used=kept_gb)
            files = inventory.zones * HOURS * 12
            yield Line(part=LOGS, what="access logs, written", price="object_write", fixed=files)


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


def guard(inventory: Inventory, load: Load, *, has_functions: bool = True) -> Iterator[Line]:
    """Price what looks at the whole account, where the environment has it."""
    for detector in inventory.of_type("AWS::GuardDuty::Detector"):
        yield Line(part=GUARD, what="GuardDuty, changes", price="watched_event", fixed=load["management_events"])
        flows_gb = load.requests * load["flow_log_bytes"] / GB
        yield Line(part=GUARD, what="GuardDuty, flows", price="watched_gb", used=flows_gb)
        features = {each["Name"] for each in detector.get("Features", ()) if each["Status"] == "ENABLED"}
        if "S3_DATA_EVENTS" in features:
            requests = sum(object_requests(load))
            yield Line(part=GUARD, what="GuardDuty, objects", price="watched_object_event", used=requests)
        if "LAMBDA_NETWORK_LOGS" in features and has_functions:
            # As much of a request as its way there.
            yield Line(part=GUARD, what="GuardDuty, functions", price="watched_gb", used=flows_gb)
    if inventory.count("AWS::CloudTrail::Trail"):
        # The first copy of management events costs nothing but the room for its files.
        yield Line(part=GUARD, what="files of CloudTrail", price="object_gb_month", fixed=load["trail_gb"])
