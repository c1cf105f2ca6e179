"""Waiting times of a developer: for the platform to start, for a change to go live, for a request."""

import re
import statistics
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from local.drill.checkout import copy_of_checkout
from tests.bench.figures import Figure
from tests.bench.imports import throughput_figures
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.waiting import eventually

REQUESTS = 300
CHANGES = 5
# It takes two minutes on an idle machine.
SEEDED_WITHIN_S = 300


def platform_figures(folder: Path) -> Generator[Figure]:
    """Start a platform of its own, change it, call it, and wipe it."""
    platform = PlatformUnderTest(ROOT / ".local" / "bench", checkout=copy_of_checkout(folder / "checkout"))
    with platform.wiped_at_the_end():
        first_s = _seconds(lambda: platform.run("up"))
        yield Figure(name="make up, first, after downloads", value=first_s, unit="s", bound=180)
        yield Figure(name="make up, again", value=_seconds(lambda: platform.run("up")), unit="s", bound=20)
        platform.run("down")
        yield Figure(name="make up after make down", value=_seconds(lambda: platform.run("up")), unit="s", bound=20)
        reloads = _reload_s(platform)
        note = f"slowest of {CHANGES}; median {statistics.median(reloads):.2f} s"
        yield Figure(name="a saved change is live", value=max(reloads), unit="s", bound=2, note=note)
        yield from _request_figures(platform)
        yield from throughput_figures(platform)
        yield seed_figure(platform)


def _reload_s(platform: PlatformUnderTest) -> list[float]:
    source = platform.checkout / "functions/users/errors.py"
    text = source.read_text()
    times = []
    with platform.developing():
        for number in range(CHANGES):
            words = f"Change number {number}."
            source.write_text(text.replace("No user has this id.", words))
            times.append(
                _seconds(
                    lambda words=words: eventually(lambda: words in platform.gateway.get("/users/unknown").text)  # type: ignore[misc]
                )
            )
    return times


def _request_figures(platform: PlatformUnderTest) -> Iterator[Figure]:
    created = platform.gateway.post("/users", json={"email": "bench@example.com"}).headers["Location"]
    for name, path in (("health", "/users/health"), ("a user from DynamoDB", created)):
        times = sorted(_seconds(lambda path=path: platform.gateway.get(path)) for _ in range(REQUESTS))  # type: ignore[misc]
        note = f"p95 {times[int(REQUESTS * 0.95)] * 1000:.1f} ms, one client, over Traefik and the embedded AWS"
        yield Figure(name=f"request, {name}, p50", value=times[REQUESTS // 2] * 1000, unit="ms", note=note)


def seed_figure(platform: PlatformUnderTest) -> Figure:
    """Measure `make seed size=large`."""
    started = time.monotonic()
    seeding = platform.start_operating("seed", "--size", "large")
    try:
        _, said = seeding.communicate(timeout=SEEDED_WITHIN_S)
    except subprocess.TimeoutExpired:
        # After an interrupt, the command would first finish its current requests, which can take long.
        seeding.kill()
        _, said = seeding.communicate()
    ended = seeding.returncode == 0
    made = re.findall(r"✔ (\w+: [\d,]+) made, ([\d.]+) a second", said)
    return Figure(
        name="make seed size=large",
        value=time.monotonic() - started if ended else None,
        unit="s",
        bound=SEEDED_WITHIN_S,
        note=", ".join(f"{what} at {rate}/s" for what, rate in made) if ended else said.rpartition("\n✔")[2].strip(),
    )


def _seconds(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started
