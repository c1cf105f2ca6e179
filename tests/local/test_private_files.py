from pathlib import Path

import pytest

from local.errors import PlatformError
from local.private_files import make_private, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    home.chmod(0o755)

    make_private(home)

    assert mode(home) == 0o700


def test_a_missing_folder_is_created_closed(tmp_path: Path) -> None:
    make_private(tmp_path / "new" / "home")

    assert mode(tmp_path / "new" / "home") == 0o700


def test_a_folder_for_all_users_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)

    with pytest.raises(PlatformError, match=r"is not a folder of this user alone\. Set PLATFORM_HOME"):
        make_private(tmp_path)

    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_a_file_is_private_even_if_an_open_one_was_there(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text("old")
    path.chmod(0o644)
    path.with_suffix(".new").write_text("left over")

    write_private(path, "new")

    assert (path.read_text(), mode(path)) == ("new", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["key.json"]
