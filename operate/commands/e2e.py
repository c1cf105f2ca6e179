"""The command `e2e`: walk the end-to-end journeys through a deployed environment."""

import argparse
import sys
import time
from functools import partial

from operate.command import Command
from operate.deployed.api import Api
from operate.deployed.user_pool import access_token, pipeline_client
from operate.errors import OperateError
from operate.journeys import JOURNEYS
from operate.target import Target


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="caller", metavar="caller", help="the caller, as in the command token; a machine client by default"
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    if target.environment.retains:
        raise OperateError(f"{target.environment.name} keeps its data (`removal: retain`), so e2e creates none there.")
    caller = arguments.caller or pipeline_client(target, locally="machine")
    api = Api(target, token=partial(access_token, caller, target), connections=1)
    succeeded = True
    for name, journey in JOURNEYS.items():
        if not journey.services <= target.manifests.keys():
            continue
        started = time.monotonic()
        try:
            journey.walk(api)
        except OperateError as error:
            succeeded = False
            sys.stdout.write(f"✘ {name}: {error}\n")
        else:
            sys.stdout.write(f"✔ {name}: {time.monotonic() - started:.1f} s\n")
    return succeeded


COMMAND = Command(
    name="e2e",
    help="walk through an environment from end to end as a client, and clean up; exit status 1 after a failure",
    add_arguments=_add_arguments,
    run=_run,
)
