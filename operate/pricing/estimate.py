"""The estimate: units of each price, fixed and caused by the load, added up by part of the platform.

A line that would be below half a percent of every total is left out: stored logs, images, the event archive, requests
for files, CloudTrail, restored snapshots.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cdk.gateway.capacity import requests_per_task_and_s
from cdk.settings.environment import Environment
from cdk.settings.manifest import Function, Manifest
from operate.pricing.load import GB, HOURS, SECONDS, Load
from operate.pricing.prices import Prices
from operate.pricing.synthesis import Resources

# GB per hour in a capacity unit, for other targets and for functions: https://aws.amazon.com/elasticloadbalancing/pricing/
_CAPACITY_GB, _CAPACITY_GB_TO_FUNCTIONS = 1.0, 0.4
# Lambda polls an empty queue with five connections, each for 20 s:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_POLLS = 5 * SECONDS / 20
_DAYS = 30


@dataclass(frozen=True)
class Platform:
    """The priced platform: its settings, its services and its synthesized resources."""

    environment: Environment
    manifests: Sequence[Manifest]
    resources: Resources

    def functions(self, chosen: Callable[[Function], bool]) -> list[Function]:
        """Return the functions of all services that fulfil a condition."""
        return [each for manifest in self.manifests for each in manifest.functions.values() if chosen(each)]

    @property
    def http_functions(self) -> list[Function]:
        """The functions behind the gateway."""
        return self.functions(lambda each: each.trigger == "http")

    @property
    def every_event_consumers(self) -> list[Function]:
        """The functions that consume every event."""
        return self.functions(lambda each: "*" in each.consumes)


@dataclass(frozen=True)
class Units:
    """Units of one price in a month: without a request, and in addition for the load."""

    what: str
    price: str
    fixed: float = 0.0
    used: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars in a month: without a request, and in total at the load."""

    fixed: float
    total: float


@dataclass(frozen=True)
class Estimate:
    """The priced lines of each part, and the types of resources without a price."""

    load: Load
    prices: Prices
    lines: Mapping[str, Mapping[str, Cost]]
    not_priced: tuple[str, ...]

    @property
    def parts(self) -> Mapping[str, Cost]:
        """The cost of each part."""
        return {part: _sum(lines.values()) for part, lines in self.lines.items()}

    @property
    def total(self) -> Cost:
        """The cost of the platform."""
        return _sum(self.parts.values())


def estimate(platform: Platform, prices: Prices, load: Load) -> Estimate:
    """Estimate the cost of a platform at a load."""
    lines = {
        part: {
            each.what: Cost(
                fixed=each.fixed * prices.usd[each.price], total=(each.fixed + each.used) * prices.usd[each.price]
            )
            for each in count(platform, load)
            if each.fixed or each.used
        }
        for part, count in _PARTS.items()
    }
    not_priced = sorted(each for each in platform.resources.types if not prices.covers(each))
    return Estimate(load, prices, {part: found for part, found in lines.items() if found}, tuple(not_priced))


def _sum(costs: Iterable[Cost]) -> Cost:
    kept = tuple(costs)
    return Cost(fixed=sum(cost.fixed for cost in kept), total=sum(cost.total for cost in kept))


def _way_in(platform: Platform, load: Load) -> Iterator[Units]:
    for balancer in platform.resources.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        is_public = balancer["Scheme"] == "internet-facing"
        name = "public load balancer" if is_public else "internal load balancer"
        capacity_gb = _CAPACITY_GB if is_public else _CAPACITY_GB_TO_FUNCTIONS
        yield Units(name, "load_balancer_hour", fixed=HOURS)
        yield Units(f"{name}, capacity", "load_balancer_capacity", used=load.api_gb / capacity_gb)
        if is_public:
            yield Units(f"{name}, addresses", "public_address_hour", fixed=len(balancer["Subnets"]) * HOURS)
    for acl in platform.resources.of_type("AWS::WAFv2::WebACL"):
        yield Units("firewall", "firewall_month", fixed=1)
        yield Units("firewall, rules", "firewall_rule_month", fixed=len(acl["Rules"]))
        yield Units("firewall, requests", "firewall_request", used=load.requests)
    for task in platform.resources.of_type("AWS::ECS::TaskDefinition"):
        edge = platform.environment.edge
        least = edge.tasks_min
        more = max(0, math.ceil(load.requests / SECONDS / requests_per_task_and_s(edge)) - least)
        for what, price, of_task in (
            ("processors", "fargate_cpu_hour", float(task["Cpu"]) / 1024),
            ("memory", "fargate_memory_hour", float(task["Memory"]) / 1024),
        ):
            yield Units(f"gateway tasks, {what}", price, fixed=of_task * least * HOURS, used=of_task * more * HOURS)


