"""Secrets from AWS Secrets Manager, read when first needed and cached for a quarter of an hour."""

import time
from collections.abc import Iterator

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.aws.snapshot import at_restore
from functions.shared.errors import Unavailable

KEPT_S = 900.0
# The minimum time between two reads of a secret if the cached values do not open or verify something.
READ_AGAIN_S = 30.0

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

# The time of each read, and the value; None if the secret has no such version.
_kept: dict[tuple[str, str], tuple[float, str | None]] = {}
at_restore(_kept.clear)


def secret_value(name: str) -> str:
    """Return the secret that the manifest calls `name`.

    Raises:
        Unavailable: Secrets Manager throttles or is unreachable, and no value is cached.
    """
    value = _value(name, _CURRENT, kept_s=KEPT_S)
    if value is None:
        raise Unavailable
    return value


def secret_values(name: str) -> Iterator[str]:
    """Yield the values with which something may have been signed or sealed, the most likely first.

    First come the cached current and previous values, then both read again, since the secret may have been rotated
    after the last read. Some of the values may be equal.

    Raises:
        Unavailable: Secrets Manager throttles or is unreachable, and no value is cached.
    """
    yield secret_value(name)
    for stage, kept_s in ((_PREVIOUS, KEPT_S), (_CURRENT, READ_AGAIN_S), (_PREVIOUS, READ_AGAIN_S)):
        value = _value(name, stage, kept_s=kept_s)
        if value is not None:
            yield value


def _value(name: str, stage: str, *, kept_s: float) -> str | None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws/clients.py

    known = _kept.get((name, stage))
    if known and time.monotonic() - known[0] < kept_s:
        return known[1]
    arn = setting(f"SECRET_{name.upper().replace('-', '_')}_ARN")
    try:
        answer = client("secretsmanager").get_secret_value(SecretId=arn, VersionStage=stage)
        value: str | None = answer["SecretString"]
    except (BotoCoreError, ClientError) as error:
        if known:
            return known[1]
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else None
        if stage == _CURRENT or code != "ResourceNotFoundException":
            raise Unavailable from error
        # The secret has never been rotated.
        value = None
    _kept[name, stage] = (time.monotonic(), value)
    return value
