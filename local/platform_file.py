"""`platform.json` in the platform's home: URLs, keys and outputs for scripts and the end-to-end tests."""

import json
from collections.abc import Iterable
from typing import Any

from local.credentials import ACCOUNT, administrator
from local.private_files import write_private
from local.settings import Settings
from local.stacks import Stack


def content(settings: Settings, stacks: Iterable[Stack], *, region: str) -> dict[str, Any]:
    """Describe the running platform."""
    key = administrator(settings)
    return {
        "gateway_url": settings.gateway_url,
        "ca_file": str(settings.ca_file),
        "aws_endpoint_url": settings.aws_endpoint_url,
        "region": region,
        "account": ACCOUNT,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
        "identities_file": str(settings.identities_file),
        "dashboard_url": f"http://127.0.0.1:{settings.traefik_port}/dashboard/",
        "logs": str(settings.logs),
        "stacks": {stack.name: {"outputs": stack.outputs} for stack in stacks},
    }


def write(settings: Settings, stacks: Iterable[Stack], *, region: str) -> None:
    """Write the file atomically, so that no reader sees half of it; it contains the administrator's key."""
    write_private(settings.platform_file, json.dumps(content(settings, stacks, region=region), indent=2) + "\n")
