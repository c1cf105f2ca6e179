"""The command `alarms`: list the firing alarms, with the time and the reason."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from operate.command import Command
from operate.errors import OperateError
from operate.target import Target

_KINDS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}
FIRING = "ALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm that notifies people."""

    name: str
    state: str
    since: datetime
    description: str
    reason: str

    def __str__(self) -> str:
        return f"✘ {self.name}  since {self.since:%Y-%m-%dT%H:%M:%SZ}\n  {self.description}\n  {self.reason}"


def alarms(cloudwatch: Any, prefix: str) -> Iterator[Alarm]:  # noqa: ANN401 - a boto3 client
    """Read the alarms with a prefix. Leave out alarms without actions, which only feed composite alarms."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=[*_KINDS])
    for page in pages:
        for kind in _KINDS.values():
            yield from (_alarm(found) for found in page.get(kind, ()) if found.get("AlarmActions"))


def _alarm(found: Any) -> Alarm:  # noqa: ANN401 - JSON
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        since=found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"],
        description=found.get("AlarmDescription", ""),
        reason=found.get("StateReason", ""),
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="only the alarms of this service")
    parser.add_argument("--json", action="store_true", help="print each firing alarm as a JSON object")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    prefix = target.name_of(*([target.manifest(arguments.service).service] if arguments.service else []), "")
    found = sorted(alarms(target.client("cloudwatch"), prefix), key=lambda each: each.name)
    if not found:
        raise OperateError(f"There are no alarms with names {prefix}…. Deploy the environment first.")
    firing = [alarm for alarm in found if alarm.state == FIRING]
    if arguments.json:
        sys.stdout.writelines(f"{json.dumps(asdict(alarm), default=datetime.isoformat)}\n" for alarm in firing)
        return not firing
    sys.stdout.writelines(f"{alarm}\n" for alarm in firing)
    sys.stdout.write(f"{'✘' if firing else '✔'} {len(firing)} of {len(found)} alarms are firing\n")
    if firing:
        sys.stdout.write("  → docs/runbooks/alarms.md has the response to each\n")
    return not firing


COMMAND = Command(
    name="alarms",
    help="list the firing alarms, with time and reason; exit status 1 if there are any",
    add_arguments=_add_arguments,
    run=_run,
)
