"""The list prices of a region: `prices/<region>.toml`."""

import tomllib
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from operate.errors import OperateError

FOLDER = Path(__file__).with_name("prices")


class NoPricesError(OperateError):
    """A region has no list of prices.

    Attributes:
        region: The region.
    """

    def __init__(self, region: str, folder: Path) -> None:
        self.region = region
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml"))) or "none"
        super().__init__(
            f"There are no prices for {region}. Regions with prices: {known}. Add {region}.toml to their folder."
        )


class Prices(BaseModel):
    """List prices in US dollars.

    Attributes:
        region: Their AWS region.
        read_from: The day of the oldest price.
        read_to: The day of the newest price.
        known_types: Patterns of the resource types that an estimate covers.
        usd: The price of a unit, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    read_from: date
    read_to: date
    known_types: tuple[str, ...]
    usd: dict[str, float]

    def covers(self, resource_type: str) -> bool:
        """Return True if an estimate covers a type of resource."""
        return any(fnmatchcase(resource_type, pattern) for pattern in self.known_types)


def load_prices(region: str, folder: Path = FOLDER) -> Prices:
    """Read the prices of a region.

    Raises:
        NoPricesError: The region has no prices.
    """
    file = folder / f"{region}.toml"
    if not file.is_file():
        raise NoPricesError(region, folder)
    return Prices.model_validate(tomllib.loads(file.read_text("utf-8")))
