"""The files that the next start continues from."""

from datetime import UTC, datetime
from pathlib import Path

from local.embedded_aws.saved_state import SavedState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def write(folder: Path, *, row: str, picture: str | None) -> None:
    """Write as MiniStack does: into a new file that replaces the old one."""
    for path, text in (("services/dynamodb.json", row), ("s3/account/bucket/picture", picture)):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            target.unlink()
        else:
            new = target.with_suffix(".tmp")
            new.write_text(text)
            new.replace(target)


def read(folder: Path) -> dict[str, str]:
    files = [*folder.glob("services/*.json"), *(folder / "s3").rglob("*")]
    return {path.name: path.read_text() for path in files if path.is_file()}


def checkpoint(state: SavedState, *, row: str) -> None:
    services = state.begin_checkpoint()
    (services / "dynamodb.json").write_text(row)
    state.save(services, NOON)


def test_a_first_run_that_crashes_before_its_first_checkpoint_leaves_nothing(tmp_path: Path) -> None:
    state = SavedState(tmp_path)
    assert (state.crashed, state.saved_at) == (False, None)
    state.prepare()
    write(tmp_path, row="1", picture="1")
    assert state.crashed

    state.prepare()

    assert read(tmp_path) == {}


def test_after_a_crash_tables_and_objects_are_those_of_the_last_checkpoint(tmp_path: Path) -> None:
    state = SavedState(tmp_path)
    state.prepare()
    write(tmp_path, row="", picture="1")
    checkpoint(state, row="1")
    for later in ("2", None):
        write(tmp_path, row="2", picture=later)

        assert (state.crashed, state.saved_at) == (True, NOON)
        state.prepare()

        assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}


def test_a_run_that_follows_a_stop_starts_with_a_checkpoint(tmp_path: Path) -> None:
    state = SavedState(tmp_path)
    state.prepare()
    write(tmp_path, row="1", picture="1")
    state.note_stop()
    assert not state.crashed
    state.prepare()
    assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}

    write(tmp_path, row="2", picture="2")
    state.prepare()

    assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}


def test_the_state_of_an_older_version_is_kept(tmp_path: Path) -> None:
    write(tmp_path, row="1", picture="1")

    SavedState(tmp_path).prepare()

    assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}


def test_a_checkpoint_that_was_interrupted_counts_completely_or_not_at_all(tmp_path: Path) -> None:
    state = SavedState(tmp_path)
    state.prepare()
    write(tmp_path, row="", picture="1")
    checkpoint(state, row="1")

    (state.begin_checkpoint() / "dynamodb.json").write_text("half")
    state.prepare()
    assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}

    # Between the two renames of the exchange.
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    assert state.saved_at == NOON
    state.prepare()
    assert read(tmp_path) == {"dynamodb.json": "1", "picture": "1"}
