from pathlib import Path

import pytest

from local.errors import PlatformError
from local.ports import PORTS, last_ports, read_ports, remember_ports

OTHERS = {"https_port": 9443, "http_port": 9080, "traefik_port": 9081, "aws_port": 5566}


def test_the_ports_of_the_last_start_are_kept_for_a_shell_without_the_variables(tmp_path: Path) -> None:
    assert read_ports(tmp_path, {}) == {name: port.default for name, port in PORTS.items()}

    remember_ports(tmp_path, OTHERS)

    assert last_ports(tmp_path) == read_ports(tmp_path, {}) == OTHERS


def test_a_variable_overrides_a_remembered_port(tmp_path: Path) -> None:
    remember_ports(tmp_path, OTHERS)

    assert read_ports(tmp_path, {"PLATFORM_AWS_PORT": "4566"}) == OTHERS | {"aws_port": 4566}


@pytest.mark.parametrize("content", ["", "{", "{}", '{"aws_port": 1}'])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)

    assert last_ports(tmp_path) == {}


@pytest.mark.parametrize("port", ["https", "", "80", "65536", "-1", "8443.0"])
def test_an_invalid_port_is_named_with_the_valid_range(tmp_path: Path, port: str) -> None:
    with pytest.raises(PlatformError, match="PLATFORM_HTTPS_PORT must be a port from 1024 to 65535"):
        read_ports(tmp_path, {"PLATFORM_HTTPS_PORT": port})


def test_two_parts_cannot_share_a_port(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="PLATFORM_HTTP_PORT=8443"):
        read_ports(tmp_path, {"PLATFORM_HTTP_PORT": "8443"})
