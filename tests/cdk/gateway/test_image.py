"""The folder of the gateway's image."""

import json
import os
import re
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
import yaml

from cdk.gateway.configuration import WORKING_DIRECTORY
from cdk.gateway.image import DYNAMIC_FILE, STATIC_FILE, USER, build_image_folder, configurations, traefik_version
from cdk.settings.environment import Environment, load_environment
from cdk.settings.manifest import Manifest
from tests.cdk.gateway.traefik import BINARY, free_ports
from tests.waiting import eventually


def test_the_tasks_find_the_internal_load_balancer_by_the_name_of_its_certificate(
    prod: Environment, examples: Sequence[Manifest]
) -> None:
    http = configurations(prod, examples)[DYNAMIC_FILE]["http"]

    assert http["services"]["orders"]["loadBalancer"]["servers"] == [{"url": "https://internal.example.com"}]
    assert http["serversTransports"]["orders"]["serverName"] == "internal.example.com"
    # The CAs in the image verify the certificate, as for any public name.
    assert "rootCAs" not in http["serversTransports"]["orders"]
    assert "insecureSkipVerify" not in json.dumps(http)


def test_the_one_load_balancer_in_front_is_trusted(prod: Environment, examples: Sequence[Manifest]) -> None:
    files = configurations(prod, examples)

    assert files[STATIC_FILE]["entryPoints"]["websecure"]["forwardedHeaders"]["trustedIPs"] == [prod.vpc_cidr]
    limit = files[DYNAMIC_FILE]["http"]["middlewares"]["rate-limit"]["rateLimit"]
    assert limit["sourceCriterion"]["ipStrategy"]["depth"] == 1


def test_the_internal_entry_point_and_plain_http_are_only_for_the_task_itself(
    prod: Environment, examples: Sequence[Manifest]
) -> None:
    points = configurations(prod, examples)[STATIC_FILE]["entryPoints"]

    assert points["websecure"]["address"] == ":8443"
    assert {points[name]["address"].partition(":")[0] for name in ("web", "traefik")} == {"127.0.0.1"}


@pytest.mark.slow
def test_the_folder_has_every_file_of_the_image_and_is_built_once(
    prod: Environment, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    folder = build_image_folder(prod, examples, images=tmp_path)
    traefik = folder / "traefik"
    # An ELF program for arm64: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
    head = traefik.read_bytes()[:20]
    written = traefik.stat().st_mtime_ns

    assert (head[:4], head[18:20]) == (b"\x7fELF", b"\xb7\x00")
    assert build_image_folder(prod, examples, images=tmp_path) == folder
    assert traefik.stat().st_mtime_ns == written
    dockerfile = (folder / "Dockerfile").read_text("utf-8")
    stages = re.findall(r"^FROM (.*)", dockerfile, re.MULTILINE)
    assert stages[-1] == "scratch"
    assert f"USER {USER}\n" in dockerfile
    # Seven eighths of the container's 768 MB.
    assert "ENV GOMEMLIMIT=672MiB\n" in dockerfile
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*)", dockerfile, re.MULTILINE) for word in line.split()[:-1]
    ]
    assert [name for name in copied if not (folder / name).exists()] == []