def _network(platform: Platform, load: Load) -> Iterator[Units]:
    endpoints = [
        each for each in platform.resources.of_type("AWS::EC2::VPCEndpoint") if each["VpcEndpointType"] == "Interface"
    ]
    in_zones = sum(len(each["SubnetIds"]) for each in endpoints)
    yield Units("NAT gateways", "nat_gateway_hour", fixed=platform.resources.count("AWS::EC2::NatGateway") * HOURS)
    yield Units("NAT addresses", "public_address_hour", fixed=platform.resources.count("AWS::EC2::EIP") * HOURS)
    yield Units("interface endpoints", "interface_endpoint_hour", fixed=in_zones * HOURS)
    yield Units("data to the Internet", "data_out_gb", used=load.data_out_gb)
    # AWS charges each direction.
    yield Units("data between zones", "data_between_zones_gb", used=load.api_gb * load["other_zone_share"] * 2)


def _functions(platform: Platform, load: Load) -> Iterator[Units]:
    http = platform.http_functions
    yield from _invocations("HTTP", http, load.requests, load["http_ms"])
    relays = platform.functions(lambda each: each.trigger == "outbox")
    yield from _invocations("relays", relays, load.batches, load["batch_ms"])
    consumers = platform.every_event_consumers
    yield from _invocations("consumers of every event", consumers, len(consumers) * load.batches, load["batch_ms"])
    workers = platform.functions(lambda each: each.trigger == "queue")
    yield from _invocations("webhook deliveries", workers, load.deliveries, load["work_ms"])
    # An upload starts each of them at most once.
    others = platform.functions(lambda each: each.trigger in {"events", "objects"} and "*" not in each.consumes)
    yield from _invocations("uploads", others, len(others) * load.uploads, load["work_ms"])
    if platform.environment.snap_start:
        cached = sum(each.memory_mb for each in http) / 1024 * SECONDS * load["snapshot_versions"]
        yield Units("snapshots", "snapshot_gb_second", fixed=cached)


def _invocations(what: str, functions: Sequence[Function], times: float, ms: float) -> Iterator[Units]:
    """Count invocations that spread over functions."""
    if functions:
        memory_gb = sum(each.memory_mb for each in functions) / len(functions) / 1024
        yield Units(f"{what}, invocations", "function_request", used=times)
        yield Units(f"{what}, time", "function_gb_second", used=times * ms / 1000 * memory_gb)


def _events(platform: Platform, load: Load) -> Iterator[Units]:
    yield Units("events on the bus", "event", used=load.events)
    # Lambda receives and deletes a batch in one request each.
    messages = len(platform.every_event_consumers) * (load.events + load.batches * 2) + load.deliveries * 3
    yield Units("queues, messages", "queue_request", used=messages)
    polled = len(platform.functions(lambda each: each.has_queue))
    yield Units("queues, polling", "queue_request", fixed=polled * _POLLS)


