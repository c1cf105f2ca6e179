"""The command `kpis`: show the KPIs of delivery, each with its count and its definition."""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from operate.command import Command
from operate.deployed.api import Api
from operate.deployed.user_pool import access_token, pipeline_client
from operate.target import Target

WINDOWS = (7, 30, 90)
_WIDTH = 100
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="only what deployments did to this service")
    parser.add_argument("--days", type=int, choices=WINDOWS, default=30, help="the window; 30 by default")
    parser.add_argument(
        "--as", dest="caller", metavar="caller", help="the caller, as in the command token; by default one that reads"
    )
    parser.add_argument("--json", action="store_true", help="print the answer of the API")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    query = {"environment": target.environment.name, "days": arguments.days}
    if arguments.service:
        query["service"] = target.manifest(arguments.service).service
    caller = arguments.caller or pipeline_client(target, locally="reader")
    api = Api(target, token=partial(access_token, caller, target), connections=1)
    answer = api.send("GET", f"/operations/kpis?{urlencode(query)}", expect={HTTPStatus.OK}).content
    text = json.dumps(answer) if arguments.json else "\n".join(_lines(answer))
    sys.stdout.write(f"{text}\n")
    return True


COMMAND = Command(
    name="kpis",
    help="show the KPIs of delivery, each with its count and definition",
    add_arguments=_add_arguments,
    run=_run,
)


def _lines(answer: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    of = f"{answer['service']} in {answer['environment']}" if answer["service"] else answer["environment"]
    since, until = (datetime.fromisoformat(answer[name]) for name in ("since", "until"))
    yield f"Delivery of {of}, {answer['days']} days in UTC: {since:%Y-%m-%d} to {until:%Y-%m-%d %H:%M}"
    for kpi in answer["kpis"]:
        yield ""
        dora = "  DORA" if "dora" in kpi["sets"] else ""
        yield f"{kpi['title']:<34}{_value(kpi):>12}   {_basis(kpi)}{dora}"
        yield textwrap.fill(kpi["definition"], _WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield from (_row(row) for row in kpi["rows"] or () if kpi["unit"] == "share")
    if answer["baking"]:
        yield ""
        yield f"● without an outcome yet: {', '.join(answer['baking'])}"


def _value(kpi: Any) -> str:  # noqa: ANN401 - JSON
    value = kpi["value"]
    if value is None:
        return "–"
    match kpi["unit"]:
        case "share":
            return f"{value:.1%}"
        case "per_day":
            return f"{value:.2f} a day"
        case _:
            return duration(timedelta(seconds=value))


def _basis(kpi: Any) -> str:  # noqa: ANN401 - JSON
    count = kpi["count"]
    match kpi["unit"]:
        case "share":
            return f"of {count}" if kpi["value"] is not None or not count else f"of {count}: too few for a share"
        case "per_day":
            return f"{count} in all"
        case _:
            return f"median of {count}"


def _row(row: Any) -> str:  # noqa: ANN401 - JSON
    at = datetime.fromisoformat(row["at"])
    ended = f"  ended by {row['ended_by']}" if row["ended_by"] else ""
    return f"    {'yes' if row['value'] else 'no ':<3}  {at:%Y-%m-%d %H:%M}  {row['deployment_id']}{ended}"


def duration(length: timedelta) -> str:
    """Return a length of time with its two largest units, such as `3 h 20 min`."""
    left_s = round(length.total_seconds())
    parts: list[str] = []
    for unit, size_s in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S), ("s", 1)):
        number, left_s = divmod(left_s, size_s)
        if number or parts:
            parts.append(f"{number} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
