"""What keeps data: tables, buckets, backups; and the keys, secrets and accounts that guard it."""

from collections.abc import Iterator, Mapping
from typing import Any

from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import Load

DATA, BACKUPS, SECURITY = "data", "backups", "keys, secrets, sign-in"
TYPES = frozenset({
    "AWS::Backup::BackupPlan",
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
})  # fmt: skip
# An upload is put by its client and copied when accepted, and its thumbnail is put.
_PUTS_OF_AN_UPLOAD, _GETS_OF_AN_UPLOAD = 3, 2
# Of a month.
_DAYS = 30.0


def lines(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what is kept, and what is asked of it."""
    tables = inventory.of_type("AWS::DynamoDB::Table")
    if tables:
        yield from _tables(load)
    rules = sum(_insight_rules(table) for table in tables)
    yield Line(part=DATA, what="tables, throttled keys", price="insight_rule_month", fixed=rules)
    yield from objects(load)
    yield from _backups_of_tables(inventory, load)
    yield from backups_of_objects(inventory, load)
    yield from security(
        load, keys=inventory.count("AWS::KMS::Key"), secrets=inventory.count("AWS::SecretsManager::Secret")
    )
    if inventory.count("AWS::Cognito::UserPool"):
        yield Line(part=SECURITY, what="people who sign in", price="user_month", fixed=load["monthly_users"])


def objects(load: Load) -> Iterator[Line]:
    """Price the files."""
    yield Line(part=DATA, what="files", price="object_gb_month", used=load.object_gb)
    writes, reads = object_requests(load)
    yield Line(part=DATA, what="files, written", price="object_write", used=writes)
    yield Line(part=DATA, what="files, read", price="object_read", used=reads)


def object_requests(load: Load) -> tuple[float, float]:
    """Return how often objects are written and read."""
    reads = load.uploads * _GETS_OF_AN_UPLOAD + load.requests * load["download_share"]
    return load.uploads * _PUTS_OF_AN_UPLOAD, reads


def security(load: Load, *, keys: int, secrets: int) -> Iterator[Line]:
    """Price keys and secrets."""
    yield Line(part=SECURITY, what="keys", price="key_month", fixed=keys)
    yield Line(
        part=SECURITY, what="keys, requests", price="key_request", used=load.requests * load["key_request_share"]
    )
    yield Line(part=SECURITY, what="secrets", price="secret_month", fixed=secrets)
    reads = load.requests * load["cold_start_share"]
    yield Line(part=SECURITY, what="secrets, read", price="secret_request", used=reads)


def _tables(load: Load) -> Iterator[Line]:
    reads = (load.requests - load.writes) * load["read_units"] + load.events * load["event_read_units"]
    writes = load.writes * load["write_units"] + load.events * load["event_write_units"]
    writes += load.deliveries * load["delivery_write_units"]
    yield Line(part=DATA, what="tables, reading", price="table_read_unit", used=reads)
    yield Line(part=DATA, what="tables, writing", price="table_write_unit", used=writes)
    yield Line(part=DATA, what="tables, items", price="table_gb_month", used=load.table_gb)
    yield Line(part=DATA, what="tables, recovery to any second", price="table_recovery_gb_month", used=load.table_gb)


def _insight_rules(table: Mapping[str, Any]) -> int:
    """Count the rules that DynamoDB makes for throttled keys: one for each key, or pair of keys, of tables and indexes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html
    """
    watched = [
        each for each in (table, *table.get("GlobalSecondaryIndexes", ())) if "ContributorInsightsSpecification" in each
    ]
    return sum(len(each["KeySchema"]) for each in watched if each["ContributorInsightsSpecification"]["Enabled"])


def backups_of_objects(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what lies of buckets in the vaults: the first backup holds everything, each other what changed since."""
    for rule in _rules(inventory):
        if _days_between(rule) > 1:
            # What is kept of a month is among what is kept of its days, or next to nothing beside it.
            continue
        kept_gb = load.object_gb * (1 + load["backup_change_share"] * rule["Lifecycle"]["DeleteAfterDays"])
        copies = len(rule.get("CopyActions", ()))
        yield Line(part=BACKUPS, what="files", price="object_backup_gb_month", used=kept_gb * (1 + copies))
        sent_gb = load.object_gb * load["backup_change_share"] * _DAYS
        yield Line(part=BACKUPS, what="files, to another region", price="backup_copy_gb", used=sent_gb * copies)


def _backups_of_tables(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what lies of tables in the vaults: each backup is a whole copy.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
    """
    for rule in _rules(inventory):
        between, name, copies = _days_between(rule), rule["RuleName"], len(rule.get("CopyActions", ()))
        kept_gb = load.table_gb * rule["Lifecycle"]["DeleteAfterDays"] / between
        yield Line(part=BACKUPS, what=f"tables, {name}", price="table_backup_gb_month", used=kept_gb * (1 + copies))
        sent_gb = load.table_gb * _DAYS / between * copies
        yield Line(part=BACKUPS, what=f"tables, {name}, to another region", price="backup_copy_gb", used=sent_gb)


def _rules(inventory: Inventory) -> list[Mapping[str, Any]]:
    return [
        rule for plan in inventory.of_type("AWS::Backup::BackupPlan") for rule in plan["BackupPlan"]["BackupPlanRule"]
    ]


def _days_between(rule: Mapping[str, Any]) -> float:
    """Return the days from one run to the next, by the days of a month in the schedule: `cron(0 2 1 * ? *)`."""
    day = rule["ScheduleExpression"].removeprefix("cron(").split()[2]
    return 1.0 if day in {"*", "?"} else _DAYS / len(day.split(","))
