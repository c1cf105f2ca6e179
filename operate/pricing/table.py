"""The printed estimate: a row for each part, and the assumptions."""

from collections.abc import Collection, Iterator

from rich.console import Console
from rich.table import Table

from operate.pricing.estimate import Cost, Estimate
from operate.pricing.load import assumptions

HEAD = ("part", "$ a month, fixed", "$ per million requests", "$ a month")


def print_estimate(
    console: Console, title: str, estimate: Estimate, *, given: Collection[str], in_detail: bool
) -> None:
    """Print the table, the resource types without a price, and every assumption."""
    load, prices = estimate.load, estimate.prices
    millions = f"{load.requests / 1e6:,.1f} million a month"
    table = Table(
        *HEAD, title=f"{title} at {load.requests_per_second:g} requests per second ({millions})", title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, cost, is_total in _rows(estimate, in_detail=in_detail):
        table.add_row(*_row(name, cost, load.requests), style="bold" if is_total else None)
    console.print(table)
    console.print(
        f"A rough estimate: list prices of {prices.region} in US dollars, read from {prices.read_from} to"
        f" {prices.read_to}, without free tiers, discounts and tax."
    )
    if estimate.not_priced:
        console.print(f"Not priced: {', '.join(estimate.not_priced)}.", style="bold yellow")
    console.print("\nAssumptions (change one with name=number):", style="bold")
    assumed = Table(show_header=False, box=None)
    for name, assumption in assumptions().items():
        assumed.add_row(name, f"{load[name]:g}", assumption.meaning, style="bold" if name in given else None)
    console.print(assumed)


def _rows(estimate: Estimate, *, in_detail: bool) -> Iterator[tuple[str, Cost, bool]]:
    if in_detail:
        for part, lines in estimate.lines.items():
            for what, cost in lines.items():
                yield f"{part}: {what}", cost, False
    for part, cost in estimate.parts.items():
        yield part, cost, False
    yield "total", estimate.total, True


def _row(name: str, cost: Cost, requests: float) -> tuple[str, str, str, str]:
    per_million = f"{(cost.total - cost.fixed) / requests * 1e6:,.2f}" if requests else "–"
    return name, f"{cost.fixed:,.0f}", per_million, f"{cost.total:,.0f}"
