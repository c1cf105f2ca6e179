"""The command `seed`: fill an environment with realistic data through its public API."""

import argparse
import importlib
import pkgutil
import time
from collections.abc import Iterator
from functools import partial
from types import ModuleType

from operate.arguments import whole_number
from operate.command import Command
from operate.deployed.api import Api
from operate.deployed.user_pool import access_token
from operate.errors import OperateError
from operate.progress import Progress
from operate.seeds import recipes
from operate.seeds.life import Outcome, live
from operate.target import Target

SIZES = ("small", "large")
AT_ONCE = 16
_SHOWN_EVERY_S = 2.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=SIZES, default=SIZES[0])
    parser.add_argument(
        "--as", dest="caller", default="machine", metavar="caller", help="the caller, as in the command token"
    )
    parser.add_argument(
        "--at-once", type=whole_number(1), default=AT_ONCE, metavar="requests", help="number of parallel requests"
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    if target.environment.retains:
        raise OperateError(f"{target.environment.name} keeps its data (`removal: retain`), so seed does not fill it.")
    api = Api(target, token=partial(access_token, arguments.caller, target), connections=arguments.at_once)
    progress = Progress()
    # A failed service does not stop the next one.
    succeeded = [_seed(module, arguments, api, progress) for module in _modules(target)]
    return all(succeeded)


COMMAND = Command(
    name="seed",
    help="fill an environment with realistic data, the same in each run",
    add_arguments=_add_arguments,
    run=_run,
)


def _modules(target: Target) -> Iterator[ModuleType]:
    """Load the recipes of the existing services."""
    for found in pkgutil.iter_modules(recipes.__path__, f"{recipes.__name__}."):
        if found.name.rpartition(".")[2] in target.manifests:
            yield importlib.import_module(found.name)


def _seed(module: ModuleType, arguments: argparse.Namespace, api: Api, progress: Progress) -> bool:
    service, count = module.__name__.rpartition(".")[2], module.COUNT[arguments.size]
    shown_at = 0.0
    outcome = None
    for outcome in live(map(module.life, range(count)), api, at_once=arguments.at_once):
        if time.monotonic() - shown_at >= _SHOWN_EVERY_S:
            shown_at = time.monotonic()
            progress.show(f"{service}: {outcome.done:,} of {count:,}, {_rate(outcome)}")
    if outcome is None:
        return True
    existed = f", {outcome.existed:,} already existed" if outcome.existed else ""
    failed = f", {len(outcome.failures):,} failed" if outcome.failures else ""
    mark = "✘" if outcome.failures else "✔"
    progress.say(f"{mark} {service}: {outcome.created:,} created{existed}{failed}, {_rate(outcome)}")
    for reason, times in outcome.reasons:
        progress.say(f"  {times} ×: {reason}")
    return not outcome.failures


def _rate(outcome: Outcome) -> str:
    rate = outcome.rate_per_s
    # An import creates many users, so its rate is below one per second.
    return f"{rate:,.0f} per second" if rate >= 10 else f"{rate:.1f} per second"  # noqa: PLR2004 - two digits
