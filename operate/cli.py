"""The operators' commands, the same on a laptop and on AWS: `make <command>`, or `python -m operate <command>`.

Every module in `operate/commands/` is a command and has a `COMMAND`. The exit status is 0, 1 if the command failed or
found a problem, 2 if it was called wrongly, and 130 after Ctrl-C; `make` itself ends with 2 for each of them.
"""

import argparse
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names
from operate import commands
from operate.arguments import USAGE, Parser
from operate.command import Command
from operate.errors import OperateError, UsageError
from operate.target import LOCAL, Target

# The exit status that shells report after SIGINT.
INTERRUPTED = 130
_BAD_CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


def main(words: Sequence[str] | None = None, known: Sequence[Command] | None = None) -> int:
    """Run a command; an error ends with a message, never with a stack trace."""
    arguments = _parser(find_commands() if known is None else known).parse_args(words)
    command: Command = arguments.command
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        succeeded = command.run(arguments, Target(arguments.environment))
    except (OperateError, ConfigurationError) as error:
        sys.stderr.write(f"✘ {error}\n")
        return USAGE if isinstance(error, UsageError) else 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"✘ AWS refused the request or could not be reached: {error}\n{_sign_in_hint(error)}")
        return 1
    except BrokenPipeError:
        # The reader of the output, such as `head`, has ended. Output that Python still buffers goes to /dev/null.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        return INTERRUPTED
    return 0 if succeeded else 1


def find_commands() -> list[Command]:
    """Load every module of `operate/commands/` and return its command."""
    found = pkgutil.iter_modules(commands.__path__, f"{commands.__name__}.")
    return [importlib.import_module(module.name).COMMAND for module in found]


def _parser(known: Sequence[Command]) -> argparse.ArgumentParser:
    parser = Parser(prog="python -m operate", description="Operate a deployed platform.")
    choices = parser.add_subparsers(required=True, metavar="command")
    for command in known:
        added = choices.add_parser(
            command.name, help=command.help, description=f"{command.help[0].upper()}{command.help[1:]}."
        )
        added.add_argument(
            "--environment",
            default=LOCAL,
            choices=environment_names(),
            help="local: the platform on this machine (default); any other: AWS, with the credentials of the shell",
        )
        command.add_arguments(added)
        added.set_defaults(command=command)
    return parser


def _sign_in_hint(error: Exception) -> str:
    without_credentials = isinstance(error, NoCredentialsError | PartialCredentialsError | TokenRetrievalError)
    rejected = isinstance(error, ClientError) and error.response["Error"]["Code"] in _BAD_CREDENTIALS
    return "Sign in: aws sso login, or aws configure.\n" if without_credentials or rejected else ""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
