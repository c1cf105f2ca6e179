"""A request that is sent with an Idempotency-Key for the first time."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from functions.shared.idempotency import IdempotentRequests
from tests.lambda_client import LambdaContext


def remembered(requests: IdempotentRequests, answer: Mapping[str, Any]) -> Callable[[], object]:
    """Return the call that takes effect and remembers its answer."""
    context = cast("Any", LambdaContext())
    return lambda: requests.once(lambda: answer, key="key", body={}, context=context)
