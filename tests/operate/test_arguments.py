"""Numbers with a range, and the errors of wrong ones."""

from argparse import ArgumentTypeError

import pytest

from operate import cli
from operate.arguments import number_above, whole_number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "abc", "٣", "1e3", "11"])
def test_a_number_outside_of_its_range_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a number from 1 to 10, found"):
        whole_number(1, 10)(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "abc", "nan", "inf", "61", "1e400"])
def test_a_length_outside_of_its_range_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a number above 0, at most 60, found"):
        number_above(0, most=60)(text)


def test_numbers_within_their_range_are_read() -> None:
    assert (whole_number(1)("1"), whole_number(1, 10)("10"), number_above(0, most=60)("0.5")) == (1, 10, 0.5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("prune", "--keep", "0"), "✘ keep: expected a number from 1, found '0'"),
        (("redrive", "--per-second", "x"), "✘ per_second: expected a number from 1 to 500, found 'x'"),
        (("dead-letters", "--limit", "-3"), "✘ limit: expected a number from 1, found '-3'"),
        (("kpis", "--days", "8"), "✘ days: invalid choice"),
        (("kpis", "--days", "x"), "✘ days: invalid"),
    ],
)
def test_each_number_of_a_command_says_what_it_expects(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)

    first, usage = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert first.startswith(told)
    assert usage.startswith(f"usage: make {words[0]} ")
