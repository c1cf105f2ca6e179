"""How an estimate is printed: a row for each part, and all that it stands on."""

from collections.abc import Collection, Iterator

from rich.console import Console
from rich.table import Table

from operate.deployed.synthesis import Stack
from operate.pricing.edge import tasks_allowed, tasks_at
from operate.pricing.estimate import Cost, Estimate
from operate.pricing.inventory import Inventory
from operate.pricing.load import assumptions

HEAD = ("part", "$ a month, fixed", "$ per million requests", "$ a month")


def rows(estimate: Estimate) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each part, and the one of all."""
    for name, cost in (*estimate.parts.items(), ("all", estimate.total)):
        yield row(name, cost, estimate.load.requests)


def row(name: str, cost: Cost, requests: float) -> tuple[str, str, str, str]:
    """Return a row of the table."""
    a_million = f"{(cost.total - cost.fixed) / requests * 1e6:,.2f}" if requests else "–"
    return name, f"{cost.fixed:,.2f}", a_million, f"{cost.total:,.2f}"


def print_estimate(
    console: Console, estimate: Estimate, inventory: Inventory, *, given: Collection[str], in_detail: bool
) -> None:
    """Print the table, or each line of it, what to know of it, and every assumption."""
    load = estimate.load
    prices = [estimate.prices[line.price] for line in estimate.lines]
    oldest, newest = min(price.read_on for price in prices), max(price.read_on for price in prices)
    table = Table(*HEAD, title=_title(estimate, inventory.stacks[0]), title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    if in_detail:
        for line in estimate.lines:
            table.add_row(*row(f"{line.part}: {line.what}", estimate.of([line]), load.requests))
    for each in rows(estimate):
        table.add_row(*each, style="bold" if each[0] == "all" else None)
    console.print(table)
    console.print(f"List prices in US dollars, read from {oldest} to {newest}, without free tiers, discounts and tax.")
    for note in notes(estimate, inventory):
        console.print(note)
    console.print("\nAssumed (name=number on the command line changes it):", style="bold")
    assumed = Table(show_header=False, box=None)
    for name, assumption in assumptions().items():
        assumed.add_row(name, f"{load[name]:g}", assumption.meaning, style="bold" if name in given else None)
    console.print(assumed)


def notes(estimate: Estimate, inventory: Inventory) -> Iterator[str]:
    """Say what the figures do not: prices of other regions, and what the environment does not allow."""
    for region in sorted({str(price.region) for price in estimate.elsewhere.values()}):
        names = ", ".join(name for name, price in estimate.elsewhere.items() if price.region == region)
        yield f"Prices of {region}, since none of {estimate.prices.region} was seen: {names}."
    needed, allowed = tasks_at(inventory, estimate.load), tasks_allowed(inventory)
    if needed > allowed:
        yield f"The load takes {needed} tasks of the gateway; the environment allows {allowed}: edge.tasks_max."


def _title(estimate: Estimate, stack: Stack) -> str:
    load = estimate.load
    name = "-".join(stack.name.split("-")[:2])
    millions = f"{load.requests / 1e6:,.1f} million a month"
    return f"{name} in {estimate.prices.region} at {load.requests_per_second:g} requests a second ({millions})"
