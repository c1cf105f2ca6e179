"""Clients of AWS, made once a process and only when first used: making one costs more than most requests."""

from functools import cache
from typing import Any

from functions.shared.aws.snapshot import at_restore

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
# All attempts of a call end before the function does, or nobody would be left to answer that AWS is away.
ATTEMPTS = 2


@cache
def client(service: str) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """Return the process's client of an AWS service (`events`, `sqs`, …)."""
    from botocore.config import Config  # noqa: PLC0415 - 60 ms that a request without AWS must not pay
    from botocore.session import get_session  # noqa: PLC0415

    made = get_session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )
    # What it holds open then leads nowhere; it opens others when it needs them.
    at_restore(made.close)
    return made
