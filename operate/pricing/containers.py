"""The same API on containers with a relational database, for the comparison.

A public load balancer with the same firewall hands requests to tasks of the API on Fargate, which need no gateway and
no second load balancer; workers take events through an outbox in the database, which is RDS for PostgreSQL with a
standby. Files, logs, alarms, keys and the guard of the account are the same.
"""

import math
from collections.abc import Iterator

from operate.pricing import data, edge, watching
from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import HOURS, Load

TASKS, DATABASE = "tasks", "database"
# vCPU and GB of a task of the API, and of a worker.
_TASK, _WORKER = (0.5, 1.0), (0.25, 0.5)
# gp3 of RDS for PostgreSQL begins here: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
_LEAST_GB = 20
# The database's own, that of the files and that of the trail; and what the API signs with, and the database's password.
_KEYS, _SECRETS = 3, 2


def lines(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price it."""
    yield Line(part=edge.EDGE, what="public load balancer", price="load_balancer_hour", fixed=HOURS)
    units = edge.capacity_units(load, to_functions=False)
    yield Line(part=edge.EDGE, what="load balancer, capacity", price="load_balancer_capacity", used=units * HOURS)
    addresses = inventory.zones * HOURS
    yield Line(part=edge.EDGE, what="load balancer, addresses", price="public_address_hour", fixed=addresses)
    yield from edge.firewall(inventory, load)
    yield from edge.way_out(inventory, load, logged="function_log_bytes")
    yield from edge.transfer(load)
    yield from _tasks(load)
    yield from _database(load)
    yield from data.objects(load)
    yield from data.backups_of_objects(inventory, load)
    yield from data.security(load, keys=_KEYS, secrets=_SECRETS)
    yield from _logs(inventory, load)
    yield from watching.guard(inventory, load, has_functions=False)


def database_of(load: Load) -> str:
    """Name the price of the smallest class of database that is enough."""
    if load.requests_per_second <= load["database_small_requests_per_second"]:
        return "database_t4g_medium_hour"
    if load.requests_per_second <= load["database_medium_requests_per_second"]:
        return "database_m7g_large_hour"
    return "database_r6g_xlarge_hour"


def _tasks(load: Load) -> Iterator[Line]:
    needed = math.ceil(load.requests_per_second / load["container_requests_per_second"])
    events_a_second = load.requests_per_second * load["write_share"] * load["events_per_write"]
    workers = math.ceil(events_a_second / load["container_events_per_second"])
    for what, (cpu, memory_gb), least, count in (
        ("API", _TASK, load["container_tasks_min"], needed),
        # One that ends is replaced within a minute, and events wait.
        ("workers", _WORKER, 1.0, workers),
    ):
        more = max(0.0, count - least)
        for kind, price, size in (
            ("processors", "fargate_cpu_hour", cpu),
            ("memory", "fargate_memory_hour", memory_gb),
        ):
            hours = size * HOURS
            yield Line(part=TASKS, what=f"{what}, {kind}", price=price, fixed=least * hours, used=more * hours)
    yield Line(part=TASKS, what="images", price="image_gb_month", fixed=load["image_gb"])


def _database(load: Load) -> Iterator[Line]:
    yield Line(part=DATABASE, what="database and its standby", price=database_of(load), fixed=HOURS)
    size_gb = max(_LEAST_GB, load.table_gb * load["database_row_factor"])
    yield Line(part=DATABASE, what="disks", price="database_gb_month", fixed=_LEAST_GB, used=size_gb - _LEAST_GB)
    # As many days as tables can be recovered for; as much as the database holds is included.
    kept_gb = max(0.0, load.table_gb * load["database_row_factor"] * load["backup_change_share"] * 35 - size_gb)
    yield Line(part=DATABASE, what="backups of 35 days", price="database_backup_gb_month", used=kept_gb)


def _logs(inventory: Inventory, load: Load) -> Iterator[Line]:
    retention = [group["RetentionInDays"] for group in inventory.of_type("AWS::Logs::LogGroup")]
    months = max(retention, default=30) / 30
    for what, size in (("API", "function_log_bytes"), ("firewall", "firewall_log_bytes"), ("flows", "flow_log_bytes")):
        yield from watching.logged(what, load, load.requests * load[size], months)
    yield from watching.alarms(inventory, load)
    yield from watching.access_logs(inventory, load)
    metrics = load["container_insight_metrics"]
    yield Line(part=watching.LOGS, what="metrics of the tasks", price="metric_month", fixed=metrics)
