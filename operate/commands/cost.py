"""The command `cost`: estimate the monthly cost of an environment at a load."""

import argparse

from rich.console import Console

from operate.command import Command
from operate.errors import OperateError
from operate.pricing.estimate import Platform, estimate
from operate.pricing.load import RATE, read_load
from operate.pricing.prices import load_prices
from operate.pricing.synthesis import synthesize
from operate.pricing.table import print_estimate
from operate.progress import Progress
from operate.target import Target

# The width of the output in a file or a pipe.
_WIDTH = 160


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="*", metavar="name=number", help=f"{RATE}=50, and assumptions to change")
    parser.add_argument("--detail", action="store_true", help="print every line of every part")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    environment = target.environment
    if target.is_local:
        raise OperateError("local runs on this machine and costs nothing. Name another environment: environment=prod")
    load, given = read_load(arguments.numbers)
    prices = load_prices(environment.region)
    Progress().say(f"Synthesizing {environment.name}; this takes several seconds.")
    platform = Platform(environment, list(target.manifests.values()), synthesize(environment))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    found = estimate(platform, prices, load)
    print_estimate(console, environment.prefix, found, given=given, in_detail=arguments.detail)
    return True


COMMAND = Command(
    name="cost",
    help="estimate the monthly cost of an environment at a load",
    add_arguments=_add_arguments,
    run=_run,
)
