"""`docs/cost.md` has the figures of the current templates, prices and assumptions."""

from pathlib import Path

import pytest

from cdk.settings.environment import Environment, load_environment
from operate.pricing import __main__ as command
from operate.pricing.__main__ import PAGE, current_page, main
from operate.pricing.page import rounded
from operate.pricing.prices import NoPricesError, Prices, load_prices
from operate.pricing.synthesis import Resources

MARS = "mars-west-1"


def load_with_dev_on_mars(name: str) -> Environment:
    environment = load_environment(name)
    return environment.model_copy(update={"region": MARS}) if name == "dev" else environment


def load_prices_free_on_mars(region: str) -> Prices:
    prices = load_prices("eu-west-1")
    return prices.model_copy(update={"usd": dict.fromkeys(prices.usd, 0.0)}) if region == MARS else prices


@pytest.mark.slow
def test_the_page_is_current() -> None:
    try:
        page = current_page()
    except NoPricesError as error:
        pytest.skip(str(error))
    assert PAGE.read_text("utf-8") == page, "run: make cost-page"


def test_each_environment_has_the_prices_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load_environment", load_with_dev_on_mars)
    monkeypatch.setattr(command, "load_prices", load_prices_free_on_mars)
    monkeypatch.setattr(command, "synthesize", lambda _: Resources([]))

    page = current_page()

    assert "| dev | 1,000 | 0 | 0 | 0 |" in page
    assert "| prod | 1,000 | 0 | 0 | 0 |" not in page
    assert "list prices for eu-west-1 and mars-west-1 in US dollars" in page
    assert "[`mars-west-1.toml`](../operate/pricing/prices/mars-west-1.toml)" in page


def test_the_page_stays_if_a_region_has_no_prices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "cost.md"
    page.write_text("before", "utf-8")
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(command, "load_environment", load_with_dev_on_mars)

    main()

    assert capsys.readouterr().out == "no prices for mars-west-1; docs/cost.md is unchanged\n"
    assert page.read_text("utf-8") == "before"


def test_figures_have_two_digits() -> None:
    assert [rounded(usd) for usd in (0.4, 4.2, 86.18, 135, 2257.6, 39_700)] == [
        "0",
        "4",
        "86",
        "140",
        "2,300",
        "40,000",
    ]
