"""The command that shows the KPIs of delivery."""

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from operate.commands import kpis
from operate.commands.kpis import COMMAND, duration
from operate.target import Target
from tests.operate.gateway import Reply, Request, gateway


def kpi(name: str, unit: str, value: float | None, count: int, rows: list[Any] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "sets": ["dora"] if name == "change_fail_rate" else ["platform"],
        "definition": f"The definition of {name}.",
        "unit": unit,
        "value": value,
        "count": count,
        "rows": rows,
    }


ROWS = [
    {"deployment_id": "r-1", "at": "2026-11-23T12:06:00Z", "value": 0, "ended_by": None},
    {"deployment_id": "r-2", "at": "2026-11-24T12:06:00Z", "value": 1, "ended_by": "r-3"},
]
ANSWER = {
    "environment": "local",
    "service": None,
    "days": 30,
    "since": "2026-10-25T00:00:00Z",
    "until": "2026-11-23T13:00:00Z",
    "baking": ["r-9"],
    "kpis": [
        kpi("deployment_cycle_time", "seconds", 372, 14),
        kpi("deployment_frequency", "per_day", 14 / 30, 14),
        kpi("deployment_success_rate", "share", 0.9286, 14),
        kpi("change_fail_rate", "share", None, 2, ROWS),
        kpi("change_lead_time", "seconds", None, 0, []),
    ],
}


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[Request]:
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(200, ANSWER)

    def token(caller: str, _target: Target) -> str:
        return f"token of {caller}"

    monkeypatch.setattr(kpis, "access_token", token)
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    with gateway(answer, tmp_path) as target:
        assert COMMAND.run(parser.parse_args(words), target)
    return seen


def test_each_number_is_shown_with_its_count_and_its_definition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [request] = run(tmp_path, monkeypatch)

    assert request.path == "/operations/kpis?environment=local&days=30"
    assert request.headers["Authorization"] == "Bearer token of reader"
    assert capsys.readouterr().out.splitlines() == [
        "Delivery of local, 30 days in UTC: 2026-10-25 to 2026-11-23 13:00",
        "",
        "Deployment cycle time               6 min 12 s   median of 14",
        "  The definition of deployment_cycle_time.",
        "",
        "Deployment frequency                0.47 a day   14 in all",
        "  The definition of deployment_frequency.",
        "",
        "Deployment success rate                  92.9%   of 14",
        "  The definition of deployment_success_rate.",
        "",
        "Change fail rate                             –   of 2: too few for a share  DORA",
        "  The definition of change_fail_rate.",
        "    no   2026-11-23 12:06  r-1",
        "    yes  2026-11-24 12:06  r-2  ended by r-3",
        "",
        "Change lead time                             –   median of 0",
        "  The definition of change_lead_time.",
        "",
        "● without an outcome yet: r-9",
    ]


def test_a_service_a_window_and_a_caller_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [request] = run(tmp_path, monkeypatch, "--service", "users", "--days", "7", "--as", "admin")

    assert request.path == "/operations/kpis?environment=local&days=7&service=users"
    assert request.headers["Authorization"] == "Bearer token of admin"


def test_scripts_get_the_answer_of_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, monkeypatch, "--json")

    assert json.loads(capsys.readouterr().out) == ANSWER


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=3), "3 min"),
        (timedelta(hours=3, minutes=20, seconds=5), "3 h 20 min"),
        (timedelta(days=2, minutes=59), "2 d"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(length: timedelta, text: str) -> None:
    assert duration(length) == text
