"""An export from the request to its end: each line is in it once, in order, even if messages repeat or get lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.exports import domain
from functions.exports.domain import PARTS_KEPT, Export
from functions.exports.errors import ExportNotFound, ExportOver
from functions.shared.correlation import Correlation, correlate
from functions.shared.errors import StaleVersion
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.exports.pipeline import Crash, Pipeline

LINES = 47


def lines(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def types(pipeline: Pipeline) -> list[str]:
    return [event.type for event in pipeline.store.events]


def long_ago(export: Export) -> Export:
    return replace(export, created_at=export.created_at - PARTS_KEPT)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 47])
def test_all_lines_are_exported_and_no_part_stays(count: int) -> None:
    pipeline = Pipeline(count)
    export = pipeline.request()
    assert pipeline.get(export).status == "requested"

    pipeline.run()

    ended = pipeline.get(export)
    assert pipeline.joined(export) == lines(count)
    assert (ended.status, ended.rows, ended.size_bytes) == (
        "available",
        count,
        sum(len(line) + 1 for line in lines(count)),
    )
    assert ended.expires_at > export.created_at + timedelta(days=6, hours=23)
    assert pipeline.parts() == []
    assert types(pipeline)[-2:] == ["ExportWritten.v1", "ExportCompleted.v1"]
    assert pipeline.store.events[-1].data == {
        "export_id": export.export_id, "source": "users", "owner": "ada", "rows": count, "size_bytes": ended.size_bytes,
    }  # fmt: skip


@pytest.mark.parametrize("count", [10, 20])
def test_an_empty_last_part_is_not_joined(count: int) -> None:
    pipeline = Pipeline(count, lines_of_part=lambda: count)
    pipeline.stop_right_at_the_end()
    export = pipeline.request()

    pipeline.run()

    assert pipeline.get(export).parts == 2
    assert pipeline.joined(export) == lines(count)


def test_progress_is_visible_and_each_part_requests_the_next() -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    seen: list[tuple[str, int]] = []

    while pipeline.waiting:
        pipeline.deliver()
        now = pipeline.get(export)
        if not seen or seen[-1] != (now.status, now.rows):
            seen.append((now.status, now.rows))

    assert seen == [
        ("requested", 0), ("writing", 10), ("writing", 20), ("writing", 30), ("writing", 40), ("joining", 47),
        ("available", 47),
    ]  # fmt: skip
    asked = [event.data for event in pipeline.store.events if event.type == "ExportPartRequested.v1"]
    assert [data["position"] for data in asked] == [None, "10", "20", "30", "40"]
    assert len({data["key"] for data in asked}) == 5
    assert {data["until"] for data in asked} == {export.created_at.isoformat().replace("+00:00", "Z")}


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
def test_crashes_duplicates_and_disorder_change_nothing(data: st.DataObject) -> None:
    # A part that is written again may end elsewhere: only the first one counts.
    sizes = iter(data.draw(st.lists(st.integers(1, 20), max_size=40)))
    pipeline = Pipeline(LINES, lines_of_part=lambda: next(sizes, 10))
    if data.draw(st.booleans()):
        pipeline.stop_right_at_the_end()
    export = pipeline.request()
    crashes = iter(data.draw(st.lists(st.booleans(), max_size=40)))

    def perhaps_crash() -> None:
        if next(crashes, False):
            raise Crash

    hooks(pipeline, perhaps_crash)
    cancel_at = data.draw(st.none() | st.integers(0, 12))
    for step in range(60):
        if step == cancel_at and not pipeline.get(export).is_over:
            hooks(pipeline, lambda: None)
            pipeline.service.cancel(export.export_id, restricted_to=None)
            hooks(pipeline, perhaps_crash)
            pipeline.carry()
        if not pipeline.waiting:
            break
        pipeline.deliver(data.draw(st.integers(0, 20)), again=data.draw(st.booleans()))
    hooks(pipeline, lambda: None)
    pipeline.run()

    ended = pipeline.get(export)
    assert pipeline.parts() == []
    if ended.status == "cancelled":
        assert pipeline.joined(export) is None
        assert types(pipeline).count("ExportCancelled.v1") == 1
    else:
        assert pipeline.joined(export) == lines(LINES)
        assert (ended.status, ended.rows) == ("available", LINES)
        assert types(pipeline).count("ExportCompleted.v1") == 1


def hooks(pipeline: Pipeline, hook: Callable[[], None]) -> None:
    pipeline.store.before_write = pipeline.store.after_write = pipeline.objects.before_write = hook


def test_a_cancelled_export_requests_no_more_parts_and_leaves_no_objects() -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    for _ in range(3):
        pipeline.deliver()

    cancelled = pipeline.service.cancel(export.export_id, restricted_to=None)
    again = pipeline.service.cancel(export.export_id, restricted_to=None)
    pipeline.carry()
    pipeline.run()

    assert cancelled == again == pipeline.get(export)
    assert cancelled.rows == 10
    assert types(pipeline) == ["ExportPartRequested.v1"] * 2 + ["ExportCancelled.v1"]
    assert pipeline.objects.objects == {}


def test_an_export_cancelled_during_the_joining_leaves_no_objects() -> None:
    pipeline = Pipeline(5)
    export = pipeline.request()
    pipeline.deliver()
    pipeline.deliver()
    assert pipeline.get(export).status == "joining"

    def cancel() -> None:
        pipeline.objects.before_write = lambda: None
        pipeline.service.cancel(export.export_id, restricted_to=None)

    pipeline.objects.before_write = cancel
    pipeline.run()

    assert pipeline.get(export).status == "cancelled"
    assert pipeline.objects.objects == {}


def test_an_export_that_is_over_cannot_be_cancelled() -> None:
    pipeline = Pipeline(1)
    export = pipeline.request()
    pipeline.run()

    with pytest.raises(ExportOver):
        pipeline.service.cancel(export.export_id, restricted_to=None)


@pytest.mark.parametrize("deliveries", [0, 1, 2, 10])
def test_an_export_with_possibly_expired_parts_has_failed(deliveries: int) -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    for _ in range(deliveries):
        pipeline.deliver()
    assert not pipeline.get(export).is_over
    pipeline.age(export, by=long_ago)

    seen = pipeline.service.get(export.export_id, restricted_to=None)
    [listed] = pipeline.service.list_page(restricted_to=None, limit=1, after=None).items
    with pytest.raises(ExportOver):
        pipeline.service.cancel(export.export_id, restricted_to=None)
    pipeline.run()

    assert (seen.status, seen.reason) == (listed.status, listed.reason) == ("failed", "too_slow")
    assert (pipeline.get(export).status, pipeline.get(export).reason) == ("failed", "too_slow")
    assert types(pipeline)[-1] == "ExportFailed.v1"
    assert pipeline.objects.objects == {}


@pytest.mark.parametrize("read", ["get", "list"])
def test_the_failure_of_an_overdue_export_is_published_once_when_it_is_read(read: str) -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    pipeline.deliver()
    # The message of the next part became a dead letter.
    pipeline.waiting.clear()
    pipeline.age(export, by=long_ago)

    for _ in range(2):
        if read == "get":
            pipeline.service.get(export.export_id, restricted_to=None)
        else:
            pipeline.service.list_page(restricted_to=None, limit=1, after=None)
    pipeline.carry()
    pipeline.run()

    assert types(pipeline).count("ExportFailed.v1") == 1
    assert (pipeline.get(export).status, pipeline.get(export).reason) == ("failed", "too_slow")
    assert pipeline.objects.objects == {}


def test_an_overdue_export_that_is_read_concurrently_fails_once() -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    pipeline.age(export, by=long_ago)

    def other() -> None:
        pipeline.store.before_write = lambda: None
        before = pipeline.get(export)
        pipeline.store.replace(before, *domain.fail(before, "too_slow"))
        raise StaleVersion

    pipeline.store.before_write = other
    seen = pipeline.service.get(export.export_id, restricted_to=None)

    assert seen == pipeline.get(export)
    assert types(pipeline).count("ExportFailed.v1") == 1


def test_an_export_of_more_parts_than_s3_joins_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "PARTS_MAX", 3)
    pipeline = Pipeline(LINES)
    export = pipeline.request()

    pipeline.run()

    assert (pipeline.get(export).status, pipeline.get(export).reason) == ("failed", "too_large")
    assert pipeline.objects.objects == {}


def test_an_available_export_is_never_overdue() -> None:
    pipeline = Pipeline(1)
    export = pipeline.request()
    pipeline.run()
    pipeline.age(export, by=long_ago)

    assert pipeline.service.get(export.export_id, restricted_to=None).status == "available"


@pytest.mark.parametrize(
    "key",
    [
        "parts/users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10/00000.ndjson",
        "parts/users/whatever",
        "parts/activity/{export_id}/00000.ndjson",
    ],
)
def test_an_object_that_is_not_a_part_of_an_export_is_removed(key: str) -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    key = key.format(export_id=export.export_id)
    pipeline.objects.put(key, b"x\n", {"rows": "1", "is-last": "true"})
    pipeline.waiting = [NewObject(key=key, object_version="v")]

    pipeline.run()

    assert pipeline.objects.objects == {}
    assert pipeline.get(export).rows == 0


def test_an_event_of_an_expired_export_is_ignored() -> None:
    pipeline = Pipeline(1)
    export = pipeline.request()
    pipeline.run()
    event = pipeline.store.events[-1]
    del pipeline.store.exports[export.export_id]

    with pytest.raises(AlreadySeen):
        pipeline._joiner.consume(event)  # noqa: SLF001 - `deliver` would hide the error


def test_all_events_carry_the_correlation_of_the_request() -> None:
    asked = correlate(request_id="the-request")
    pipeline = Pipeline(LINES)
    pipeline.request()
    correlate(request_id="another")

    pipeline.run()

    assert {event.correlation for event in pipeline.store.events} == {asked}
    assert isinstance(asked, Correlation)


def test_the_sequence_of_events_grows_by_one() -> None:
    pipeline = Pipeline(LINES)
    export = pipeline.request()
    pipeline.run()

    events: list[Event] = pipeline.store.events
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert {event.subject for event in events} == {f"exports/{export.export_id}"}
    assert {event.data["owner"] for event in events} == {"ada"}


@pytest.mark.parametrize("restricted_to", [None, "ada"])
def test_an_export_is_visible_only_to_callers_who_may_read_all_its_data(restricted_to: str | None) -> None:
    pipeline = Pipeline(1)
    export = pipeline.request(restricted_to=restricted_to)

    assert pipeline.service.get(export.export_id, restricted_to=None) == export
    with pytest.raises(ExportNotFound):
        pipeline.service.get(export.export_id, restricted_to="grace")
    if restricted_to is None:
        # The owner was an admin at the time of the request, and no longer is.
        with pytest.raises(ExportNotFound):
            pipeline.service.get(export.export_id, restricted_to="ada")
    else:
        assert pipeline.service.get(export.export_id, restricted_to="ada") == export


def test_only_an_available_export_has_a_link() -> None:
    pipeline = Pipeline(1)
    export = pipeline.request()
    assert pipeline.service.link(export) is None

    pipeline.run()

    link = pipeline.service.link(pipeline.get(export))
    name = f"users-{export.created_at:%Y-%m-%d}.ndjson"
    assert link == f"https://s3.example/exports/{export.export_id}.ndjson?as={name}&for=300"
