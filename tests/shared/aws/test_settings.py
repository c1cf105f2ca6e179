import pytest

from functions.shared.aws.settings import setting, setting_value


def test_a_setting_has_the_kind_that_the_manifest_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTING_RETRY_DELAYS_S", "[5, 300]")
    monkeypatch.setenv("SETTING_STRICT", "false")

    assert setting_value("retry_delays_s") == [5, 300]
    assert setting_value("strict") is False


def test_what_the_manifest_does_not_declare_is_named() -> None:
    with pytest.raises(LookupError, match=r"SETTING_UNHEARD_OF is not set\. Declare in service\.toml"):
        setting_value("unheard_of")
    with pytest.raises(LookupError, match="UNHEARD_OF is not set"):
        setting("UNHEARD_OF")
