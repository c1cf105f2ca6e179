"""The choice of versions and loads of a drill, and that one drill runs at a time."""

from pathlib import Path

import pytest

from local.drill import command
from local.drill.command import HOME, chosen
from local.drill.versions import read_versions
from local.errors import PlatformError
from local.exclusive import drilling
from local.progress import Progress
from local.settings import Settings

VERSIONS = read_versions()


def names(*, only: str = "", load: str = "") -> list[tuple[str, str]]:
    return [(name, under) for name, _, under in chosen(VERSIONS, only=only, load=load)]


def test_without_a_choice_every_version_is_shipped_under_each_of_its_loads() -> None:
    found = names()

    assert len(found) == len(set(found)) == sum(len(version.loads) for version in VERSIONS.values())


def test_parts_can_be_chosen() -> None:
    assert names(only="slow,plain", load="none") == [("slow", "none"), ("plain", "none")]
    assert names(only="plain", load="busy,none") == [("plain", "busy"), ("plain", "none")]
    assert names(only="slow, plain,slow", load="none") == [("slow", "none"), ("plain", "none")]


@pytest.mark.parametrize(
    ("only", "load", "told"),
    [
        ("fast", "", "There is no version 'fast'. The versions are: fails-at-import, "),
        ("slow,", "", "There is no version ''. The versions are: fails-at-import, "),
        ("", "heavy", "There is no load 'heavy'. The loads are: none, 5-a-minute, busy"),
        ("answers-500-unrehearsed", "none", "is not shipped under the load none"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(only: str, load: str, told: str) -> None:
    with pytest.raises(PlatformError, match=told):
        names(only=only, load=load)


def test_a_second_drill_leaves_the_platform_of_the_first_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CHECKOUT", tmp_path)
    state = tmp_path / ".local" / HOME / "state"
    state.mkdir(parents=True)

    with (
        drilling(Settings.read({"PLATFORM_HOME": str(tmp_path / ".local")})),
        pytest.raises(PlatformError, match="Another command"),
    ):
        command.run(Progress(), only="plain", load="none", minute_s=4, as_json=False)

    assert state.exists()
