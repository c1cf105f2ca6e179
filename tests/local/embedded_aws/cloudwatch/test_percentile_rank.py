"""The statistic that counts the values in a range."""

import pytest

from local.embedded_aws.cloudwatch.percentile_rank import percentile_rank


@pytest.mark.parametrize(
    ("statistic", "rank"),
    [("PR(:1000)", 75.0), ("PR(1000:)", 25.0), ("PR(:999.5)", 50.0), ("PR(2:1000)", 50.0), ("PR(5000:)", 0.0)],
)
def test_it_is_the_percentage_above_the_first_bound_and_up_to_the_second(statistic: str, rank: float) -> None:
    assert percentile_rank(statistic, [1.0, 3.0, 1000.0, 1000.5]) == rank


@pytest.mark.parametrize("statistic", ["Sum", "p99", "PR(:)", "TC(1000:)", "PR(a:b)"])
def test_another_statistic_is_not_calculated(statistic: str) -> None:
    assert percentile_rank(statistic, [1.0]) is None
