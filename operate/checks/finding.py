"""What a check found, and what to do about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from operate.checks.account import Account
from operate.checks.plan import Plan

# A warning does not stop a deployment; what could not be checked may.
type State = Literal["ok", "wrong", "warning", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: How it is.
        said: What was looked at and how it is, in a line.
        do: What mends it; a command where there is one.
    """

    state: State
    said: str
    do: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """Looks at one thing in an account; it raises what botocore raises where it may not."""

    name: str
    look: Callable[[Plan, Account], Iterable[Finding]]


def ok(said: str) -> Finding:
    """Say that something is as it must be."""
    return Finding(state="ok", said=said)


def wrong(said: str, *, do: str) -> Finding:
    """Say what would stop a deployment."""
    return Finding(state="wrong", said=said, do=do)


def warning(said: str, *, do: str) -> Finding:
    """Say what may stop a deployment, or what somebody should know before."""
    return Finding(state="warning", said=said, do=do)
