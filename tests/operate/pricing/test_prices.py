"""The dated tables of prices."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operate.errors import OperateError
from operate.pricing.prices import FOLDER, Price, Tier, load_prices

PRICE = """region = "mars-west-1"
[free]
[prices.air]
usd = 2
unit = "breath"
read_on = 2026-11-01
source = "https://example.com/air"
"""


def price(usd: float, *tiers: tuple[float, float]) -> Price:
    steps = tuple(Tier(above=above, usd=each) for above, each in tiers)
    return Price.model_validate(
        {"usd": usd, "unit": "GB", "read_on": date(2026, 11, 1), "source": "https://example.com", "tiers": steps}
    )


@pytest.mark.parametrize("region", sorted(file.stem for file in FOLDER.glob("*.toml")))
def test_every_table_is_of_its_region_and_every_price_is_used_dated_and_sourced(region: str) -> None:
    table = load_prices(region)

    assert table.region == region
    sources = "".join(file.read_text("utf-8") for file in FOLDER.parent.glob("*.py"))
    for name, each in table.prices.items():
        assert f'"{name}"' in sources, f"{name} is priced, and nothing costs it"
        assert date(2026, 1, 1) <= each.read_on <= date.today()  # noqa: DTZ011 - a day, wherever it was
        assert "aws.amazon.com" in str(each.source) or "pricing.us-east-1.amazonaws.com" in str(each.source)
        assert each.region != region


def test_units_above_a_tier_cost_what_the_tier_says_and_those_below_do_not() -> None:
    tiered = price(3.0, (10, 2.0), (20, 1.0))

    assert [tiered.of(units) for units in (0, 4, 10, 15, 25)] == [0, 12, 30, 40, 55]


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_units_never_cost_less(some: float, more: float) -> None:
    tiered = price(3.0, (10, 2.0), (1000, 0.0))

    assert tiered.of(some + more) >= tiered.of(some)


def test_a_region_without_prices_is_said_with_those_that_have_some() -> None:
    with pytest.raises(
        OperateError, match=r"no prices of mars-west-1; there are those of: eu-west-1\. Write mars-west-1"
    ):
        load_prices("mars-west-1")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (PRICE.replace("usd = 2", "usd = -2"), "prices.air.usd: expected greater than or equal to 0, found -2"),
        (PRICE.replace('unit = "breath"\n', ""), "prices.air.unit: missing"),
        (PRICE.replace("2026-11-01", '"soon"'), "prices.air.read_on"),
        (PRICE + "colour = 1\n", "prices.air.colour: unknown key"),
        (PRICE + "tiers = [{ above = 5, usd = 1 }, { above = 5, usd = 0 }]\n", "prices.air: tiers: expected them in"),
        (PRICE.replace("[free]", "[free"), "expected TOML"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_key(tmp_path: Path, wrong: str, said: str) -> None:
    (tmp_path / "mars-west-1.toml").write_text(wrong, "utf-8")

    with pytest.raises(OperateError) as refused:
        load_prices("mars-west-1", tmp_path)

    assert f"operate/pricing/prices/mars-west-1.toml: {said}" in str(refused.value)
