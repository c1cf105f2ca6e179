"""The price of an environment at a load, and of the same API on containers with a relational database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from operate.errors import OperateError
from operate.pricing import containers, data, edge, watching, work
from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import Load
from operate.pricing.prices import Price, PriceTable

_MODULES = (edge, work, data, watching)
PRICED = frozenset[str]().union(*(module.TYPES for module in _MODULES))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars of a month: without a request, and at the load."""

    fixed: float
    total: float


@dataclass(frozen=True)
class Estimate:
    """Lines that cost anything, priced."""

    lines: tuple[Line, ...]
    prices: PriceTable
    load: Load

    def of(self, lines: Iterable[Line]) -> Cost:
        """Add lines up."""
        kept = tuple(lines)
        return Cost(
            fixed=sum(line.fixed_usd(self.prices) for line in kept),
            total=sum(line.total_usd(self.prices) for line in kept),
        )

    @property
    def total(self) -> Cost:
        """What all of it costs."""
        return self.of(self.lines)

    @property
    def parts(self) -> Mapping[str, Cost]:
        """What each part costs, in the order of the lines."""
        names = dict.fromkeys(line.part for line in self.lines)
        return {name: self.of(line for line in self.lines if line.part == name) for name in names}

    @property
    def elsewhere(self) -> Mapping[str, Price]:
        """The prices that are another region's, since no other was seen."""
        used = {line.price: self.prices[line.price] for line in self.lines}
        return {name: price for name, price in used.items() if price.region}


def estimate(inventory: Inventory, prices: PriceTable, load: Load) -> Estimate:
    """Price what the stacks hold.

    Raises:
        OperateError: There is a type of resource that nobody said the price of.
    """
    unknown = inventory.types - PRICED - set(prices.free)
    if unknown:
        raise OperateError(
            f"Nobody said what these cost: {', '.join(sorted(unknown))}. Price them in operate/pricing/, or say under"
            f" [free] in operate/pricing/prices/{prices.region}.toml why they cost nothing."
        )
    priced = chain.from_iterable(module.lines(inventory, load) for module in _MODULES)
    return _estimate(priced, prices, load)


def estimate_containers(inventory: Inventory, prices: PriceTable, load: Load) -> Estimate:
    """Price the same API on containers, in the same network."""
    return _estimate(containers.lines(inventory, load), prices, load)


def _estimate(lines: Iterable[Line], prices: PriceTable, load: Load) -> Estimate:
    return Estimate(tuple(line for line in lines if line.fixed or line.used), prices, load)
