"""The price lists and the assumptions."""

import re
from pathlib import Path

import pytest

from operate.errors import OperateError
from operate.pricing.load import assumptions
from operate.pricing.prices import FOLDER, load_prices

SOURCES = "".join(file.read_text("utf-8") for file in FOLDER.parent.glob("*.py"))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_every_price_is_used_and_has_a_date_and_a_source_within_those_of_the_list(file: Path) -> None:
    prices, text = load_prices(file.stem), file.read_text("utf-8")

    assert prices.region == file.stem
    for name in prices.usd:
        found = re.search(
            rf"; (\d{{4}}-\d\d-\d\d),\n# (https://\S+\n|https://\S+, quoted in\n# https://\S+\n){name} = ", text
        )
        assert found, f"{name} has no date and source"
        assert str(prices.read_from) <= found[1] <= str(prices.read_to)
        assert f'"{name}"' in SOURCES, f"{name} is never used"


def test_every_assumption_is_used() -> None:
    for name in assumptions():
        assert f'"{name}"' in SOURCES, f"{name} is never used"


def test_a_region_without_prices_is_rejected_with_the_regions_that_have_some() -> None:
    with pytest.raises(OperateError, match=r"no prices for mars-west-1\. Regions with prices: eu-west-1\. Add"):
        load_prices("mars-west-1")
