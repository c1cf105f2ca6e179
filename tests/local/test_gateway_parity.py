"""What Traefik reads on this machine and what it reads on ECS: the same, but for what stands here."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk.gateway.image import configurations
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local import gateway
from local.settings import Settings
from local.stacks import Stack

# Each place that may differ, as a pattern of its path, and why.
DIFFERENCES = {
    r"entryPoints\.\w+\.address": "ports",
    r"entryPoints\.web\.http\.redirections\.entryPoint\.to": "ports",
    r"http\.services\.\w+\.loadBalancer\.servers\.0\.url": "upstream address",
    r"http\.middlewares\.to-load-balancer\.headers\.customRequestHeaders\.Host": "upstream address",
    r"http\.serversTransports\.\w+\.serverName": "upstream address",
    r"http\.serversTransports\.\w+\.rootCAs\.0": "certificate source",
    r"tls\.stores\.default\.defaultCertificate\.\w+": "certificate source",
    r"entryPoints\.\w+\.forwardedHeaders\.trustedIPs(\.0)?": "a load balancer in front",
    r"http\.middlewares\.(rate-limit\.rateLimit\.sourceCriterion|in-flight\.inFlightReq\.sourceCriterion)"
    r"\.ipStrategy\.depth": "a load balancer in front",
    r"entryPoints\.\w+\.transport\.lifeCycle\.\w+": "a load balancer in front",
    r"providers\.file\.filename": "where files are",
    r"accessLog\.filePath": "where files are",
}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}.{index}")
    else:
        yield path, value


@pytest.fixture
def difference(tmp_path: Path) -> dict[str, tuple[Any, Any]]:
    """Each path whose value differs, with the value here and the one on ECS."""
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    outputs = {"LoadBalancerDnsName": "internal-1.elb.amazonaws.com"}
    stack = Stack(name="network", status="CREATE_COMPLETE", outputs=outputs, resources=(), left_out={})
    gateway.configure(settings, [stack])
    on_ecs = configurations(load_environment(settings.environment), load_manifests())
    here: dict[str, Any] = {}
    there: dict[str, Any] = {}
    for name, content in on_ecs.items():
        here |= dict(flat(yaml.safe_load((settings.gateway / name).read_text("utf-8"))))
        there |= dict(flat(content))
    return {
        path: (here.get(path), there.get(path))
        for path in sorted(here.keys() | there.keys())
        if here.get(path) != there.get(path)
    }


def test_what_differs_between_this_machine_and_ecs_is_what_must(difference: dict[str, tuple[Any, Any]]) -> None:
    for path, (here, there) in difference.items():
        print(f"{path}: {here} | {there}")  # noqa: T201 - `pytest -s` shows what differs

    unexpected = [path for path in difference if not any(re.fullmatch(pattern, path) for pattern in DIFFERENCES)]
    assert unexpected == []


@pytest.mark.parametrize("pattern", DIFFERENCES)
def test_what_may_differ_does(difference: dict[str, tuple[Any, Any]], pattern: str) -> None:
    assert any(re.fullmatch(pattern, path) for path in difference)
