"""Clients of AWS, one for each process and service, made when first used: making one costs more than most requests."""

from functools import cache
from typing import Any

from functions.shared.aws.snapshot import at_restore
from functions.shared.aws.tls import share_tls_context
from functions.shared.rehearsal import guard_calls

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
# All attempts of a call must end before the function does, so that it can still answer that AWS is unavailable.
ATTEMPTS = 2


@cache
def client(service: str) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """Return the process's client of an AWS service (`events`, `sqs`, …)."""
    from botocore.config import Config  # noqa: PLC0415 - its import takes 60 ms, which requests without AWS must not pay
    from botocore.session import get_session  # noqa: PLC0415 - as above

    share_tls_context()
    guard_calls()
    made = get_session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )
    # A restored process cannot use the connections of the snapshot; the client opens new ones when needed.
    at_restore(made.close)
    return made
