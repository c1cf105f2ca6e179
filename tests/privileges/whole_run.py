"""Whether a run was all of a folder's tests: otherwise what nobody called says nothing."""

from collections.abc import Iterable
from pathlib import Path

import pytest

# What `-k`, `-m` or `--deselect` left out.
DESELECTED = pytest.StashKey[list[Path]]()


def everything_ran(session: pytest.Session, folder: Path) -> bool:
    """Tell whether every test below a folder ran, and none at all failed."""
    deselected: list[Path] = session.config.stash.get(DESELECTED, [])
    return not session.testsfailed and is_whole(
        folder,
        arguments=session.config.args,
        collected=(item.path for item in session.items),
        deselected=deselected,
    )


def is_whole(folder: Path, *, arguments: Iterable[str], collected: Iterable[Path], deselected: Iterable[Path]) -> bool:
    """Tell whether a session has all of a folder's tests.

    Args:
        folder: Whose files are `test_*.py`, those of the folders below included.
        arguments: What pytest was asked to run.
        collected: The file of each test that runs.
        deselected: The file of each test that does not.
    """
    some_alone = any("::" in argument for argument in arguments)
    left_out = any(folder in path.parents for path in deselected)
    files = {path for path in collected if folder in path.parents}
    return not some_alone and not left_out and files == set(folder.rglob("test_*.py"))
