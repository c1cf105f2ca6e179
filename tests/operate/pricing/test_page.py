"""`docs/cost.md` says what the templates, the prices and the assumptions say now."""

import re

import pytest

from operate.pricing.__main__ import PAGE, current_page

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.mark.slow
def test_the_page_is_as_the_templates_are_within_five_percent_and_every_type_of_resource_is_priced() -> None:
    written, now = PAGE.read_text("utf-8"), current_page()

    assert _NUMBER.sub("#", written) == _NUMBER.sub("#", now), "run: make cost-page"
    for old, new in zip(_NUMBER.findall(written), _NUMBER.findall(now), strict=True):
        was, is_now = (float(number.replace(",", "")) for number in (old, new))
        # To the dollar, small figures move by more than the share.
        assert abs(was - is_now) <= max(1.0, is_now * 0.05), f"{old} is {new} now; run: make cost-page"
