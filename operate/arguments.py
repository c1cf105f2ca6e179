"""Arguments of commands: numbers with a range, and errors in the words of `make`, with which people call them."""

import argparse
import math
import re
from collections.abc import Callable
from typing import NoReturn, override

# That of argparse for wrong arguments.
USAGE = 2
# In a usage, the value follows after a blank.
_OPTION = re.compile(r"--([a-z][a-z-]*)(?: (?=[\w{]))?")
_PROGRAM = re.compile(r"python -m \w+")
_ABOUT = re.compile(r"^argument --([a-z-]+): ")


class Parser(argparse.ArgumentParser):
    """Reports wrong arguments in the words of `make`."""

    @override
    def error(self, message: str) -> NoReturn:
        usage = " ".join(_PROGRAM.sub("make", self.format_usage()).replace(" [-h]", "").split())
        told = _ABOUT.sub(lambda found: f"{found[1].replace('-', '_')}: ", message)
        self.exit(USAGE, as_variables(f"✘ {told}\n{usage}\n"))


def as_variables(text: str) -> str:
    """Replace each option by the variable of `make`: `--per-second RATE` by `per_second=RATE`."""
    return _OPTION.sub(lambda found: f"{found[1].replace('-', '_')}=", text)


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the type of an argument that is a whole number within a range."""
    expected = f"a number from {least}" + (f" to {most}" if most is not None else "")

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) < least or (most is not None and int(text) > most):
            raise argparse.ArgumentTypeError(f"expected {expected}, found {text!r}")
        return int(text)

    return read


def number_above(limit: float, *, most: float) -> Callable[[str], float]:
    """Return the type of an argument that is a number above a limit."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not limit < value <= most:
            raise argparse.ArgumentTypeError(f"expected a number above {limit:g}, at most {most:g}, found {text!r}")
        return value

    return read
