"""The load of an estimate: a rate of requests and the assumptions of `assumptions.toml`."""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from operate.errors import OperateError

FILE = Path(__file__).with_name("assumptions.toml")
RATE = "requests_per_second"
# The length of a month in AWS's own calculator.
HOURS = 730
SECONDS = HOURS * 3600
KB, GB = 1e3, 1e9
_LARGEST = 1e9


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A number that no template contains, and its meaning."""

    value: float
    meaning: str


@dataclass(frozen=True)
class Load:
    """Requests per second around the clock, and the assumptions about each; all quantities are per month."""

    requests_per_second: float
    assumed: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.assumed[name]

    @property
    def requests(self) -> float:
        """Requests."""
        return self.requests_per_second * SECONDS

    @property
    def writes(self) -> float:
        """Requests that change something."""
        return self.requests * self["write_share"]

    @property
    def events(self) -> float:
        """Published events."""
        return self.writes * self["events_per_write"]

    @property
    def batches(self) -> float:
        """Batches of events in a relay or a consumer."""
        return self.events / self["events_per_batch"]

    @property
    def deliveries(self) -> float:
        """Deliveries to webhooks."""
        return self.events * self["deliveries_per_event"]

    @property
    def uploads(self) -> float:
        """Uploaded files."""
        return self.requests * self["upload_share"]

    @property
    def table_gb(self) -> float:
        """GB in all tables after the assumed months."""
        a_month = self.writes * self["created_share"] * self["item_bytes"] + self.events * self["event_bytes"]
        return a_month * self["months_of_data"] / GB

    @property
    def object_gb(self) -> float:
        """GB of files and thumbnails after the assumed months."""
        return self.uploads * self["upload_kb"] * 1.1 * KB * self["months_of_data"] / GB

    @property
    def api_gb(self) -> float:
        """GB of requests and answers."""
        return self.requests * (self["request_kb"] + self["response_kb"]) * KB / GB

    @property
    def data_out_gb(self) -> float:
        """GB that leave AWS: answers and downloads."""
        downloads = self["download_share"] * self["upload_kb"]
        return self.requests * (self["response_kb"] + downloads) * KB / GB


@cache
def assumptions() -> Mapping[str, Assumption]:
    """Read the assumptions, by name."""
    return {name: Assumption(**entry) for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()}


def load_at(requests_per_second: float, changed: Mapping[str, float] | None = None) -> Load:
    """Return the load at a rate, with some assumptions changed."""
    return Load(requests_per_second, {**{name: each.value for name, each in assumptions().items()}, **(changed or {})})


def read_load(words: Iterable[str]) -> tuple[Load, frozenset[str]]:
    """Read words `name=number`, the rate and changed assumptions; return the load and the names of the changed ones.

    Raises:
        OperateError: A word is wrong, or the rate is missing; the message contains every wrong word.
    """
    given, problems = dict[str, float](), list[str]()
    for word in words:
        name, sign, text = word.partition("=")
        if not sign:
            problems.append(f"expected name=number, found {word!r}")
        elif name != RATE and name not in assumptions():
            problems.append(f"unknown name {name!r}; the names are: {RATE}, {', '.join(assumptions())}")
        elif (value := _number(text)) is None or not 0 <= value <= _LARGEST:
            problems.append(f"{name}: expected a number from 0 to {_LARGEST:,.0f}, found {text!r}")
        elif name.endswith("_share") and value > 1:
            problems.append(f"{name}: expected a share from 0 to 1, found {text!r}")
        elif name == "events_per_batch" and value == 0:
            problems.append(f"{name}: expected more than 0, found {text!r}")
        else:
            given[name] = value
    if not problems and RATE not in given:
        problems.append(f"give the number of requests per second, for example {RATE}=50")
    if problems:
        raise OperateError("\n".join(problems))
    rate = given.pop(RATE)
    return load_at(rate, given), frozenset(given)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
