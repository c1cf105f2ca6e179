"""`make status`: the health of every part."""

import json
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from local import embedded_aws_process, gateway
from local.health import health, service_paths
from local.ports import PORTS, last_ports
from local.processes import BackgroundProcess
from local.progress import Progress
from local.settings import Settings
from local.stacks import list_stacks


def show(settings: Settings, progress: Progress, *, region: str, as_json: bool = False) -> bool:
    """Write a line for each part, or a JSON object; return True if all parts are healthy."""
    processes = (embedded_aws_process.embedded_aws(settings), gateway.process(settings))
    rows = [_row(processes[0], answers=embedded_aws_process.answers(settings))]
    if rows[0][1]:
        try:
            stacks = list_stacks(settings, region)
        except (ClientError, BotoCoreError) as error:
            rows.append(("stacks", False, str(error)))
        else:
            rows += [(stack.name, stack.complete, stack.status) for stack in stacks]
            rows += [] if stacks else [("stacks", False, "nothing is deployed")]
    rows.append(_row(processes[1], answers=gateway.answers(settings)))
    if rows[-1][1]:
        answers = health(settings, service_paths())
        rows += [(service, status == HTTPStatus.OK, f"{status or 'no answer'}") for service, status in answers.items()]
    if (differing := _differing_ports(settings)) and any(process.find() for process in processes):
        rows.append(("ports", False, differing))
    if as_json:
        for name, healthy, note in rows:
            progress.say(json.dumps({"part": name, "healthy": healthy, "note": note}))
        return all(healthy for _, healthy, _ in rows)
    width = max(len(name) for name, _, _ in rows) + 2
    for name, healthy, note in rows:
        progress.say(f"{'✔' if healthy else '✘'} {name:<{width}}{note}")
    unhealthy = [name for name, healthy, _ in rows if not healthy]
    if unhealthy:
        progress.say(
            f"\nUnhealthy: {', '.join(unhealthy)}. `make up` starts missing parts; logs are in {settings.logs}."
        )
    return not unhealthy


def _differing_ports(settings: Settings) -> str:
    """Say which ports the variables of this shell ask for although the platform listens on others."""
    last = last_ports(settings.home)
    return "; ".join(
        f"the {PORTS[name].part} runs on {last[name]}, but {PORTS[name].variable} asks for {port}"
        for name, port in settings.ports.items()
        if last.get(name, port) != port
    )


def _row(process: BackgroundProcess, *, answers: bool) -> tuple[str, bool, str]:
    running = process.find()
    if running is None:
        return process.name, False, "not running"
    return process.name, answers, f"pid {running.pid}" + ("" if answers else ", does not answer")
