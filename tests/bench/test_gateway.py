"""The measurements of the gateway compare two configurations that both answer."""

import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.bench.gateway import GENERATED, PLAIN, gateway_figures, measured
from tests.e2e.platform_under_test import ROOT
from tests.waiting import eventually

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.bench.gateway import measured
with measured(Path(sys.argv[1])) as bench, bench.running("plain", bench.plain()) as traefik:
    print(traefik.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_without_wrk_nothing_is_measured_and_no_bound_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    figures = list(gateway_figures(tmp_path))

    assert [figure.is_kept for figure in figures] == [False, False]
    assert all("install wrk" in str(figure) for figure in figures)


@pytest.mark.slow
def test_each_configuration_answers_through_the_same_upstream(tmp_path: Path) -> None:
    with measured(tmp_path) as bench:
        configurations = {
            PLAIN: bench.plain(),
            GENERATED: bench.generated(),
            "without": bench.generated().without("edge").without_static("accessLog"),
        }
        answers = {}
        for name, configuration in configurations.items():
            with bench.running(name, configuration):
                answers[name] = httpx.get(configuration.url, verify=False)  # noqa: S501 - the certificate is of no interest here

    assert {name: answer.text for name, answer in answers.items()} == dict.fromkeys(configurations, "OK")
    assert [name for name, answer in answers.items() if "X-Request-Id" in answer.headers] == [GENERATED]


@pytest.mark.slow
def test_no_traefik_survives_a_bench_that_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )

    assert killed.stdout.strip().isdecimal()
    eventually(lambda: not any(f"configfile={tmp_path}" in line for line in command_lines()))


def command_lines() -> list[str]:
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
