"""The command that prices an environment."""

import pytest

from operate.cli import main


def test_the_laptop_has_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "requests_per_second=50"]) == 1
    assert "local costs nothing: it is this machine." in capsys.readouterr().err


def test_a_wrong_number_is_refused_before_anything_is_synthesized(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--environment", "dev", "requests_per_second=many"]) == 1
    assert capsys.readouterr().err == "✘ requests_per_second: expected a number, found 'many'\n"


@pytest.mark.slow
def test_the_table_names_its_parts_its_total_and_every_assumption(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--environment", "dev", "requests_per_second=2", "write_share=0.25"]) == 0

    printed = capsys.readouterr().out
    assert "platform-dev in eu-west-1 at 2 requests a second (5.3 million a month)" in printed
    assert [part for part in ("way in", "network", "functions", "data", "all") if f" {part} " not in printed] == []
    assert "write_share                          0.25 " in printed
    assert "Prices of us-east-1, since none of eu-west-1 was seen:" in printed
