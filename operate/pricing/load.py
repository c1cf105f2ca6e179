"""The load that an environment is priced at: a rate of requests, and the assumptions of `assumptions.toml`."""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from operate.errors import OperateError

FILE = Path(__file__).with_name("assumptions.toml")
RATE = "requests_per_second"
# A month as AWS's own calculator has it.
HOURS = 730
SECONDS = HOURS * 3600
KB, GB = 1e3, 1e9
# More than any account is allowed to ask of these services; a slip of the keyboard, not a load.
_LARGEST = 1e9


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A number that no template says, and what it means."""

    value: float
    meaning: str


@dataclass(frozen=True)
class Load:
    """Requests a second around the clock, and what is assumed of each; all its quantities are of a month."""

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
        """Events published."""
        return self.writes * self["events_per_write"]

    @property
    def deliveries(self) -> float:
        """Deliveries to webhooks."""
        return self.events * self["deliveries_per_event"]

    @property
    def uploads(self) -> float:
        """Files uploaded."""
        return self.requests * self["upload_share"]

    @property
    def table_gb(self) -> float:
        """Gigabytes in all tables by now, counted from the first month."""
        a_month = self.writes * self["created_share"] * self["item_bytes"] + self.events * self["event_bytes"]
        return a_month * self["months_of_data"] / GB

    @property
    def object_gb(self) -> float:
        """Gigabytes of files by now, their thumbnails included."""
        return self.uploads * self["upload_kb"] * 1.1 * KB * self["months_of_data"] / GB

    @property
    def data_out_gb(self) -> float:
        """Gigabytes that leave AWS: answers and downloads."""
        downloads = self["download_share"] * self["upload_kb"]
        return self.requests * (self["response_kb"] + downloads) * KB / GB


@cache
def assumptions(file: Path = FILE) -> Mapping[str, Assumption]:
    """Read what is assumed unless the command line says otherwise."""
    return {name: Assumption(**entry) for name, entry in tomllib.loads(file.read_text("utf-8")).items()}


def load_at(requests_per_second: float, changed: Mapping[str, float] | None = None) -> Load:
    """Return the load at a rate, with the assumptions as they are but for those changed."""
    return Load(requests_per_second, {**{name: each.value for name, each in assumptions().items()}, **(changed or {})})


def read_load(words: Iterable[str]) -> tuple[Load, frozenset[str]]:
    """Read `name=number` words: the rate, and what is assumed otherwise; answer with the names that were given.

    Raises:
        OperateError: With every word that is wrong, or the rate that is missing.
    """
    given, problems = dict[str, float](), list[str]()
    for word in words:
        name, sign, text = word.partition("=")
        if not sign:
            problems.append(f"expected name=number, found {word!r}")
        elif name != RATE and name not in assumptions():
            problems.append(f"nothing is called {name!r}; there are: {RATE}, {', '.join(assumptions())}")
        elif name in given:
            problems.append(f"{name} is given twice")
        elif (value := _number(text)) is None or (problem := _refused(name, value)):
            problems.append(f"{name}: {problem if value is not None else 'expected a number'}, found {text!r}")
        else:
            given[name] = value
    if not problems and RATE not in given:
        problems.append(f"how many requests a second? For example: {RATE}=50")
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


def _refused(name: str, value: float) -> str | None:
    """Say what is wrong with a number, if anything is."""
    if not 0 <= value <= _LARGEST:
        return f"expected a number from 0 to {_LARGEST:,.0f}"
    if name.endswith("_share") and value > 1:
        return "expected a share, from 0 to 1"
    if name in _DIVISORS and value == 0:
        return "expected more than 0"
    return None


# What something is divided by.
_DIVISORS = frozenset({"events_per_batch", "container_requests_per_second", "container_events_per_second"})
