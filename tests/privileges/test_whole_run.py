"""Grants without a call are reported only after a whole run."""

from pathlib import Path

import pytest

from tests.privileges.whole_run import is_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "e2e"
    folder.mkdir()
    (folder / "apart").mkdir()
    for name in ("test_files.py", "test_users.py", "conftest.py", "apart/test_many.py"):
        (folder / name).touch()
    return folder


def test_a_run_of_all_files_is_whole(folder: Path) -> None:
    elsewhere = folder.parent / "unit" / "test_domain.py"
    collected = [folder / name for name in ("test_files.py", "test_files.py", "test_users.py", "apart/test_many.py")]

    assert is_whole(folder, arguments=["tests"], collected=[*collected, elsewhere], deselected=[elsewhere])


@pytest.mark.parametrize(
    ("arguments", "collected", "deselected"),
    [
        (["e2e/test_files.py"], ["test_files.py"], []),
        (["e2e"], ["test_files.py", "test_users.py"], []),
        (["e2e"], ["test_files.py", "test_users.py", "apart/test_many.py"], ["test_users.py"]),
        (["e2e/test_users.py::test_one"], ["test_files.py", "test_users.py", "apart/test_many.py"], []),
    ],
)
def test_a_run_of_some_tests_is_not(
    folder: Path, arguments: list[str], collected: list[str], deselected: list[str]
) -> None:
    assert not is_whole(
        folder,
        arguments=arguments,
        collected=[folder / name for name in collected],
        deselected=[folder / name for name in deselected],
    )
