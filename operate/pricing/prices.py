"""List prices of a region, each with its unit, the day it was read and its source: `prices/<region>.toml`."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from cdk.settings.configuration_error import problems_of
from operate.errors import OperateError

FOLDER = Path(__file__).with_name("prices")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tier(_Part):
    """What a unit costs above a number of units a month."""

    above: float = Field(gt=0)
    usd: float = Field(ge=0)


class Price(_Part):
    """What a unit costs.

    Attributes:
        usd: US dollars for a unit, up to the first tier.
        unit: What a unit is.
        read_on: The day on which the price was read.
        source: Where AWS says it.
        quoted_in: Where it was read, if not there.
        region: Whose price it is, where that is not the region of the file.
        tiers: What units cost above a number of them, in that order.
    """

    usd: float = Field(ge=0)
    unit: str = Field(min_length=1)
    read_on: date
    source: HttpUrl
    quoted_in: HttpUrl | None = None
    region: str | None = None
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        steps = [tier.above for tier in self.tiers]
        if steps != sorted(set(steps)):
            raise ValueError("tiers: expected them in the order of `above`, each once")
        return self

    def of(self, units: float) -> float:
        """Return what so many units cost in a month, in US dollars."""
        steps = [(0.0, self.usd), *((tier.above, tier.usd) for tier in self.tiers)]
        ends = [*(above for above, _ in steps[1:]), float("inf")]
        return sum(max(0.0, min(units, end) - above) * usd for (above, usd), end in zip(steps, ends, strict=True))


class PriceTable(_Part):
    """The prices of a region, and the types of resources that cost nothing, each with the reason."""

    region: str
    free: Mapping[str, str]
    prices: Mapping[str, Price]

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]


def load_prices(region: str, folder: Path = FOLDER) -> PriceTable:
    """Read the price table of a region.

    Raises:
        OperateError: There is none, or it is wrong; with every problem.
    """
    file = folder / f"{region}.toml"
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml"))) or "none"
        raise OperateError(
            f"There are no prices of {region}; there are those of: {known}. Write {file.name} beside them."
        )
    try:
        return PriceTable.model_validate(tomllib.loads(file.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise OperateError(f"operate/pricing/prices/{file.name}: expected TOML: {error}") from error
    except ValidationError as error:
        raise OperateError("\n".join(problems_of(f"operate/pricing/prices/{file.name}", PriceTable, error))) from error
