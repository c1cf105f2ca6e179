"""`docs/cost.md`: the prose of `page.md` with the figures of the environments, rounded to two digits."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cdk.gateway.capacity import requests_per_task_and_s
from operate.pricing.estimate import Estimate, Platform, estimate
from operate.pricing.load import load_at
from operate.pricing.prices import Prices

PROSE = Path(__file__).with_name("page.md")
RATES = (1, 50, 1000)


def page(platforms: Mapping[str, Platform], prices: Mapping[str, Prices]) -> str:
    """Return the page for environments by name, with prices by region; `prod` is required."""

    def estimate_at(platform: Platform, rate: float) -> Estimate:
        return estimate(platform, prices[platform.environment.region], load_at(rate))

    totals = [
        (
            name,
            f"{rate:,}",
            rounded(found.total.fixed),
            rounded(found.total.total),
            rounded(_tables_backup(found)),
        )
        for name, platform in platforms.items()
        for rate in RATES
        for found in [estimate_at(platform, rate)]
    ]
    parts = estimate_at(platforms["prod"], 50).parts
    return PROSE.read_text("utf-8").format(
        regions=" and ".join(prices),
        lists=", ".join(f"[`{region}.toml`](../operate/pricing/prices/{region}.toml)" for region in prices),
        gateway=" or ".join(
            f"{requests_per_task_and_s(platform.environment.edge):,} ({name})" for name, platform in platforms.items()
        ),
        totals=_table(("environment", "requests per second", "fixed", "total", "backups of tables, included"), totals),
        parts=_table(
            ("part", "fixed", "total"),
            [(part, rounded(cost.fixed), rounded(cost.total)) for part, cost in parts.items()],
        ),
    )


def rounded(usd: float) -> str:
    """Round to two digits, which is more than the assumptions allow."""
    return f"{float(f'{usd:.1e}'):,.0f}" if usd >= 1 else "0"


def _tables_backup(found: Estimate) -> float:
    cost = found.lines.get("backups", {}).get("tables")
    return cost.total if cost else 0.0


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    aligned = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, aligned, *rows))
