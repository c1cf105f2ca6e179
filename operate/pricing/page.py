"""`docs/cost.md`: the figures of `page.md`, what the environments cost beside the same API on containers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from operate.pricing.estimate import Estimate, estimate, estimate_containers
from operate.pricing.inventory import Inventory
from operate.pricing.load import HOURS, load_at
from operate.pricing.prices import PriceTable

PROSE = Path(__file__).with_name("page.md")
RATES = (1, 50, 1000)
# Of the tasks: images twice, logs.
_ENDPOINTS = 3


def page(inventories: Mapping[str, Inventory], prices: PriceTable) -> str:
    """Return the page for environments by name; `prod` is among them."""
    prod = inventories["prod"]
    totals = [
        _total(name, *_both(inventory, prices, rate)) for name, inventory in inventories.items() for rate in RATES
    ]
    return PROSE.read_text("utf-8").format(
        totals=_table(
            ("environment", "requests a second", "this platform", "per million requests", "containers"), totals
        ),
        parts=_parts(*_both(prod, prices, 50)),
        **_work(*_both(prod, prices, 1000)),
        **_idle(*_both(prod, prices, 0)),
        **_ways_out(prices),
    )


def _both(inventory: Inventory, prices: PriceTable, rate: float) -> tuple[Estimate, Estimate]:
    load = load_at(rate)
    return estimate(inventory, prices, load), estimate_containers(inventory, prices, load)


def _total(name: str, ours: Estimate, theirs: Estimate) -> tuple[str, ...]:
    tables = ours.of(line for line in ours.lines if line.part == "backups" and line.what.startswith("tables")).total
    total = f"{ours.total.total:,.0f}"
    shown = f"{total} ({ours.total.total - tables:,.0f})" if tables else total
    a_million = ours.total.total / ours.load.requests * 1e6
    rate = f"{ours.load.requests_per_second:,.0f}"
    return name, rate, shown, f"{a_million:,.2f}", f"{theirs.total.total:,.0f}"


def _parts(ours: Estimate, theirs: Estimate) -> str:
    here, there = ours.parts, theirs.parts
    rows = [
        (
            part,
            f"{here[part].fixed:,.0f}" if part in here else "–",
            f"{here[part].total:,.0f}" if part in here else "–",
            f"{there[part].total:,.0f}" if part in there else "–",
        )
        for part in dict.fromkeys((*here, *there))
    ]
    return _table(("part", "this platform, fixed", "this platform", "containers"), rows)


def _work(ours: Estimate, theirs: Estimate) -> dict[str, str]:
    """Add up what is another thing here and there."""
    here = ours.of(line for line in ours.lines if line.part in {"functions", "events and queues", "data"})
    there = theirs.of(line for line in theirs.lines if line.part in {"tasks", "database", "data"})
    return {"work": f"{here.total:,.0f}", "work_there": f"{there.total:,.0f}"}


def _idle(ours: Estimate, theirs: Estimate) -> dict[str, str]:
    return {"idle": f"{ours.total.fixed:,.0f}", "idle_there": f"{theirs.total.fixed:,.0f}"}


def _ways_out(prices: PriceTable) -> dict[str, str]:
    """Compare NAT gateways and interface endpoints: from how many gigabytes on are two zones of them cheaper?"""
    nat = (prices["nat_gateway_hour"].usd + prices["public_address_hour"].usd) * HOURS
    endpoints = prices["interface_endpoint_hour"].usd * HOURS * _ENDPOINTS
    nat_gb, endpoint_gb = prices["nat_gateway_gb"].usd, prices["interface_endpoint_gb"].usd
    rows = [(str(zones), f"{nat:,.0f}", f"{nat * zones:,.0f}", f"{endpoints * zones:,.0f}") for zones in (2, 3)]
    head = ("zones", "one NAT gateway", "a NAT gateway in each zone", "three interface endpoints")
    return {
        "ways_out": _table(head, rows),
        "nat_gb": f"{nat_gb:g}",
        "endpoint_gb": f"{endpoint_gb:g}",
        "break_even_gb": f"{(endpoints * 2 - nat) / (nat_gb - endpoint_gb):,.0f}",
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, aligned, *rows))
