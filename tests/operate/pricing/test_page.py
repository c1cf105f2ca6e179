"""`docs/cost.md` has the figures of the current templates, prices and assumptions."""

import pytest

from operate.pricing.__main__ import PAGE, current_page
from operate.pricing.page import rounded


@pytest.mark.slow
def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == current_page(), "run: make cost-page"


def test_figures_have_two_digits() -> None:
    assert [rounded(usd) for usd in (0.4, 4.2, 86.18, 135, 2257.6, 39_700)] == [
        "0",
        "4",
        "86",
        "140",
        "2,300",
        "40,000",
    ]
