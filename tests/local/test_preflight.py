import os
import re
import socket
from pathlib import Path

import pytest

from local import preflight
from local.errors import PlatformError
from local.settings import Settings


@pytest.mark.parametrize("version", ["v22.0.0", "v24.11.0", "v100.1.0"])
def test_a_supported_node_passes(version: str) -> None:
    assert preflight.check_node_version(version, "/usr/bin/node") is None


@pytest.mark.parametrize("version", ["v20.20.2", "v21.7.3"])
def test_a_node_that_the_cdk_no_longer_supports_passes_with_a_warning(version: str) -> None:
    warning = preflight.check_node_version(version, "/usr/bin/node")

    assert warning is not None
    for part in (f"/usr/bin/node is Node.js {version}", "still runs", "Install 22 or newer", "https://nodejs.org"):
        assert part in warning


@pytest.mark.parametrize("version", ["v18.20.1", "v19.9.0", "v9.0.0", "", "node"])
def test_an_old_or_broken_node_is_refused_with_the_way_out(version: str) -> None:
    with pytest.raises(PlatformError, match=r"Node.js 22 or newer, .*/usr/bin/node .*https://nodejs.org"):
        preflight.check_node_version(version, "/usr/bin/node")


def test_too_little_disk_is_reported_in_gigabytes_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"1\.5 GB free, but 2 GB are needed\. .* PLATFORM_HOME"):
        preflight.check_disk(tmp_path / "not" / "there" / "yet", free_bytes=1_500_000_000)


def test_all_ports_in_use_are_reported_at_once_with_their_programs_and_free_ones(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [each.getsockname()[1] for each in (one, other)]
        settings = Settings.read(
            {
                "PLATFORM_HOME": str(tmp_path),
                "PLATFORM_HTTPS_PORT": str(ports[0]),
                "PLATFORM_AWS_PORT": str(ports[1]),
            }
        )

        with pytest.raises(PlatformError) as refused:
            preflight.check_ports(settings, ("https_port", "aws_port"))

    message = str(refused.value)
    assert f"Port {ports[0]}, for the gateway (HTTPS), is in use by" in message
    assert f"Port {ports[1]}, for the embedded AWS, is in use by" in message
    assert f"(pid {os.getpid()})" in message or "another program" in message
    chosen = re.search(r"PLATFORM_HTTPS_PORT=(\d+) PLATFORM_AWS_PORT=(\d+) make up", message)
    assert chosen
    others = {"PLATFORM_HTTPS_PORT": chosen[1], "PLATFORM_AWS_PORT": chosen[2]}
    preflight.check_ports(Settings.read({"PLATFORM_HOME": str(tmp_path), **others}), ("https_port", "aws_port"))


def test_free_ports_pass(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    settings = Settings.read({"PLATFORM_HOME": str(tmp_path), "PLATFORM_HTTPS_PORT": str(port)})
    preflight.check_ports(settings, ("https_port",))
