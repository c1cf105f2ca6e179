"""The gateway's speed: the generated configuration against plain Traefik, both in front of the same upstream.

`python -m tests.bench.gateway` prints the price of each part of the configuration, for the table in docs/gateway.md.
"""

import copy
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import yaml

from cdk.gateway.configuration import (
    WORKING_DIRECTORY,
    Certificate,
    Listen,
    Upstream,
    dynamic_configuration,
    static_configuration,
)
from cdk.gateway.middlewares import EVERY_REQUEST, RETRY, TO_LOAD_BALANCER
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local.certificates import ensure_certificates
from tests.bench.figures import Figure
from tests.cdk.gateway.conftest import changed
from tests.cdk.gateway.traefik import BINARY, PROJECT, free_ports
from tests.e2e.ending import run_at_the_end
from tests.waiting import eventually

CLIENTS = 16
# Turns of each configuration. The median of their ratios to plain Traefik counts, because the machine's load varies.
ROUNDS = 5
# The prices of parts are small, so the least of many turns counts.
ROUNDS_FOR_PRICES = 15
BURST_S = 2
PATH = "/users/01a22594"
LEAST_THROUGHPUT, MOST_ADDED_MS = 0.35, 0.6
PLAIN, GENERATED, REST = "plain", "generated", "TLS and routers"
_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Traefik's two files, and the address that it serves the path at."""

    static: dict[str, Any]
    dynamic: dict[str, Any]
    url: str

    def without(self, *middlewares: str) -> Self:
        """Return the same configuration without some middlewares."""
        left = copy.deepcopy(self)
        for router in left.dynamic["http"]["routers"].values():
            router["middlewares"] = [name for name in router.get("middlewares", ()) if name not in middlewares]
            if not router["middlewares"]:
                del router["middlewares"]
        return left

    def without_static(self, *keys: str) -> Self:
        """Return the same configuration without some parts of the static file."""
        left = copy.deepcopy(self)
        for key in keys:
            del left.static[key]
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a configuration.

    Attributes:
        per_s: Requests a second at `CLIENTS` clients.
        one_ms: The median duration at one client.
        cpu_us: CPU time of Traefik for each request at `CLIENTS` clients.
    """

    per_s: float
    one_ms: float
    cpu_us: float


def gateway_figures(folder: Path) -> Generator[Figure]:
    """Measure the gateway's throughput at many clients and its duration at one, beside plain Traefik."""
    names = (f"gateway, requests a second, {CLIENTS} clients", "gateway, added at one client, p50")
    if not shutil.which("wrk"):
        note = "not measured: install wrk"
        yield Figure(name=names[0], value=None, unit="×", least=LEAST_THROUGHPUT, note=note)
        yield Figure(name=names[1], value=None, unit="ms", bound=MOST_ADDED_MS, note=note)
        return
    with measured(folder) as bench:
        turns = bench.turns({PLAIN: bench.plain(), GENERATED: bench.generated()})
    pairs = list(zip(turns[PLAIN], turns[GENERATED], strict=True))
    per_s = [round(statistics.median(turn.per_s for turn in turns[name])) for name in (GENERATED, PLAIN)]
    cpu_us = [round(min(turn.cpu_us for turn in turns[name])) for name in (GENERATED, PLAIN)]
    yield Figure(
        name=names[0],
        value=statistics.median(generated.per_s / plain.per_s for plain, generated in pairs if plain.per_s),
        unit="×",
        least=LEAST_THROUGHPUT,
        note=f"{per_s[0]:,} against {per_s[1]:,} of plain Traefik; {cpu_us[0]} against {cpu_us[1]} µs of CPU each",
    )
    yield Figure(
        name=names[1],
        value=statistics.median(generated.one_ms - plain.one_ms for plain, generated in pairs),
        unit="ms",
        bound=MOST_ADDED_MS,
        note=f"plain Traefik {statistics.median(plain.one_ms for plain, _ in pairs):.2f} ms; TLS on both sides of ours",
    )


