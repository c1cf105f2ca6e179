"""A cancelled import skips its remaining chunks; one that is stuck ends when it is cancelled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.imports.domain import STUCK_AFTER, Import
from functions.imports.errors import ImportOver
from tests.imports.files import csv_layout
from tests.imports.pipeline import CHUNK_RECORDS, ROWS, Pipeline, content, counts


def test_a_cancelled_import_skips_chunks_that_are_not_imported_yet() -> None:
    pipeline = Pipeline(content())
    import_ = pipeline.request(csv_layout())
    pipeline.deliver()
    pipeline.deliver()

    cancelled = pipeline.service.cancel(import_.import_id, restricted_to="alice")
    again = pipeline.service.cancel(import_.import_id, restricted_to=None)
    pipeline.carry()
    pipeline.waiting.sort(key=lambda one: one[0] == "take")
    pipeline.run()

    assert cancelled == again
    ended = pipeline.store.get(import_.import_id)
    assert ended.status == "cancelled"
    assert counts(ended) == {"read": ROWS, "written": CHUNK_RECORDS, "rejected": 0, "skipped": ROWS - CHUNK_RECORDS}
    assert len(pipeline.users.users) == CHUNK_RECORDS


def test_an_import_that_is_over_cannot_be_cancelled() -> None:
    pipeline = Pipeline(content(1))
    import_ = pipeline.request(csv_layout())
    pipeline.run()

    with pytest.raises(ImportOver):
        pipeline.service.cancel(import_.import_id, restricted_to=None)


def cancel_stuck(pipeline: Pipeline, import_: Import) -> Import:
    """Let an import become stuck, and cancel it."""
    before = pipeline.store.imports[import_.import_id]
    updated_at = before.updated_at - STUCK_AFTER - timedelta(seconds=1)
    pipeline.store.imports[import_.import_id] = replace(before, updated_at=updated_at)
    return pipeline.service.cancel(import_.import_id, restricted_to="alice")


def test_an_import_with_a_chunk_in_the_dead_letter_queue_ends_when_it_is_cancelled_again() -> None:
    pipeline = Pipeline(content(bad=frozenset({1})))
    import_ = pipeline.request(csv_layout())
    pipeline.deliver()
    lost = pipeline.waiting.pop()
    pipeline.run()
    first = pipeline.service.cancel(import_.import_id, restricted_to="alice")
    pipeline.carry()
    pipeline.run()
    assert (first.status, pipeline.service.cancel(import_.import_id, restricted_to="alice").status) == (
        "writing",
        "writing",
    )

    assert cancel_stuck(pipeline, import_).status == "finishing"
    pipeline.carry()
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert ended.status == "cancelled"
    assert counts(ended) == {"read": ROWS, "written": ROWS - 8, "rejected": 1, "skipped": 7}
    assert not pipeline.store.running
    pipeline.waiting.append(lost)
    pipeline.run()
    assert pipeline.store.get(import_.import_id) == ended
    assert not pipeline.store.tallies


def test_an_import_with_its_reading_in_the_dead_letter_queue_can_be_cancelled() -> None:
    pipeline = Pipeline(content())
    import_ = pipeline.request(csv_layout())
    pipeline.waiting.clear()

    pipeline.service.cancel(import_.import_id, restricted_to="alice")
    pipeline.carry()
    pipeline.run()

    assert pipeline.store.get(import_.import_id).status == "cancelled"


def test_an_import_with_its_finishing_in_the_dead_letter_queue_ends_when_it_is_cancelled() -> None:
    pipeline = Pipeline(content())
    import_ = pipeline.request(csv_layout())
    while pipeline.store.get(import_.import_id).status != "finishing":
        pipeline.deliver()
    pipeline.waiting.clear()
    with pytest.raises(ImportOver):
        pipeline.service.cancel(import_.import_id, restricted_to="alice")

    assert cancel_stuck(pipeline, import_).status == "finishing"
    pipeline.carry()
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, counts(ended)["written"]) == ("completed", ROWS)
