"""The platform that the console shows, as its stack describes it in the variable PLATFORM."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from functions.shared.aws.settings import setting


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
class Platform:
    """An environment.

    Attributes:
        prefix: The beginning of the names of its resources, such as `platform-prod`.
        url: The URL that clients call.
        availability_percent: The share of requests that must succeed within the window.
        window_days: The window of the objective.
    """

    prefix: str
    environment: str
    url: str
    availability_percent: float
    window_days: int
    services: Mapping[str, Service]

    def function_name(self, service: str, function: str) -> str:
        """Return the full name of a function."""
        return f"{self.prefix}-{service}-{function}"

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
    services = {
        name: Service(name=name, api=each["api"], functions=tuple(each["functions"]))
        for name, each in sorted(described.pop("services").items())
    }
    return Platform(**described, services=services)