@contextmanager
def measured(folder: Path) -> Iterator["GatewayBench"]:
    """Run the upstream: a Traefik that answers every path with its ping, over HTTP and HTTPS."""
    ensure_certificates(folder, ("leaf",))
    http, https = free_ports(2)
    bench = GatewayBench(folder, upstream_http=f"127.0.0.1:{http}", upstream_https=f"127.0.0.1:{https}")
    answers_all = {"rule": "PathPrefix(`/`)", "service": "ping@internal"}
    upstream = Configuration(
        static={
            "entryPoints": {"http": {"address": bench.upstream_http}, "https": {"address": bench.upstream_https}},
            "ping": {"manualRouting": True},
        },
        dynamic={
            "http": {
                "routers": {
                    "http": {**answers_all, "entryPoints": ["http"]},
                    "https": {**answers_all, "entryPoints": ["https"], "tls": {}},
                }
            },
            "tls": {"certificates": [{"certFile": f"{folder}/leaf.pem", "keyFile": f"{folder}/leaf.key"}]},
        },
        url=f"http://{bench.upstream_http}{PATH}",
    )
    with bench.running("upstream", upstream):
        yield bench


class GatewayBench:
    """Configurations of Traefik in front of one upstream, and their measurement with `wrk`."""

    def __init__(self, folder: Path, *, upstream_http: str, upstream_https: str) -> None:
        self._folder = folder
        self.upstream_http, self.upstream_https = upstream_http, upstream_https

    def plain(self) -> Configuration:
        """Return the least configuration that forwards a request."""
        [port] = free_ports(1)
        return Configuration(
            static={"entryPoints": {"web": {"address": f"127.0.0.1:{port}"}}},
            dynamic={
                "http": {
                    "routers": {"all": {"rule": "PathPrefix(`/`)", "service": "all"}},
                    "services": {"all": {"loadBalancer": {"servers": [{"url": f"http://{self.upstream_http}"}]}}},
                }
            },
            url=f"http://127.0.0.1:{port}{PATH}",
        )

    def generated(self) -> Configuration:
        """Return the gateway's own configuration; only the limits for each client are out of reach."""
        http, https, internal = (f"127.0.0.1:{port}" for port in free_ports(3))
        listen = Listen(http=http, https=https, internal=internal)
        environment = changed(
            load_environment("local"), rate_average_per_s=100_000, rate_burst=100_000, in_flight=10_000
        )
        # Apart from the configuration, as on a laptop: Traefik watches the folder of its configuration.
        log = self._folder / "logs" / f"{https}.log"
        leaf = Certificate(certificate_file=self._folder / "leaf.pem", key_file=self._folder / "leaf.key")
        return Configuration(
            static=static_configuration(listen=listen, dynamic_file=Path("-"), access_log_file=log),
            dynamic=dynamic_configuration(
                environment,
                load_manifests(),
                listen=listen,
                upstream=Upstream(
                    url=f"https://{self.upstream_https}",
                    host_header="internal.example.com",
                    ca_file=self._folder / "ca.pem",
                ),
                certificate=leaf,
            ),
            url=f"https://{https}{PATH}",
        )

    def turns(self, configurations: Mapping[str, Configuration], *, rounds: int = ROUNDS) -> dict[str, list[Turn]]:
        """Measure the configurations in turns, so that they share the machine's other load."""
        turns: dict[str, list[Turn]] = {name: [] for name in configurations}
        with ExitStack() as stack:
            processes = {
                name: stack.enter_context(self.running(name.replace(" ", "-"), configuration))
                for name, configuration in configurations.items()
            }
            for configuration in configurations.values():
                _wrk(configuration.url, clients=CLIENTS, seconds=1)
            for _ in range(rounds):
                for name, configuration in configurations.items():
                    turns[name].append(_turn(configuration.url, processes[name]))
        return turns

    @contextmanager
    def running(self, name: str, configuration: Configuration) -> Iterator[psutil.Process]:
        """Run Traefik with a configuration, from its first answer on."""
        static, dynamic, log = (self._folder / f"{name}{ending}" for ending in (".yaml", ".routes.yaml", ".log"))
        dynamic.write_text(yaml.safe_dump(configuration.dynamic))
        provided = {"providers": {"file": {"filename": str(dynamic)}}}
        quiet = {"global": {"checkNewVersion": False, "sendAnonymousUsage": False}}
        static.write_text(yaml.safe_dump({**configuration.static, **quiet, **provided}))
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [str(BINARY), f"--configfile={static}"], cwd=WORKING_DIRECTORY, stdout=output, stderr=subprocess.STDOUT
            ) as process,
            # Traefik would go on if this program was killed.
            run_at_the_end(["kill", "-KILL", str(process.pid)], environment=os.environ, working_folder=PROJECT),
        ):
            try:
                eventually(lambda: _answers(configuration.url))
                yield psutil.Process(process.pid)
            finally:
                process.kill()


