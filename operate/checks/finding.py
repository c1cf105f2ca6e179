"""The result of a check, with a remedy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from operate.checks.account import Account
from operate.target import Target

# A problem makes a deployment fail or leaves the environment incomplete. Only a problem changes the exit status.
type State = Literal["ok", "problem", "warning", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The state of one setting.

    Attributes:
        state: The severity.
        text: The setting and its state, in one line.
        remedy: The correction, as a command if there is one.
    """

    state: State
    text: str
    remedy: str = ""


# A check reads the settings of one subject; it may raise errors of botocore.
type Check = Callable[[Target, Account], Iterable[Finding]]


def ok(text: str) -> Finding:
    """Report a setting that is correct."""
    return Finding(state="ok", text=text)


def problem(text: str, *, remedy: str) -> Finding:
    """Report a setting that must change before a deployment."""
    return Finding(state="problem", text=text, remedy=remedy)
