"""An import from the request to its end: every row is counted once, even if events repeat, are late or get lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.imports.fields import TARGETS
from functions.imports.finishing import MARGIN_S as FINISHER_MARGIN_S
from functions.imports.parsing.chunks import CHUNK_BYTES
from functions.imports.parsing.layout import Layout
from functions.imports.reading import MARGIN_S
from functions.shared.errors import Unavailable
from functions.shared.exporting import PartRequest
from functions.shared.text import trimmed_name
from functions.users.domain import Details, change_user, create_user
from functions.users.exporting import UserLines
from functions.users.schemas import UserAnswer
from tests.imports.files import csv_layout
from tests.imports.pipeline import CHUNK_RECORDS, ROWS, Pipeline, content, counts, rejected_lines
from tests.users.fakes import FakeUserStore
from tests.users.fakes_bulk import Crash


def test_every_row_is_written_or_listed_in_the_rejects_file() -> None:
    pipeline = Pipeline(
        b"e,n\nada@example.com,Ada\nragged\nADA@example.com,Twice\nnobody,\ngrace@example.com,\x01\nmary@example.com,\n"
    )
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert ended.status == "completed"
    assert counts(ended) == {"read": 6, "written": 2, "rejected": 4, "skipped": 0}
    assert {user.email for user in pipeline.users.users.values()} == {"ada@example.com", "mary@example.com"}
    assert pipeline.objects.objects == {
        f"rejects/{import_.import_id}.csv": b"line,field,reason\r\n"
        b"3,,too_few_fields\r\n4,email,twice_in_file\r\n5,email,not_an_address\r\n6,name,not_allowed\r\n"
    }
    assert pipeline.store.events[-1].type == "ImportCompleted.v1"
    assert not pipeline.store.running


@pytest.mark.parametrize("rows", [0, 1, CHUNK_RECORDS, 2 * CHUNK_RECORDS])
def test_a_file_without_faults_has_no_rejects_file(rows: int) -> None:
    pipeline = Pipeline(content(rows))
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, counts(ended)["written"], len(pipeline.users.users)) == ("completed", rows, rows)
    assert pipeline.objects.objects == {}


def test_every_event_of_an_import_names_its_owner() -> None:
    pipeline = Pipeline(content(bad=frozenset({1})), left_s=lambda: MARGIN_S / 2)
    import_ = pipeline.request(csv_layout())
    pipeline.deliver()
    pipeline.service.cancel(import_.import_id, restricted_to="alice")
    pipeline.carry()
    pipeline.run()

    events = [*pipeline.store.events, *pipeline.users.events]
    owners = {event.type: event.data.get("owner") for event in events if event.type != "UsersImported.v1"}
    assert owners == dict.fromkeys(owners, "alice")
    assert {"ImportRequested.v1", "ImportChunkReady.v1", "ImportChunkTaken.v1", "ImportCancelled.v1"} <= owners.keys()


def test_a_file_that_does_not_fit_its_layout_fails_with_the_reason() -> None:
    pipeline = Pipeline(b"email\nada@example.com\n")
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, ended.refusal, ended.refused_column) == ("failed", "missing_column", "e")
    assert pipeline.store.events[-1].data["reason"] == "missing_column"


def test_an_export_can_be_imported_again() -> None:
    exported = FakeUserStore()
    for details in (
        Details(email="ada@example.com", name='Ada "Countess"\u2028', locale="en-GB"),
        Details(email="grace@example.com"),
        Details(email="zoë@example.com", name="=1+1"),
    ):
        exported.add(*create_user(replace(details, name=trimmed_name(details.name))))
    grace = next(user for user in exported.users.values() if user.email.startswith("grace"))
    deactivation = change_user(grace, {"active": False})
    assert deactivation is not None
    exported.replace(grace, *deactivation)
    everything = PartRequest(position=None, until=datetime.now(UTC), restricted_to=None)
    lines = [f"{line.text}\n" for line in UserLines(exported).read(everything)]
    pipeline = Pipeline("".join(lines).encode())

    import_ = pipeline.request(Layout(target="users", format="ndjson"))
    pipeline.run()

    assert counts(pipeline.store.get(import_.import_id)) == {"read": 3, "written": 3, "rejected": 0, "skipped": 0}
    assert sorted((user.email, user.name, user.locale, user.active) for user in pipeline.users.users.values()) == [
        ("ada@example.com", 'Ada "Countess"', "en-GB", True),
        ("grace@example.com", None, None, False),
        ("zoë@example.com", "=1+1", None, True),
    ]


def test_every_column_of_an_export_is_a_field_or_left_out() -> None:
    assert set(UserAnswer.model_fields) == TARGETS["users"].known


def test_records_in_another_encoding_are_counted() -> None:
    pipeline = Pipeline("e,n\nada@example.com,Zoë\ngrace@example.com,G\nbo@example.com,Bö\n".encode("latin-1"))
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, ended.misencoded, ended.is_much_misencoded) == ("completed", 2, True)
    assert rejected_lines(pipeline, ended) == ["2,,invalid_encoding", "4,,invalid_encoding"]


def test_the_next_reader_continues_when_the_time_runs_out() -> None:
    pipeline = Pipeline(content(), left_s=lambda: MARGIN_S / 2)
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    progress = [event.data["rows_read"] for event in pipeline.store.events if event.type == "ImportProgressed.v1"]
    assert progress == [CHUNK_RECORDS * number for number in (1, 2, 3, 4)] + [ROWS]
    assert counts(pipeline.store.get(import_.import_id))["written"] == ROWS


@pytest.mark.slow
@pytest.mark.parametrize("filler", [b"\n" * 2_000_000, b"x" * 20_000_000], ids=["empty lines", "a long line"])
def test_a_reader_without_time_also_stops_if_there_are_no_rows(filler: bytes) -> None:
    pipeline = Pipeline(b"e,n\n" + filler + b"\nada@example.com,Ada\n", left_s=lambda: MARGIN_S / 2)
    import_ = pipeline.request(csv_layout())
    before = 0

    while pipeline.store.get(import_.import_id).status == "reading":
        pipeline.deliver()
        checkpoint = pipeline.store.get(import_.import_id).checkpoint
        assert checkpoint is not None
        assert before <= checkpoint.position.offset < before + 2 * CHUNK_BYTES
        before = checkpoint.position.offset
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, counts(ended)["written"]) == ("completed", 1)


def test_a_reader_continues_after_the_response_to_its_change_was_lost() -> None:
    pipeline = Pipeline(content())
    import_ = pipeline.request(csv_layout())
    lost = iter([None, Unavailable()])

    def perhaps_lose_the_answer() -> None:
        if error := next(lost, None):
            raise error

    pipeline.store.after_write = perhaps_lose_the_answer
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    assert (ended.status, counts(ended)["written"]) == ("completed", ROWS)


def test_the_next_finisher_continues_a_long_rejects_file() -> None:
    bad = frozenset(range(0, ROWS, 2))
    pipeline = Pipeline(content(bad=bad), left_s=lambda: FINISHER_MARGIN_S / 2)
    import_ = pipeline.request(csv_layout())

    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    stages = [event.data.get("stage") for event in pipeline.store.events if event.type == "ImportProgressed.v1"]
    assert stages.count("finishing") == 3
    assert rejected_lines(pipeline, ended) == [f"{row + 2},,too_few_fields" for row in sorted(bad)]
    assert (ended.status, ended.rejects_upload) == ("completed", None)
    assert counts(ended) == {"read": ROWS, "written": ROWS - len(bad), "rejected": len(bad), "skipped": 0}


def test_the_next_finisher_continues_to_empty_chunks() -> None:
    pipeline = Pipeline(content(), left_s=lambda: FINISHER_MARGIN_S / 2)
    import_ = pipeline.request(csv_layout())
    pipeline.deliver()
    pipeline.service.cancel(import_.import_id, restricted_to="alice")
    pipeline.carry()
    taking = [one for one in pipeline.waiting if one[0] == "take"]
    pipeline.waiting = [one for one in pipeline.waiting if one[0] != "take"]

    pipeline.run()
    pipeline.waiting = taking
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    asked = [event.data.get("chunks") for event in pipeline.store.events if event.type == "ImportCancelRequested.v1"]
    assert asked == [None, 5, 4, 3, 2, 1]
    assert ended.status == "cancelled"
    assert counts(ended) == {"read": ROWS, "written": 0, "rejected": 0, "skipped": ROWS}
    assert not pipeline.users.users


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_crashes_duplicates_and_disorder_change_nothing(data: st.DataObject) -> None:
    bad = frozenset(data.draw(st.sets(st.integers(0, ROWS - 1), max_size=20)))
    pauses: Iterator[bool] = iter(data.draw(st.lists(st.booleans(), max_size=6)))
    pipeline = Pipeline(content(bad=bad), left_s=lambda: 0.0 if next(pauses, False) else 100.0)
    import_ = pipeline.request(csv_layout())
    crashes = iter(data.draw(st.lists(st.booleans(), max_size=40)))

    def perhaps_crash() -> None:
        if next(crashes, False):
            raise Crash

    lost = iter(data.draw(st.lists(st.booleans(), max_size=20)))

    def perhaps_lose_the_answer() -> None:
        if next(lost, False):
            raise Unavailable

    pipeline.store.before_write, pipeline.store.after_write = perhaps_crash, perhaps_lose_the_answer
    cancel_at = data.draw(st.none() | st.integers(0, 12))
    for step in range(60):
        if step == cancel_at and pipeline.store.get(import_.import_id).status in {"reading", "writing"}:
            pipeline.store.before_write = pipeline.store.after_write = lambda: None
            pipeline.service.cancel(import_.import_id, restricted_to=None)
            pipeline.store.before_write, pipeline.store.after_write = perhaps_crash, perhaps_lose_the_answer
            pipeline.carry()
        if not pipeline.waiting:
            break
        pipeline.users.crash_after = data.draw(st.sampled_from([None, None, 0, 3]))
        pipeline.deliver(data.draw(st.integers(0, 20)), again=data.draw(st.booleans()))
    pipeline.users.crash_after = None
    pipeline.store.before_write = pipeline.store.after_write = lambda: None
    pipeline.run()

    ended = pipeline.store.get(import_.import_id)
    found = counts(ended)
    assert ended.is_over
    assert found["written"] + found["rejected"] + found["skipped"] == found["read"]
    assert found["written"] == len(pipeline.users.users)
    lines = [int(line.split(",")[0]) for line in rejected_lines(pipeline, ended)]
    assert lines == sorted(set(lines))
    assert len(lines) == found["rejected"]
    if ended.status == "completed":
        assert found == {"read": ROWS, "written": ROWS - len(bad), "rejected": len(bad), "skipped": 0}
        assert lines == sorted(row + 2 for row in bad)
    assert sum(event.type in {"ImportCompleted.v1", "ImportCancelled.v1"} for event in pipeline.store.events) == 1


def test_a_retry_settles_an_import_after_a_crash_between_counting_and_settling() -> None:
    pipeline = Pipeline(content(5))
    import_ = pipeline.request(csv_layout())
    while pipeline.waiting[0][0] != "count":
        pipeline.deliver()
    writes = iter([None, Crash])

    def crash_at_the_second_write() -> None:
        if error := next(writes):
            raise error

    pipeline.store.before_write = crash_at_the_second_write
    pipeline.deliver()
    assert pipeline.store.get(import_.import_id).status == "writing"
    pipeline.store.before_write = lambda: None
    pipeline.run()

    assert pipeline.store.get(import_.import_id).status == "completed"
