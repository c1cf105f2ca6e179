import os
from pathlib import Path

import pytest

from local.errors import PlatformError
from local.exclusive import exclusive, shared
from local.settings import Settings


def test_a_second_command_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    with exclusive(settings), pytest.raises(PlatformError, match=rf"\(pid {os.getpid()}\)"), exclusive(settings):
        pass


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    with exclusive(settings):
        pass

    with exclusive(settings):
        pass


def test_two_platforms_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with (
        exclusive(Settings.read({"PLATFORM_HOME": str(tmp_path / "one")})),
        exclusive(Settings.read({"PLATFORM_HOME": str(tmp_path / "two")})),
    ):
        pass


def test_each_command_closes_a_home_that_an_older_version_left_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    with exclusive(Settings.read({"PLATFORM_HOME": str(tmp_path)})):
        assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_releases_of_two_services_run_at_the_same_time(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    with shared(settings, service="users"), shared(settings, service="activity"):
        pass


def test_a_release_excludes_another_one_of_its_service_and_every_other_command(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    with shared(settings, service="users"):
        with pytest.raises(PlatformError), shared(settings, service="users"):
            pass
        with pytest.raises(PlatformError), exclusive(settings):
            pass
    with exclusive(settings), pytest.raises(PlatformError), shared(settings, service="users"):
        pass
