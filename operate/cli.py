"""The commands of who operates the platform, the same on a laptop and on AWS: `python -m operate <command> --help`.

A command is a module with a `COMMAND`, named below.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names
from operate.command import Command
from operate.commands import alarms, cost, dead_letters, destroy, doctor, query, redrive, replay, seed, token
from operate.deployed.target import LOCAL, Target
from operate.errors import OperateError

COMMANDS: tuple[Command, ...] = (
    alarms.COMMAND,
    cost.COMMAND,
    dead_letters.COMMAND,
    destroy.COMMAND,
    doctor.COMMAND,
    query.COMMAND,
    redrive.COMMAND,
    replay.COMMAND,
    seed.COMMAND,
    token.COMMAND,
)

# As a shell says that SIGINT ended a program.
INTERRUPTED = 130


def main(words: Sequence[str] | None = None, commands: Sequence[Command] = COMMANDS) -> int:
    """Run a command; its errors end with a message, never with a stack trace."""
    arguments = _parser(commands).parse_args(words)
    command: Command = arguments.command
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        well = command.run(arguments, Target(arguments.environment))
    except (OperateError, ConfigurationError) as error:
        sys.stderr.write(f"✘ {error}\n")
        return 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"✘ AWS refused, or was not reached: {error}\n")
        return 1
    except BrokenPipeError:
        # Who reads has seen enough, as `head` has; what Python still holds back goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    return 0 if well else 1


def _parser(commands: Sequence[Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operate", description="Operate a deployed platform.")
    choices = parser.add_subparsers(required=True, metavar="command")
    for command in commands:
        added = choices.add_parser(command.name, help=command.help, description=f"{command.help}.")
        added.add_argument(
            "--environment",
            default=LOCAL,
            choices=environment_names(),
            help="local is the platform on this machine; any other is AWS, by the credentials of the shell",
        )
        command.add_arguments(added)
        added.set_defaults(command=command)
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