@pytest.mark.slow
def test_a_traefik_that_differs_from_the_official_image_cannot_become_the_gateway(
    prod: Environment, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    """Without Docker, this test runs the comparison by hand; the image takes Traefik only from the stage after it."""
    folder = build_image_folder(prod, examples, images=tmp_path)
    stages = (folder / "Dockerfile").read_text("utf-8").split("\nFROM ")
    version = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout
    other = tmp_path / "other"
    content = bytearray((folder / "traefik").read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)

    assert f"Version:      {traefik_version()}\n" in version
    assert (
        stages[0]
        == f"FROM --platform=linux/arm64 public.ecr.aws/docker/library/traefik:v{traefik_version()} AS official"
    )
    assert "RUN cmp /official /traefik" in stages[1]
    assert "COPY --from=comparison /traefik /traefik\n" in stages[-1]
    assert "COPY traefik " not in stages[-1]
    assert _compare(folder / "traefik", folder / "traefik") == 0
    assert _compare(folder / "traefik", other) == 1


@pytest.mark.slow
def test_the_binary_says_that_it_was_built_from_the_unmodified_release(
    prod: Environment, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    """Go writes it into each program: https://pkg.go.dev/runtime/debug#BuildInfo."""
    for_aws = build_image_folder(prod, examples, images=tmp_path) / "traefik"

    for binary in (BINARY, for_aws):
        content = Path(binary).read_bytes()
        assert f"mod\tgithub.com/traefik/traefik/v3\tv{traefik_version()}\t".encode() in content
        assert b"build\tvcs.modified=false\n" in content
        assert b"build\tvcs.revision=351a5ab1e884a6be95d02997016cbb2751106bc0\n" in content


@pytest.mark.slow
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o000])
def test_the_user_of_the_container_can_read_the_image_whatever_the_umask_is(
    umask: int, prod: Environment, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    before = os.umask(umask)
    try:
        folder = build_image_folder(prod, examples, images=tmp_path)
    finally:
        os.umask(before)

    modes = {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    executable = {name for name, mode in modes.items() if mode == 0o755}
    assert set(modes.values()) == {0o644, 0o755}
    assert executable == {"traefik"} | {name for name in modes if (folder / name).is_dir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@pytest.mark.slow
def test_another_limit_makes_another_image(prod: Environment, examples: Sequence[Manifest], tmp_path: Path) -> None:
    gateway = prod.gateway.model_copy(update={"rate_burst": 7})
    other = prod.model_copy(update={"gateway": gateway})

    assert build_image_folder(prod, examples, images=tmp_path) != build_image_folder(other, examples, images=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_real_traefik_accepts_every_part_of_the_image_s_configuration(
    name: str, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    files = configurations(load_environment(name), examples)
    static = json.loads(json.dumps(files[STATIC_FILE]))
    ports = free_ports(3)
    for port, point in zip(ports, ("web", "websecure", "traefik"), strict=True):
        static["entryPoints"][point]["address"] = f"127.0.0.1:{port}"
    static["providers"]["file"]["filename"] = str(tmp_path / DYNAMIC_FILE)
    (tmp_path / STATIC_FILE).write_text(yaml.safe_dump(static))
    (tmp_path / DYNAMIC_FILE).write_text(yaml.safe_dump(files[DYNAMIC_FILE]))
    log = tmp_path / "log"

    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(BINARY), f"--configFile={tmp_path / STATIC_FILE}"],
            cwd=WORKING_DIRECTORY,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            parts = {kind: _parts(ports[2], kind) for kind in ("routers", "middlewares", "services")}
            with httpx.Client(verify=False) as client:  # noqa: S501 - as the load balancer, which verifies no certificate
                ping = client.get(f"https://127.0.0.1:{ports[1]}/ping")
        finally:
            process.kill()

    faulty = {kind: [part["name"] for part in found if part["status"] != "enabled"] for kind, found in parts.items()}
    assert faulty == {"routers": [], "middlewares": [], "services": []}
    assert {"orders-safe@file", "ping@file"} <= {router["name"] for router in parts["routers"]}
    levels = [json.loads(line)["level"] for line in log.read_text("utf-8").splitlines()]
    assert "error" not in levels, log.read_text("utf-8")
    assert (ping.status_code, ping.text) == (200, "OK")


def _compare(one: Path, other: Path) -> int:
    return subprocess.run(["/usr/bin/env", "cmp", "-s", one, other], check=False).returncode


def _parts(port: int, kind: str) -> list[dict[str, str]]:
    def read() -> list[dict[str, str]]:
        try:
            parts: list[dict[str, str]] = httpx.get(f"http://127.0.0.1:{port}/api/http/{kind}?per_page=1000").json()
        except (httpx.TransportError, ValueError):
            return []
        return parts if any(part["name"].endswith("@file") for part in parts) else []

    return eventually(read, every_s=0.05)
