"""A line of what an environment costs: so many units of a price, with and without load."""

from dataclasses import dataclass

from operate.pricing.prices import PriceTable


@dataclass(frozen=True, kw_only=True)
class Line:
    """Units of one price in a month.

    Attributes:
        part: Of the platform, which lines are added up by.
        what: It is, for the reader of the table.
        price: The name of the price.
        fixed: Units without a single request.
        used: Units more, at the load.
    """

    part: str
    what: str
    price: str
    fixed: float = 0.0
    used: float = 0.0

    def fixed_usd(self, prices: PriceTable) -> float:
        """Return what it costs without a single request."""
        return prices[self.price].of(self.fixed)

    def total_usd(self, prices: PriceTable) -> float:
        """Return what it costs at the load."""
        return prices[self.price].of(self.fixed + self.used)

    def used_usd(self, prices: PriceTable) -> float:
        """Return what the load costs."""
        return self.total_usd(prices) - self.fixed_usd(prices)
