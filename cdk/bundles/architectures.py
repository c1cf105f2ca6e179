"""The processor architectures of bundles."""

import platform
import sys
from typing import Literal

from cdk.settings.environment import Architecture


def machine(architecture: Architecture) -> Literal["arm64", "x86_64"]:
    """Return the processor of an architecture; `host` is this machine's."""
    if architecture != "host":
        return architecture
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def platform_tag(architecture: Architecture) -> str:
    """Return the platform of a bundle, such as `arm64` or, for this machine, `linux_x86_64`."""
    return architecture if architecture != "host" else f"{sys.platform}_{machine(architecture)}"
