"""The command that estimates the cost of an environment."""

import pytest

from operate.cli import main


def test_the_laptop_has_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "requests_per_second=50"]) == 1
    assert "local runs on this machine and costs nothing." in capsys.readouterr().err


def test_a_wrong_number_is_rejected_before_the_synthesis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--environment", "dev", "requests_per_second=many"]) == 1
    assert capsys.readouterr().err.startswith("✘ requests_per_second: expected a number")


@pytest.mark.slow
def test_the_table_has_every_part_the_total_and_every_assumption(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--environment", "dev", "requests_per_second=2", "write_share=0.25"]) == 0

    printed = capsys.readouterr().out
    assert "platform-dev at 2 requests per second (5.3 million a month)" in printed
    assert [part for part in ("way in", "network", "functions", "data", "total") if f" {part} " not in printed] == []
    assert "write_share           0.25 " in printed
    assert "Not priced" not in printed
