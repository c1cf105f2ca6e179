"""What a command is: a module of this package that has a `COMMAND`, and is named in `operate/cli.py`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from operate.deployed.target import Target


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that works on a deployed environment, be it on this machine or on AWS.

    Attributes:
        name: How it is called: `python -m operate <name>`.
        help: What it does, in a line without a full stop.
        add_arguments: Adds its own arguments; `--environment` is there.
        run: Does it, and answers whether all went well, which is the exit status. It raises OperateError for what
            its user can mend, and lets pass what botocore raises.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], object]
    run: Callable[[argparse.Namespace, Target], bool]
