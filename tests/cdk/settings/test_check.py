"""The check of the settings before the CDK starts."""

import pytest

from cdk.settings import check
from cdk.settings.configuration_error import ConfigurationError


def test_sound_settings_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main("dev") == 0
    assert capsys.readouterr().err == ""


def test_every_problem_is_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ConfigurationError(["functions/users/service.toml: table: expected text", "another: problem"])

    monkeypatch.setattr(check, "load_manifests", broken)

    assert check.main("nowhere") == 1

    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == ["✘ functions/users/service.toml: table: expected text", "✘ another: problem"]
    assert "nowhere" in lines[0]