def _answers(url: str) -> bool:
    try:
        # The certificate's name is of no interest here, only the speed.
        return httpx.get(url, verify=False).is_success  # noqa: S501 - the certificate is of no interest here
    except httpx.TransportError:
        return False


def _turn(url: str, process: psutil.Process) -> Turn:
    before = process.cpu_times()
    many = _wrk(url, clients=CLIENTS, seconds=BURST_S)
    after = process.cpu_times()
    if "Non-2xx" in many:
        raise RuntimeError(f"The gateway answers errors under load:\n{many}")
    cpu_s = after.user + after.system - before.user - before.system
    # On a machine under heavy load a turn can pass without an answer.
    requests = max(1, int(re.findall(r"(\d+) requests in", many)[0]))
    [per_s] = re.findall(r"Requests/sec:\s+([\d.]+)", many)
    [[median, unit]] = re.findall(r"50%\s+([\d.]+)(us|ms|s)", _wrk(url, clients=1, seconds=BURST_S))
    return Turn(per_s=float(per_s), one_ms=float(median) * _MS[unit], cpu_us=cpu_s / requests * 1e6)


def _wrk(url: str, *, clients: int, seconds: int) -> str:
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}", "--latency", url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def prices(bench: GatewayBench) -> Iterable[tuple[str, float]]:
    """Yield each part, and the CPU time in µs that a request saves without it.

    The whole configuration, and what is left of it without all parts, are compared with plain Traefik.
    """
    middlewares = (*EVERY_REQUEST, "users-breaker", TO_LOAD_BALANCER, RETRY)
    configurations = {
        PLAIN: bench.plain(),
        GENERATED: bench.generated(),
        REST: bench.generated().without(*middlewares).without_static("accessLog", "metrics"),
        **{name: bench.generated().without(name) for name in middlewares},
        "access log": bench.generated().without_static("accessLog"),
        "metrics": bench.generated().without_static("metrics"),
    }
    turns = bench.turns(configurations, rounds=ROUNDS_FOR_PRICES)
    cpu_us = {name: min(turn.cpu_us for turn in seen) for name, seen in turns.items()}
    yield PLAIN, cpu_us[PLAIN]
    for name in (GENERATED, REST):
        yield name, cpu_us[name] - cpu_us[PLAIN]
    for name in [name for name in configurations if name not in {PLAIN, GENERATED, REST}]:
        yield name, cpu_us[GENERATED] - cpu_us[name]


def main() -> None:
    """Print the price of each part, in µs of CPU for each request."""
    with tempfile.TemporaryDirectory() as folder, measured(Path(folder)) as bench:
        for name, cpu_us in prices(bench):
            print(f"| `{name}` | {cpu_us:.0f} |", flush=True)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
