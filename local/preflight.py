"""What must hold before anything starts: tools, disk space, free ports. Each problem says its cause and the way out."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from local.errors import PlatformError
from local.settings import PORTS, Settings

_NODE_MAJOR = 20
_DISK_BYTES = 2_000_000_000


def check_tools(settings: Settings) -> None:
    """Raise PlatformError unless Python, Node and what `make` installs are there."""
    if sys.version_info[:2] != (3, 13):
        raise PlatformError(
            f"Python 3.13 is needed, because functions run on it, but this is {sys.version.split()[0]}. "
            "Remove .venv and run `make up` again with python3.13, or uv, on the PATH."
        )
    node = shutil.which("node")
    if node is None:
        raise PlatformError(
            f"Node.js {_NODE_MAJOR} or newer is needed for the CDK, but there is no `node` on the PATH."
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    check_node_version(version, node)
    for path in (
        settings.checkout / "node_modules" / ".bin" / "cdk",
        settings.tools / "python",
        settings.tools / "traefik",
    ):
        if not path.exists():
            raise PlatformError(f"{path.relative_to(settings.checkout)} is missing. Run `make up`, which installs it.")


def check_node_version(version: str, node: str) -> None:
    """Raise PlatformError unless the version, such as `v22.1.0`, is new enough."""
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < _NODE_MAJOR:
        raise PlatformError(
            f"Node.js {_NODE_MAJOR} or newer is needed for the CDK, but {node} is {version or 'broken'}. "
            "Install a newer one (https://nodejs.org) and put it first on the PATH."
        )


def check_disk(folder: Path, free_bytes: int | None = None) -> None:
    """Raise PlatformError unless there is room for the state, the bundles and the logs."""
    while not folder.exists():
        folder = folder.parent
    free_bytes = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    if free_bytes < _DISK_BYTES:
        raise PlatformError(
            f"{free_bytes / 1e9:.1f} GB are free where {folder} lies, but {_DISK_BYTES / 1e9:.0f} GB are needed. "
            "Free some, or set PLATFORM_HOME to a folder on another disk."
        )


def check_ports(settings: Settings, names: tuple[str, ...]) -> None:
    """Raise PlatformError naming who has a port that a part is about to take."""
    for name in names:
        variable, _, part = PORTS[name]
        port: int = getattr(settings, name)
        if _is_taken(port):
            raise PlatformError(
                f"Port {port}, for the {part}, is in use by {_owner(port)}. "
                f"Stop that, or choose another: {variable}={port + 1000 if port < 60_000 else port - 1000} make up"  # noqa: PLR2004
            )


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
        # macOS lets only root list the sockets of others.
        return f"another program (`lsof -i :{port}` names it)"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
            try:
                process = psutil.Process(connection.pid)
                return f"`{' '.join(process.cmdline())[:80] or process.name()}` (pid {process.pid})"
            except psutil.NoSuchProcess:
                break
    return "a program of another user"
