"""Write `docs/cost.md`."""

from cdk.settings.environment import load_environment
from operate.deployed.synthesis import synthesize
from operate.pricing.inventory import Inventory
from operate.pricing.page import page
from operate.pricing.prices import load_prices
from operate.target import CHECKOUT

PAGE = CHECKOUT / "docs" / "cost.md"
ENVIRONMENTS = ("prod", "dev")


def current_page() -> str:
    """Return the page as the templates, the prices and the assumptions now are."""
    environments = [load_environment(name) for name in ENVIRONMENTS]
    [region] = {environment.region for environment in environments}
    inventories = {environment.name: Inventory(synthesize(environment)) for environment in environments}
    return page(inventories, load_prices(region))


if __name__ == "__main__":
    PAGE.write_text(current_page(), "utf-8")
