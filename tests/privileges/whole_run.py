"""Detects whether a run had every test of a folder; only then a grant without a call is not needed."""

from collections.abc import Iterable
from pathlib import Path

import pytest

# The files of the tests that `-k`, `-m` or `--deselect` left out.
DESELECTED = pytest.StashKey[list[Path]]()


def everything_ran(session: pytest.Session, folder: Path) -> bool:
    """Return whether every test below a folder ran, and no test of the run failed."""
    deselected: list[Path] = session.config.stash.get(DESELECTED, [])
    return not session.testsfailed and is_whole(
        folder,
        arguments=session.config.args,
        collected=(item.path for item in session.items),
        deselected=deselected,
    )


def is_whole(folder: Path, *, arguments: Iterable[str], collected: Iterable[Path], deselected: Iterable[Path]) -> bool:
    """Return whether a session has every test of a folder.

    Args:
        folder: The folder with `test_*.py` files, also in the folders below.
        arguments: The arguments of pytest that select tests.
        collected: The file of each test that runs.
        deselected: The file of each test that does not.
    """
    single_tests = any("::" in argument for argument in arguments)
    left_out = any(folder in path.parents for path in deselected)
    files = {path for path in collected if folder in path.parents}
    return not single_tests and not left_out and files == set(folder.rglob("test_*.py"))
