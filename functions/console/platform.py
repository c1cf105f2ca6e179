"""The platform that the console shows, as its stack describes it in the variable PLATFORM."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from functions.shared.aws.settings import setting
from functions.shared.interface.dead_letters import DEAD_LETTERS, PARKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the platform.

    Attributes:
        api: The name of its HTTP function; None without one.
        functions: The names of all its functions.
    """

    name: str
    api: str | None
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """The queue of the dead letters of a function, or of the events that a relay has parked.

    Attributes:
        name: The full name of the queue.
        source: The full name of the queue that its messages come from; None for parked events.
    """

    service: str
    function: str
    name: str
    source: str | None

    @property
    def label(self) -> str:
        """The function, as the commands of operators name it: `activity.consumer`."""
        return f"{self.service}.{self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An environment.

    Attributes:
        prefix: The beginning of the names of its resources, such as `platform-prod`.
        url: The URL that clients call.
        availability_percent: The share of requests that must succeed within the window.
        window_days: The window of the objective.
        letters: The queues of dead letters and of parked events.
    """

    prefix: str
    environment: str
    url: str
    availability_percent: float
    window_days: int
    services: Mapping[str, Service]
    letters: tuple[Letters, ...]

    def function_name(self, service: str, function: str) -> str:
        """Return the full name of a function."""
        return f"{self.prefix}-{service}-{function}"

    def find_letters(self, service: str, function: str) -> Letters | None:
        """Return the dead letters or parked events of a function; None if it can have none."""
        return next((each for each in self.letters if (each.service, each.function) == (service, function)), None)

    def service_of(self, resource: str) -> str | None:
        """Return the service that the name of an alarm or a stack belongs to; None for other parts of the platform."""
        first = resource.removeprefix(f"{self.prefix}-").partition("-")[0]
        return first if first in self.services else None


@cache
def platform() -> Platform:
    """Return the platform of this function's environment."""
    return read_platform(setting("PLATFORM"))


def read_platform(text: str) -> Platform:
    """Return the platform that a value of PLATFORM describes."""
    described = json.loads(text)
    found = sorted(described.pop("services").items())
    services = {name: Service(name=name, api=each["api"], functions=tuple(each["functions"])) for name, each in found}
    letters = tuple(
        _letters(described["prefix"], service, function, source)
        for service, each in found
        for function, source in each["letters"].items()
    )
    return Platform(**described, services=services, letters=letters)


def _letters(prefix: str, service: str, function: str, source: str | None) -> Letters:
    if source is None:
        return Letters(service=service, function=function, name=f"{prefix}-{service}-{function}{PARKED}", source=None)
    full = f"{prefix}-{source}"
    return Letters(service=service, function=function, name=f"{full}{DEAD_LETTERS}", source=full)
