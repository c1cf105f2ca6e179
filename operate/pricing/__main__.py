"""Write `docs/cost.md`."""

import sys

from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from operate.pricing.estimate import Platform
from operate.pricing.page import page
from operate.pricing.prices import NoPricesError, load_prices
from operate.pricing.synthesis import synthesize
from operate.target import CHECKOUT

PAGE = CHECKOUT / "docs" / "cost.md"
ENVIRONMENTS = ("prod", "dev")


def current_page() -> str:
    """Return the page for the current templates, prices and assumptions.

    Raises:
        NoPricesError: The region of an environment has no prices.
    """
    environments = [load_environment(name) for name in ENVIRONMENTS]
    prices = {each.region: load_prices(each.region) for each in environments}
    manifests = load_manifests()
    platforms = {each.name: Platform(each, manifests, synthesize(each)) for each in environments}
    return page(platforms, prices)


def main() -> None:
    """Write the page, or leave it unchanged if a region has no prices."""
    try:
        PAGE.write_text(current_page(), "utf-8")
    except NoPricesError as error:
        sys.stdout.write(f"no prices for {error.region}; docs/cost.md is unchanged\n")


if __name__ == "__main__":
    main()
