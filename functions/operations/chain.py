"""The chain of raw events: each link has a hash of its event and of the link before it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from functions.operations.facts import RawEvent

# The hash before the first link.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The place of an event in the chain.

    Attributes:
        sequence: 1 for the first event that arrived, then without gaps.
        position: The place of the event by time, by which it is stored.
        previous: The hash of the link before.
        hash: SHA-256 over sequence, position, previous hash and event, in hexadecimal.
    """

    sequence: int
    position: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place at which the chain does not hold."""

    sequence: int
    problem: str


def link_after(previous: Link | None, event: RawEvent) -> Link:
    """Return the link that joins an event to the end of the chain."""
    sequence = previous.sequence + 1 if previous else 1
    before = previous.hash if previous else GENESIS
    return Link(
        sequence=sequence,
        position=event.position,
        previous=before,
        hash=_hash(sequence, event.position, before, event.body),
    )


def find_break(links: Iterable[tuple[Link, RawEvent | None]], *, before: Link | None) -> Break | None:
    """Return the first place at which a link is missing, or differs from its event or from the link before.

    Args:
        links: Links in order, each with its event, or None if the event is gone.
        before: The link before the first one; None at the start of the chain.
    """
    sequence, previous = (before.sequence, before.hash) if before else (0, GENESIS)
    for link, event in links:
        sequence += 1
        if link.sequence != sequence:
            return Break(sequence=sequence, problem="The link is missing.")
        if link.previous != previous:
            return Break(sequence=sequence, problem="The link does not continue the one before.")
        if event is None:
            return Break(sequence=sequence, problem="The event of the link is missing.")
        if link.hash != _hash(sequence, link.position, previous, event.body):
            return Break(sequence=sequence, problem="The event or the link was changed.")
        previous = link.hash
    return None


def _hash(sequence: int, position: str, previous: str, body: str) -> str:
    return hashlib.sha256("\n".join((str(sequence), position, previous, body)).encode()).hexdigest()
