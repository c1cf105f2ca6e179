"""Traefik's configuration on this machine and on ECS: equal, except for the listed differences."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from cdk.gateway.image import configurations
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local import gateway
from local.settings import Settings
from local.stacks import Stack

# The path of each place that may differ, as a pattern, and the reason.
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
    r"http\.middlewares\.documents\.plugin\.documents\.documents\./openapi\.json\.body": "the address of the platform",
    r"providers\.file\.filename": "file paths",
    r"accessLog\.filePath": "file paths",
}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf with its path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}.{index}")
    else:
        yield path, value


@pytest.fixture(scope="module")
def difference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """The paths with different values, each with the value here and the value on ECS."""
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path_factory.mktemp("home"))})
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


def test_this_machine_and_ecs_differ_only_in_the_listed_places(difference: dict[str, tuple[Any, Any]]) -> None:
    for path, (here, there) in difference.items():
        print(f"{path}: {here} | {there}")  # noqa: T201 - `pytest -s` shows the differences

    unexpected = [path for path in difference if not any(re.fullmatch(pattern, path) for pattern in DIFFERENCES)]
    assert unexpected == []


@pytest.mark.parametrize("pattern", DIFFERENCES)
def test_each_listed_place_differs(difference: dict[str, tuple[Any, Any]], pattern: str) -> None:
    assert any(re.fullmatch(pattern, path) for path in difference)
