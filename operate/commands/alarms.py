"""Which alarms are off, since when and why: what somebody on call looks at first."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operate.command import Command
from operate.target import Target

_KINDS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}
OFF = "ALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm that people hear of."""

    name: str
    state: str
    since: datetime
    says: str
    reason: str

    def __str__(self) -> str:
        return f"✘ {self.name}  since {self.since:%Y-%m-%dT%H:%M:%SZ}\n  {self.says}\n  {self.reason}"


def alarms(cloudwatch: Any, prefix: str) -> Iterator[Alarm]:  # noqa: ANN401 - a boto3 client
    """Read the alarms whose names begin so; what only another alarm reads is left out."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=[*_KINDS])
    for page in pages:
        for kind in _KINDS.values():
            yield from (_alarm(found) for found in page.get(kind, ()) if found.get("AlarmActions"))


def _alarm(found: Any) -> Alarm:  # noqa: ANN401 - JSON
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        since=found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"],
        says=found.get("AlarmDescription", ""),
        reason=found.get("StateReason", ""),
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="of this service alone")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    service = [target.manifest(arguments.service).service] if arguments.service else []
    found = sorted(alarms(target.client("cloudwatch"), target.name_of(*service, "")), key=lambda each: each.name)
    off = [alarm for alarm in found if alarm.state == OFF]
    sys.stdout.writelines(f"{alarm}\n" for alarm in off)
    if not found:
        sys.stdout.write(f"✘ There are no alarms named {target.name_of(*service, '')}…; deploy the environment first\n")
    else:
        sys.stdout.write(f"{'✘' if off else '✔'} {len(off)} of {len(found)} alarms are off\n")
    return bool(found) and not off


COMMAND = Command(
    name="alarms",
    help="list the alarms that are off, since when and why; the exit status tells whether there is none",
    add_arguments=_add_arguments,
    run=_run,
)
