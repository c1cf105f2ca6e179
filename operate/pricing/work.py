"""The functions, and the events and queues between them."""

from collections.abc import Iterator, Sequence

from operate.pricing.inventory import Function, Inventory
from operate.pricing.line import Line
from operate.pricing.load import GB, SECONDS, Load

FUNCTIONS, EVENTS = "functions", "events and queues"
TYPES = frozenset({
    "AWS::Events::Archive",
    "AWS::Lambda::Function",
    "AWS::Lambda::Version",
    "AWS::SQS::Queue",
})  # fmt: skip
# Each message of a queue is sent, received and deleted; receiving and deleting take up to ten at once.
_SENT = 1


def lines(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price what requests and events set off."""
    batches = load.events / load["events_per_batch"]
    http, relays = inventory.having("http"), inventory.having("outbox")
    yield from _invoked("HTTP", http, load.requests if http else 0, load["http_ms"])
    # An event passes one of the relays, and each consumer of every event.
    yield from _invoked("relays", relays, batches if relays else 0, load["batch_ms"])
    for consumer in inventory.having("every event"):
        yield from _invoked(consumer.name, (consumer,), batches, load["batch_ms"])
    for worker in inventory.having("work queue"):
        yield from _invoked(worker.name, (worker,), load.deliveries, load["work_ms"])
    # As if each upload concerned each of them, which is the most they do.
    for worker in inventory.having("some events"):
        yield from _invoked(worker.name, (worker,), load.uploads, load["work_ms"])
    yield from _snapshots(inventory, load)
    yield from _events(inventory, load, batches)


def _invoked(what: str, functions: Sequence[Function], times: float, ms: float) -> Iterator[Line]:
    """Price invocations that are spread over functions."""
    yield Line(part=FUNCTIONS, what=f"{what}, invocations", price="function_request", used=times)
    for price, is_arm in (("function_gb_second", True), ("function_gb_second_x86", False)):
        memory_gb = sum(each.memory_gb for each in functions if each.is_arm is is_arm) / max(1, len(functions))
        if memory_gb:
            yield Line(part=FUNCTIONS, what=f"{what}, time", price=price, used=times * ms / 1000 * memory_gb)


def _snapshots(inventory: Inventory, load: Load) -> Iterator[Line]:
    functions = [each for each in inventory.functions if each.has_snapshots]
    memory_gb = sum(each.memory_gb for each in functions)
    cached = memory_gb * SECONDS * load["snapshot_versions"]
    yield Line(part=FUNCTIONS, what="snapshots of versions", price="snapshot_gb_second", fixed=cached)
    restored = load.requests * load["cold_start_share"] * memory_gb / max(1, len(functions))
    yield Line(part=FUNCTIONS, what="snapshots restored", price="snapshot_restore_gb", used=restored)


def _events(inventory: Inventory, load: Load, batches: float) -> Iterator[Line]:
    yield Line(part=EVENTS, what="events on the bus", price="event", used=load.events)
    for archive in inventory.of_type("AWS::Events::Archive"):
        months = min(archive["RetentionDays"] / 30, load["months_of_data"])
        archived_gb = load.events * load["event_bytes"] / GB
        yield Line(part=EVENTS, what="archive of events, written", price="event_archived_gb", used=archived_gb)
        kept_gb = archived_gb * months
        yield Line(part=EVENTS, what="archive of events, kept", price="event_archive_gb_month", used=kept_gb)
    # Received and deleted once a batch.
    requests = len(inventory.having("every event")) * (load.events * _SENT + batches * 2)
    requests += len(inventory.having("work queue")) * load.deliveries * 3
    requests += len(inventory.having("some events")) * load.uploads * 3
    yield Line(part=EVENTS, what="queues, messages", price="queue_request", used=requests)
    polled = sum(len(inventory.having(each)) for each in ("every event", "some events", "work queue"))
    yield Line(part=EVENTS, what="queues, polling", price="queue_request", fixed=polled * _POLLS_A_MONTH)


# Lambda polls an empty queue with five connections, 20 s each:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_POLLS_A_MONTH = 5 * SECONDS / 20
