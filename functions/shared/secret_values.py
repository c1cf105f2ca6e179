"""Secrets from AWS Secrets Manager, read when first needed and kept for a quarter of an hour."""

import time

from functions.shared.aws import client
from functions.shared.errors import Unavailable
from functions.shared.settings import setting
from functions.shared.snapshot import at_restore

KEPT_S = 900.0

_kept: dict[str, tuple[float, str]] = {}
at_restore(_kept.clear)


def secret_value(name: str) -> str:
    """Return the secret that the manifest calls `name`.

    Raises:
        Unavailable: Secrets Manager throttles or is away.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws.client

    known = _kept.get(name)
    if known and known[0] > time.monotonic():
        return known[1]
    arn = setting(f"SECRET_{name.upper().replace('-', '_')}_ARN")
    try:
        value: str = client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        if known:
            return known[1]
        raise Unavailable from error
    _kept[name] = (time.monotonic() + KEPT_S, value)
    return value
