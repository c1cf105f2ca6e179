"""The state of an alarm, from the values of its last periods; independent of MiniStack.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The comparison that a period's value must breach, and the number of breaching periods that make an alarm.

    `missing` is the treatment of a period without a value: missing, ignore, breaching or notBreaching.
    """

    comparison: str
    number: float
    needed: int
    missing: str


def state_of(values: Sequence[float | None], threshold: Threshold, *, before: str) -> str:
    """Return OK, ALARM or INSUFFICIENT_DATA, from the values of the last periods and the previous state."""
    breaches = [None if value is None else _BREACHES[threshold.comparison](value, threshold.number) for value in values]
    if threshold.missing in {"breaching", "notBreaching"}:
        breaches = [threshold.missing == "breaching" if breach is None else breach for breach in breaches]
    known = [breach for breach in breaches if breach is not None]
    if sum(known) >= threshold.needed:
        return "ALARM"
    if known:
        return "OK"
    return before if threshold.missing == "ignore" else "INSUFFICIENT_DATA"
