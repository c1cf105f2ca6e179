from pathlib import Path

import pytest

from local.settings import CHECKOUT, Settings


def test_defaults_are_the_ports_and_the_home_that_the_readme_names(tmp_path: Path) -> None:
    assert Settings.read({}).home == CHECKOUT / ".local"
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    assert settings.gateway_url == "https://localhost:8443"
    assert settings.aws_endpoint_url == "https://127.0.0.1:4566"
    assert (settings.http_port, settings.traefik_port) == (8080, 8081)


def test_a_second_platform_has_its_own_home_and_ports(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path), "PLATFORM_HTTPS_PORT": "9443"})

    assert settings.home == tmp_path
    assert settings.gateway_url == "https://localhost:9443"
    assert settings.ca_file.is_relative_to(tmp_path)


def test_calls_are_recorded_only_on_request() -> None:
    assert not Settings.read({}).records_calls
    assert Settings.read({"PLATFORM_RECORD_CALLS": "1"}).records_calls


def test_a_relative_home_is_in_the_checkout_wherever_the_command_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    assert Settings.read({"PLATFORM_HOME": ".local/e2e"}).home == CHECKOUT / ".local" / "e2e"
