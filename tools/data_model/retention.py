"""Retention of messages, objects and logs, from the manifests and the environments."""

from collections.abc import Iterator, Sequence

from cdk.settings.environment import Environment
from cdk.settings.manifest import LONGEST_RETENTION_DAYS, UNFINISHED_KEPT_DAYS, Manifest, Queue

type Row = tuple[str, str, str]

HEAD: Row = ("data", "kept", "ended by")
# The longest period, which CDK configures: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
RECOVERY_DAYS = 35


def rows(manifests: Sequence[Manifest], environments: Sequence[Environment]) -> list[Row]:
    """Return the rows of the table, those of services first."""
    return [
        *(row for manifest in manifests for row in (*_queues(manifest), *_objects(manifest))),
        *_everywhere(environments),
    ]


def _queues(manifest: Manifest) -> Iterator[Row]:
    consumers = {name: Queue() for trigger in ("events", "objects") for name in manifest.functions_of(trigger)}
    for name, queue in {**consumers, **manifest.queues}.items():
        tries = f"or {queue.max_receives} tries, then its dead-letter queue"
        yield f"{manifest.service}: messages of `{name}`", _days(queue.retention_days), f"the queue, {tries}"


def _objects(manifest: Manifest) -> Iterator[Row]:
    if manifest.bucket is None:
        return
    for rule in manifest.bucket.lifecycle:
        yield f"{manifest.service}: objects below `{rule.prefix}`", _days(rule.kept_days), "the bucket's lifecycle"
    replaced = manifest.bucket.noncurrent_kept_days
    yield f"{manifest.service}: replaced and deleted versions of objects", _days(replaced), "the bucket's lifecycle"
    yield f"{manifest.service}: parts of unfinished uploads", _days(UNFINISHED_KEPT_DAYS), "the bucket's lifecycle"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _everywhere(environments: Sequence[Environment]) -> Iterator[Row]:
    def each(name: str) -> str:
        return ", ".join(f"{environment.name} {getattr(environment, name)}" for environment in environments) + " days"

    yield "messages of a dead-letter queue, parked stream records", f"{LONGEST_RETENTION_DAYS} days", "the queue"
    yield "archived events", each("event_archive_days"), "the archive of the bus"
    yield "logs", each("log_retention_days"), "the log groups"
    yield "earlier states of every table", f"{RECOVERY_DAYS} days", "point-in-time recovery"
