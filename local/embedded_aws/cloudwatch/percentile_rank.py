"""The statistic PR: the percentage of values in a range; independent of MiniStack.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import re
from collections.abc import Sequence

_NUMBER = r"\d+(?:\.\d+)?"
_RANGE = re.compile(rf"PR\(({_NUMBER})?:({_NUMBER})?\)")


def percentile_rank(statistic: str, values: Sequence[float]) -> float | None:
    """Return the percentage of values above the first bound and up to the second; None for another statistic.

    Args:
        statistic: `PR(low:high)`, of which one bound can be missing.
        values: At least one value.
    """
    bounds = _RANGE.fullmatch(statistic)
    if bounds is None or bounds.group(1) is bounds.group(2) is None:
        return None
    low, high = (None if bound is None else float(bound) for bound in bounds.groups())
    within = [value for value in values if (low is None or value > low) and (high is None or value <= high)]
    return 100 * len(within) / len(values)
