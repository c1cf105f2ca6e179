"""The load of an estimate, as the command line gives it."""

import pytest

from operate.errors import OperateError
from operate.pricing.load import assumptions, load_at, read_load


def test_the_rate_and_changed_assumptions_are_read() -> None:
    load, given = read_load(["requests_per_second=2.5", "write_share=0.4"])

    assert load.requests == 2.5 * 730 * 3600
    assert load.writes == pytest.approx(load.requests * 0.4)
    assert load["read_units"] == assumptions()["read_units"].value
    assert given == {"write_share"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give the number of requests per second, for example requests_per_second=50"),
        (["50"], "expected name=number, found '50'"),
        (
            ["requests_per_second=fifty"],
            "requests_per_second: expected a number from 0 to 1,000,000,000, found 'fifty'",
        ),
        (["requests_per_second=nan"], "expected a number from 0 to 1,000,000,000, found 'nan'"),
        (["requests_per_second=-1"], "expected a number from 0 to 1,000,000,000, found '-1'"),
        (["requests_per_second=1e99"], "expected a number from 0 to 1,000,000,000, found '1e99'"),
        (["requests_per_second=1", "write_share=20"], "write_share: expected a share from 0 to 1, found '20'"),
        (["requests_per_second=1", "events_per_batch=0"], "events_per_batch: expected more than 0"),
        (
            ["requests_per_second=1", "colour=1"],
            "unknown name 'colour'; the names are: requests_per_second, write_share",
        ),
    ],
)
def test_a_wrong_word_is_rejected_with_the_expectation(words: list[str], message: str) -> None:
    with pytest.raises(OperateError) as rejected:
        read_load(words)

    assert message in str(rejected.value)


def test_every_wrong_word_is_reported_at_once() -> None:
    with pytest.raises(OperateError) as rejected:
        read_load(["colour=1", "50"])

    assert len(str(rejected.value).splitlines()) == 2


def test_every_assumption_has_a_meaning_and_can_be_changed() -> None:
    for name, assumption in assumptions().items():
        assert assumption.meaning
        assert load_at(1, {name: assumption.value + 0.1})[name] != load_at(1)[name]
