"""The gateway on this machine: the real Traefik, with the same configuration as on AWS except addresses and files."""

import time
import urllib.request
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from cdk.gateway.configuration import (
    WORKING_DIRECTORY,
    Certificate,
    Listen,
    Upstream,
    dynamic_configuration,
    static_configuration,
)
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local.child_environment import base_environment
from local.errors import PlatformError
from local.processes import BackgroundProcess, tail
from local.settings import Settings
from local.stacks import Stack

CERTIFICATE = "gateway"
STOP_S = 15
_START_S = 20
_DNS_NAME = "LoadBalancerDnsName"
_CLOSED = "breakers-closed"


def process(settings: Settings) -> BackgroundProcess:
    """Describe the process."""
    return BackgroundProcess("gateway", settings.run, settings.logs / "gateway.log")


def access_log(settings: Settings) -> Path:
    """Return the path of Traefik's access log."""
    return settings.logs / "access.log"


def configure(settings: Settings, stacks: Iterable[Stack]) -> bool:
    """Write the configuration; return True if Traefik must restart to apply it.

    Traefik applies changed routes without a restart.
    """
    listen = Listen(
        http=f"127.0.0.1:{settings.http_port}",
        https=f"127.0.0.1:{settings.https_port}",
        internal=f"127.0.0.1:{settings.traefik_port}",
        public_https_port=settings.https_port,
    )
    dynamic = dynamic_configuration(
        load_environment(settings.environment).served_at(settings.gateway_url),
        load_manifests(),
        listen=listen,
        # One endpoint serves every load balancer of the embedded AWS; the Host header selects one.
        upstream=Upstream(url=settings.aws_endpoint_url, host_header=_load_balancer(stacks), ca_file=settings.ca_file),
        certificate=Certificate(
            certificate_file=settings.certificates / f"{CERTIFICATE}.pem",
            key_file=settings.certificates / f"{CERTIFICATE}.key",
        ),
    )
    static = static_configuration(
        listen=listen, dynamic_file=_dynamic_file(settings), access_log_file=access_log(settings)
    )
    settings.gateway.mkdir(parents=True, exist_ok=True)
    _write(_dynamic_file(settings), dynamic)
    return _write(_static_file(settings), static)


def close_breakers(settings: Settings) -> None:
    """Close the circuit breakers of all services at once."""
    make_middlewares_anew(_dynamic_file(settings))


def make_middlewares_anew(routes_file: Path) -> None:
    """Let Traefik forget the state of its middlewares: it makes all of them anew when its routes change."""
    routes = yaml.safe_load(routes_file.read_text(encoding="utf-8"))
    # No router uses this middleware; only its value differs each time.
    routes["http"]["middlewares"][_CLOSED] = {"headers": {"customRequestHeaders": {"X-Closed-At": str(time.time_ns())}}}
    _write(routes_file, routes)


def start(settings: Settings) -> None:
    """Start Traefik and wait until it answers."""
    running = process(settings)
    settings.logs.mkdir(parents=True, exist_ok=True)
    running.log.unlink(missing_ok=True)
    running.start(
        [settings.tools / "traefik", f"--configFile={_static_file(settings)}"],
        environment=base_environment(settings),
        working_folder=WORKING_DIRECTORY,
    )
    deadline = time.monotonic() + _START_S
    while not answers(settings):
        if running.find() is None:
            raise PlatformError(f"Traefik ended at once:\n{tail(running.log, 10)}\nIts log: {running.log}")
        if time.monotonic() > deadline:
            raise PlatformError(f"Traefik did not answer within {_START_S} s. Its log: {running.log}")
        time.sleep(0.05)


def answers(settings: Settings) -> bool:
    """Return True if this platform's Traefik runs and answers."""
    if process(settings).find() is None:
        return False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{settings.traefik_port}/ping", timeout=5) as response:
            return bool(response.status == HTTPStatus.OK)
    except OSError:
        return False


def _load_balancer(stacks: Iterable[Stack]) -> str:
    for stack in stacks:
        if _DNS_NAME in stack.outputs:
            return stack.outputs[_DNS_NAME]
    raise PlatformError(f"No deployed stack has an output {_DNS_NAME}: is the network stack complete?")


def _static_file(settings: Settings) -> Path:
    return settings.gateway / "traefik.yaml"


def _dynamic_file(settings: Settings) -> Path:
    return settings.gateway / "routes.yaml"


def _write(path: Path, configuration: dict[str, Any]) -> bool:
    """Write a changed file atomically, so that Traefik never reads half of it; return True if it changed."""
    text = yaml.safe_dump(configuration, sort_keys=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
    return True
