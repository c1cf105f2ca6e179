"""The clock of releases: whether a stack's update is a canary at all, and how long a minute of its template takes.

A saved change and `make up` must stay instant, so an update of an alias is a canary only if it was asked for: by an SSM
parameter that `make release` writes for the stack before the deployment, and removes after it. It is a JSON object such
as `{"minute_s": 1.0}`. The periods of the alarms that watch a fast release are as short as its minutes.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ministack.services import cloudwatch, ssm

REAL_MINUTE_S = 60.0
_PARAMETERS = "/embedded-aws/releases/"

# The alarms that watch fast releases, with the length of the minute of each release.
_fast: dict[str, list[float]] = {}


def asked_minute_s(stack_name: str) -> float | None:
    """Return the length of a minute of the release that was asked for; None if none was."""
    parameter: dict[str, Any] | None = ssm._parameters.get(_PARAMETERS + stack_name)
    if parameter is None:
        return None
    return float(json.loads(parameter["Value"]).get("minute_s", REAL_MINUTE_S))


def forget_asked() -> None:
    """Remove what interrupted releases left."""
    for key in [key for key in ssm._parameters._data if str(key[-1]).startswith(_PARAMETERS)]:
        del ssm._parameters._data[key]


def quicken(alarms: Iterable[str], minute_s: float) -> None:
    """Let alarms, and those that they read, evaluate periods with minutes of this length."""
    if minute_s != REAL_MINUTE_S:
        for name in with_children(alarms):
            _fast.setdefault(name, []).append(minute_s)


def slow(alarms: Iterable[str], minute_s: float) -> None:
    """Let alarms evaluate their own periods again, unless another fast release reads them."""
    for name in with_children(alarms):
        if minute_s in _fast.get(name, ()):
            _fast[name].remove(minute_s)


def scaled_s(alarm: str, seconds: float) -> float:
    """Return how long a period of an alarm takes on the clock that it runs on."""
    return seconds * min(_fast.get(alarm) or [REAL_MINUTE_S]) / REAL_MINUTE_S


def with_children(alarms: Iterable[str]) -> Iterator[str]:
    """Yield alarms and, for a composite alarm, first those that it reads."""
    for name in alarms:
        composite: dict[str, Any] | None = cloudwatch._composite_alarms.get(name)
        if composite:
            yield from with_children(cloudwatch._composite_children(composite))
        yield name
