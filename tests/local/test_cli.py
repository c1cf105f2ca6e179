"""The commands of the laptop: wrong arguments, before anything starts."""

import pytest

from local import cli


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("release", "--fast", "abc"), "✘ fast: expected a number above 0, at most 60, found 'abc'"),
        (("release", "--fast", "0"), "✘ fast: expected a number above 0, at most 60, found '0'"),
        (("drill", "release", "--fast", "nan"), "✘ fast: expected a number above 0, at most 60, found 'nan'"),
        (("drill", "release", "--fast", "90"), "✘ fast: expected a number above 0, at most 60, found '90'"),
        (("serve", "--port", "http"), "✘ port: expected a number from 1 to 65535, found 'http'"),
        (("debug", "--port", "70000"), "✘ port: expected a number from 1 to 65535, found '70000'"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_in_the_words_of_make(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["local", *words])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    first, usage = capsys.readouterr().err.splitlines()
    assert (ended.value.code, first) == (2, told)
    assert usage.startswith(f"usage: make {words[0]} ")
    assert "--" not in usage
