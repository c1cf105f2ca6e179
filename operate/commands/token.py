"""The command `token`: get an access token for a person or a machine client."""

import argparse
import sys

from operate.command import Command
from operate.deployed.user_pool import access_token
from operate.target import Target


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="caller",
        required=True,
        metavar="caller",
        help="an e-mail address, or the name of a machine client; locally also a demo person, such as admin",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    # Standard output contains only the token, for $(make token as=admin).
    sys.stdout.write(f"{access_token(arguments.caller, target)}\n")
    return True


COMMAND = Command(name="token", help="get an access token of the user pool", add_arguments=_add_arguments, run=_run)
