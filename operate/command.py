"""The interface of a command; `operate/cli.py` finds every module that has one."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from operate.target import Target


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that works on a deployed environment, on this machine or on AWS.

    Attributes:
        name: Its name on the command line: `python -m operate <name>`.
        help: One line without a full stop, beginning with a verb.
        add_arguments: Adds the command's arguments; `--environment` already exists.
        run: Runs the command and returns True for exit status 0. It raises OperateError for mistakes that its user can
            correct, and may raise errors of botocore.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], object]
    run: Callable[[argparse.Namespace, Target], bool]
