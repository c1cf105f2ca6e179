"""The load that is priced, as the command line gives it."""

import pytest

from operate.errors import OperateError
from operate.pricing.load import assumptions, load_at, read_load


def test_a_rate_and_what_is_assumed_otherwise_are_read() -> None:
    load, given = read_load(["requests_per_second=2.5", "write_share=0.4"])

    assert load.requests == 2.5 * 730 * 3600
    assert load.writes == pytest.approx(load.requests * 0.4)
    assert load["read_units"] == assumptions()["read_units"].value
    assert given == {"write_share"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "how many requests a second? For example: requests_per_second=50"),
        (["50"], "expected name=number, found '50'"),
        (["requests_per_second=fifty"], "requests_per_second: expected a number, found 'fifty'"),
        (["requests_per_second=nan"], "expected a number, found 'nan'"),
        (["requests_per_second=-1"], "expected a number from 0 to 1,000,000,000, found '-1'"),
        (["requests_per_second=1e99"], "expected a number from 0 to 1,000,000,000"),
        (["requests_per_second=1", "write_share=20"], "write_share: expected a share, from 0 to 1, found '20'"),
        (["requests_per_second=1", "events_per_batch=0"], "events_per_batch: expected more than 0"),
        (
            ["requests_per_second=1", "colour=1"],
            "nothing is called 'colour'; there are: requests_per_second, write_share",
        ),
        (["requests_per_second=1", "requests_per_second=2"], "requests_per_second is given twice"),
    ],
)
def test_a_wrong_word_is_refused_with_what_was_expected(words: list[str], said: str) -> None:
    with pytest.raises(OperateError) as refused:
        read_load(words)

    assert said in str(refused.value)


def test_every_wrong_word_is_said_at_once() -> None:
    with pytest.raises(OperateError) as refused:
        read_load(["colour=1", "50"])

    assert len(str(refused.value).splitlines()) == 2


def test_every_assumption_says_what_it_means_and_changes_something() -> None:
    for name, assumption in assumptions().items():
        assert assumption.meaning
        assert load_at(1, {name: assumption.value + 0.1})[name] != load_at(1)[name]
