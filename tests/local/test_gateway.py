from pathlib import Path

import pytest
import yaml

from local import gateway
from local.errors import PlatformError
from local.settings import Settings
from local.stacks import Stack


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"PLATFORM_HOME": str(tmp_path)})


def network(dns_name: str) -> Stack:
    return Stack(
        name="platform-local-network",
        status="CREATE_COMPLETE",
        outputs={"LoadBalancerDnsName": dns_name},
        resources=(),
        left_out={},
    )


def test_traefik_listens_only_on_loopback(settings: Settings) -> None:
    gateway.configure(settings, [network("internal.example")])

    static = yaml.safe_load((settings.gateway / "traefik.yaml").read_text())
    addresses = {name: point["address"] for name, point in static["entryPoints"].items()}
    assert addresses == {"web": "127.0.0.1:8080", "websecure": "127.0.0.1:8443", "traefik": "127.0.0.1:8081"}


def test_requests_go_to_the_deployed_load_balancer_with_its_name_and_the_local_ca(settings: Settings) -> None:
    gateway.configure(settings, [network("internal.example")])

    routes = yaml.safe_load((settings.gateway / "routes.yaml").read_text())["http"]
    assert "internal.example" in yaml.safe_dump(routes["middlewares"])
    assert routes["services"]["users"]["loadBalancer"]["servers"] == [{"url": "https://127.0.0.1:4566"}]
    assert routes["serversTransports"]["users"]["rootCAs"] == [str(settings.ca_file)]


def test_traefik_restarts_only_for_its_static_configuration(settings: Settings) -> None:
    assert gateway.configure(settings, [network("one.example")]) is True

    assert gateway.configure(settings, [network("one.example")]) is False
    assert gateway.configure(settings, [network("two.example")]) is False
    assert "two.example" in (settings.gateway / "routes.yaml").read_text()


def test_a_deployment_without_a_load_balancer_is_reported(settings: Settings) -> None:
    with pytest.raises(PlatformError, match="LoadBalancerDnsName"):
        gateway.configure(settings, [])


def test_closing_the_breakers_changes_the_routes_each_time_and_nothing_that_a_router_uses(settings: Settings) -> None:
    gateway.configure(settings, [network("internal.example")])
    routes = settings.gateway / "routes.yaml"
    texts = [routes.read_text()]
    for _ in range(2):
        gateway.close_breakers(settings)
        texts.append(routes.read_text())

    assert len(set(texts)) == 3
    before, after = yaml.safe_load(texts[0])["http"], yaml.safe_load(texts[2])["http"]
    [added] = after["middlewares"].keys() - before["middlewares"].keys()
    assert added not in str(after["routers"])
    del after["middlewares"][added]
    assert after == before
