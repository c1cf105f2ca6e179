"""Write `docs/cost.md`."""

from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from operate.pricing.estimate import Platform
from operate.pricing.page import page
from operate.pricing.prices import load_prices
from operate.pricing.synthesis import synthesize
from operate.target import CHECKOUT

PAGE = CHECKOUT / "docs" / "cost.md"
ENVIRONMENTS = ("prod", "dev")


def current_page() -> str:
    """Return the page for the current templates, prices and assumptions."""
    environments = [load_environment(name) for name in ENVIRONMENTS]
    [region] = {environment.region for environment in environments}
    manifests = load_manifests()
    platforms = {each.name: Platform(each, manifests, synthesize(each)) for each in environments}
    return page(platforms, load_prices(region))


if __name__ == "__main__":
    PAGE.write_text(current_page(), "utf-8")
