"""The versions of a drill: their changes fit the sources, and leave no trace."""

import ast
from pathlib import Path

import pytest

from local.drill.checkout import copy_of_checkout
from local.drill.load import LOADS
from local.drill.versions import Change, Version, changed, read_versions

VERSIONS = read_versions()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("drill") / "checkout")


def content(checkout: Path, version: Version) -> dict[Path, str]:
    files = {Path("functions", version.service, "__init__.py"), *(change.file for change in version.changes)}
    return {file: (checkout / file).read_text("utf-8") for file in files}


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_changes_the_sources_for_its_release_only(checkout: Path, name: str) -> None:
    version = VERSIONS[name]
    before = content(checkout, version)

    with changed(checkout, version):
        during = content(checkout, version)
    with changed(checkout, version):
        again = content(checkout, version)

    assert all(text != before[file] for file, text in during.items())
    for text in during.values():
        ast.parse(text)
    assert during != again
    assert content(checkout, version) == before


def test_the_versions_are_those_of_the_mission() -> None:
    bad = {name for name, version in VERSIONS.items() if not version.passes and set(version.loads) == set(LOADS)}

    assert len(bad) == 7
    assert len(VERSIONS.keys() - bad) == 4
    for version in VERSIONS.values():
        assert set(version.loads) <= set(LOADS)
        assert version.after is None or not VERSIONS[version.after].passes


def test_a_change_of_a_text_that_is_not_there_once_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")

    for find in ("x = 1", "y"):
        with pytest.raises(ValueError, match="not once"):
            Change(file=Path("a.py"), find=find, put="").apply(tmp_path)