def _data(platform: Platform, load: Load) -> Iterator[Units]:
    reads = (load.requests - load.writes) * load["read_units"] + load.events * load["event_read_units"]
    writes = load.writes * load["write_units"] + load.events * load["event_write_units"]
    writes += load.deliveries * load["delivery_write_units"]
    yield Units("tables, reads", "table_read_unit", used=reads)
    yield Units("tables, writes", "table_write_unit", used=writes)
    yield Units("tables, items", "table_gb_month", used=load.table_gb)
    yield Units("tables, point-in-time recovery", "table_recovery_gb_month", used=load.table_gb)
    # Contributor Insights has a rule for each key attribute:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html
    rules = sum(
        len(keys["KeySchema"])
        for table in platform.resources.of_type("AWS::DynamoDB::Table")
        for keys in (table, *table.get("GlobalSecondaryIndexes", ()))
        if keys.get("ContributorInsightsSpecification", {}).get("Enabled")
    )
    yield Units("tables, throttled keys", "insight_rule_month", fixed=rules)
    yield Units("files", "object_gb_month", used=load.object_gb)


def _backups(platform: Platform, load: Load) -> Iterator[Units]:
    """Count backups: a table's backup is a whole copy; a bucket's backup contains the changes since the one before.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
    """
    backup = platform.environment.backup
    if backup is None:
        return
    vaults = 2 if backup.copy_region else 1
    changed_gb = load.object_gb * load["backup_change_share"]
    whole_copies = backup.daily_kept_days + backup.monthly_kept_days / _DAYS
    yield Units("tables", "table_backup_gb_month", used=load.table_gb * whole_copies * vaults)
    files_gb = load.object_gb + changed_gb * backup.daily_kept_days
    yield Units("files", "object_backup_gb_month", used=files_gb * vaults)
    if backup.copy_region:
        sent_gb = load.table_gb * (_DAYS + 1) + changed_gb * _DAYS
        yield Units("transfer to the other region", "backup_copy_gb", used=sent_gb)


def _security(platform: Platform, load: Load) -> Iterator[Units]:
    yield Units("keys", "key_month", fixed=platform.resources.count("AWS::KMS::Key"))
    yield Units("keys, requests", "key_request", used=load.requests * load["key_request_share"])
    yield Units("secrets", "secret_month", fixed=platform.resources.count("AWS::SecretsManager::Secret"))


def _logs(platform: Platform, load: Load) -> Iterator[Units]:
    logging_batches = (1 + len(platform.every_event_consumers)) * load.batches
    for what, lines, size in (
        ("functions", load.requests + logging_batches, "function_log_bytes"),
        ("gateway", load.requests, "gateway_log_bytes"),
        ("firewall", load.requests, "firewall_log_bytes"),
        ("flows", load.requests, "flow_log_bytes"),
    ):
        yield Units(f"logs of {what}", "log_gb", used=lines * load[size] / GB)
    alarms = platform.resources.of_type("AWS::CloudWatch::Alarm")
    # An alarm with metric math costs as much as its metrics.
    metrics = sum(sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1 for alarm in alarms)
    yield Units("alarms", "alarm_month", fixed=metrics)
    composite = platform.resources.count("AWS::CloudWatch::CompositeAlarm")
    yield Units("composite alarms", "composite_alarm_month", fixed=composite)
    yield Units("dashboards", "dashboard_month", fixed=platform.resources.count("AWS::CloudWatch::Dashboard"))
    functions = len(platform.functions(lambda _: True))
    yield Units("metrics of functions", "metric_month", fixed=functions * load["metrics_per_function"])
    clusters = platform.resources.count("AWS::ECS::Cluster")
    yield Units("metrics of the gateway", "metric_month", fixed=clusters * load["gateway_metrics"])


def _guardrails(platform: Platform, load: Load) -> Iterator[Units]:
    detectors = platform.resources.count("AWS::GuardDuty::Detector")
    # GuardDuty reads the flow logs, and about as much data on the connections of functions.
    flows_gb = load.requests * load["flow_log_bytes"] / GB * 2
    yield Units("GuardDuty", "watched_gb", used=detectors * flows_gb)


_PARTS: Mapping[str, Callable[[Platform, Load], Iterator[Units]]] = {
    "way in": _way_in,
    "network": _network,
    "functions": _functions,
    "events and queues": _events,
    "data": _data,
    "backups": _backups,
    "keys and secrets": _security,
    "logs and metrics": _logs,
    "guardrails": _guardrails,
}
