"""`cost`: what an environment costs at a load, from what would be deployed and a dated table of prices."""

import argparse

from rich.console import Console

from operate.command import Command
from operate.deployed.synthesis import synthesize
from operate.errors import OperateError
from operate.pricing.estimate import estimate
from operate.pricing.inventory import Inventory
from operate.pricing.load import RATE, read_load
from operate.pricing.prices import load_prices
from operate.pricing.table import print_estimate
from operate.progress import Progress
from operate.target import Target

# Of what is written into a file or another program.
_WIDTH = 160


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="*", metavar="name=number", help=f"{RATE}=50, and what is assumed otherwise")
    parser.add_argument("--detail", action="store_true", help="every line instead of every part")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    if target.is_local:
        raise OperateError("local costs nothing: it is this machine. Name another one, such as environment=prod.")
    load, given = read_load(arguments.numbers)
    prices = load_prices(target.environment.region)
    Progress().say(f"Synthesizing {target.environment.name}: this takes seconds.")
    inventory = Inventory(synthesize(target.environment))
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    print_estimate(console, estimate(inventory, prices, load), inventory, given=given, in_detail=arguments.detail)
    return True


COMMAND = Command(name="cost", help="price what would be deployed, at a load", add_arguments=_add_arguments, run=_run)
