import dataclasses
from pathlib import Path

import pytest

from local.deployment import fingerprint
from local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in (
        "app.py",
        "cdk/shared_stacks/network.py",
        "functions/users/service.py",
        "functions/users/service.toml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return dataclasses.replace(Settings.read({}), checkout=tmp_path)


def test_the_fingerprint_is_the_same_for_the_same_sources(settings: Settings) -> None:
    assert fingerprint(settings) == fingerprint(settings)


@pytest.mark.parametrize("changed", ["app.py", "cdk/shared_stacks/network.py", "functions/users/service.py"])
def test_any_source_changes_it(settings: Settings, changed: str) -> None:
    before = fingerprint(settings)

    (settings.checkout / changed).write_text("changed")

    assert fingerprint(settings) != before


def test_a_file_that_moves_comes_or_goes_changes_it(settings: Settings) -> None:
    before = fingerprint(settings)

    (settings.checkout / "app.py").rename(settings.checkout / "cdk" / "app.py")
    moved = fingerprint(settings)
    (settings.checkout / "cdk" / "app.py").unlink()

    assert len({before, moved, fingerprint(settings)}) == 3


@pytest.mark.parametrize("name", ["functions/users/__pycache__/service.cpython-313.pyc", "README.md", "docs/a.md"])
def test_a_file_that_is_not_deployed_does_not(settings: Settings, name: str) -> None:
    before = fingerprint(settings)

    (settings.checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (settings.checkout / name).write_text("x")

    assert fingerprint(settings) == before
