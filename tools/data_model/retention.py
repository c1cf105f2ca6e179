"""How long things are kept, and what ends them: from the manifests, the environments and what was measured."""

from collections.abc import Iterator, Sequence

from cdk.settings.environment import Environment
from cdk.settings.manifest import LONGEST_RETENTION_DAYS, UNFINISHED_KEPT_DAYS, Manifest, Queue
from tools.data_model.measurement import Measurement

type Row = tuple[str, str, str]

HEAD: Row = ("what", "kept", "ended by")
# The most, and what CDK turns on: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
RECOVERY_DAYS = 35


def rows(
    measurements: Sequence[Measurement], manifests: Sequence[Manifest], environments: Sequence[Environment]
) -> list[Row]:
    """Return the rows of the table, those of services first."""
    return [
        *(row for measured in measurements for row in _items(measured)),
        *(row for manifest in manifests for row in (*_queues(manifest), *_objects(manifest))),
        *_everywhere(environments),
    ]


def span(seconds: int) -> str:
    """Say a time to live in the largest unit that is whole; one day is 24 hours."""
    for unit, length_s in (("day", 24 * 3600), ("hour", 3600), ("minute", 60)):
        if seconds % length_s == 0 and seconds >= length_s and (seconds > length_s or unit != "day"):
            return f"{seconds // length_s} {unit}{'' if seconds == length_s else 's'}"
    return f"{seconds} seconds"


def _items(measured: Measurement) -> Iterator[Row]:
    ends = measured.manifest.table.time_to_live if measured.manifest.table else None
    for kind in measured.kinds:
        what = f"{measured.manifest.service}: items `{kind.key}`"
        kept = [span(seconds) for seconds in kind.kept_s] + ["until they are deleted"] * kind.is_endless
        yield what, " or ".join(kept), f"the table's time to live, `{ends}`" if kind.kept_s else "nothing"


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
