"""Checks before anything starts: tools, disk space, free ports. Each error gives its cause and the remedy."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from local.errors import PlatformError
from local.ports import PORTS
from local.settings import Settings

# The CDK ended its support of Node.js 20 on 2026-10-30, and never supported 21, an odd version; both still work.
# https://docs.aws.amazon.com/cdk/v2/guide/node-versions.html. local/install.sh has the same two numbers.
_NODE_WANTED = 22
_NODE_OLDEST = 20
_DISK_BYTES = 2_000_000_000


def check_tools(settings: Settings, warn: Callable[[str], None]) -> None:
    """Raise PlatformError unless Python, Node.js and the packages that `make` installs are present.

    Call `warn` with a sentence if a tool works but is no longer supported.
    """
    if sys.version_info[:2] != (3, 13):
        raise PlatformError(
            f"Python 3.13 is needed, because functions run on it, but this is {sys.version.split()[0]}. "
            "Remove .venv and run `make up` again with python3.13, or uv, on the PATH."
        )
    node = shutil.which("node")
    if node is None:
        raise PlatformError(f"The CDK needs Node.js {_NODE_WANTED} or newer, but there is no `node` on the PATH.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if warning := check_node_version(version, node):
        warn(warning)
    for path in (
        settings.checkout / "node_modules" / ".bin" / "cdk",
        settings.tools / "python",
        settings.tools / "traefik",
    ):
        if not path.exists():
            raise PlatformError(f"{path.relative_to(settings.checkout)} is missing. Run `make up`, which installs it.")


def check_node_version(version: str, node: str) -> str | None:
    """Return a warning if the version, such as `v20.1.0`, works but is unsupported.

    Raises:
        PlatformError: The version is too old, or `node` does not report one.
    """
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < _NODE_OLDEST:
        raise PlatformError(
            f"The CDK needs Node.js {_NODE_WANTED} or newer, but {node} is {version or 'broken'}. "
            "Nothing was started. Install a newer one (https://nodejs.org) and put it first on the PATH."
        )
    if int(major[1]) < _NODE_WANTED:
        return (
            f"! {node} is Node.js {version}, which the CDK no longer supports: it still runs, but a newer CDK may not. "
            f"Install {_NODE_WANTED} or newer (https://nodejs.org)."
        )
    return None


def check_disk(folder: Path, free_bytes: int | None = None) -> None:
    """Raise PlatformError unless there is room for the state, the bundles and the logs."""
    while not folder.exists():
        folder = folder.parent
    free_bytes = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    if free_bytes < _DISK_BYTES:
        raise PlatformError(
            f"The disk of {folder} has {free_bytes / 1e9:.1f} GB free, but {_DISK_BYTES / 1e9:.0f} GB are needed. "
            "Free some, or set PLATFORM_HOME to a folder on another disk."
        )


def check_ports(settings: Settings, names: Iterable[str]) -> None:
    """Raise PlatformError with all ports of the parts about to start that other programs use."""
    taken = {name: settings.ports[name] for name in names if _is_taken(settings.ports[name])}
    if not taken:
        return
    uses = "\n".join(
        f"  Port {port}, for the {PORTS[name].part}, is in use by {_owner(port)}." for name, port in taken.items()
    )
    free = _free_ports(len(taken), besides=settings.ports.values())
    choice = " ".join(f"{PORTS[name].variable}={port}" for name, port in zip(taken, free, strict=True))
    raise PlatformError(
        f"Other programs use ports of the platform:\n{uses}\n"
        f"Stop them, or choose other ports, which later commands remember: {choice} make up"
    )


def _free_ports(count: int, *, besides: Iterable[int]) -> list[int]:
    """Return free ports that differ from each other, and from the ports of the other parts."""
    used = set(besides)
    with contextlib.ExitStack() as open_sockets:
        found: list[int] = []
        while len(found) < count:
            probe = open_sockets.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            if (port := probe.getsockname()[1]) not in used:
                found.append(port)
        return found


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # Connections that have just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _owner(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        # On macOS only root can list the sockets of other users.
        return f"another program (`lsof -i :{port}` names it)"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
            try:
                process = psutil.Process(connection.pid)
                return f"`{' '.join(process.cmdline())[:80] or process.name()}` (pid {process.pid})"
            except psutil.NoSuchProcess:
                break
    return "a program of another user"
