"""A page of a list, as a repository returns it; `lists.py` makes the answer of an API from it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """Some items in order, and the position of the last one if there may be more."""

    items: Sequence[T]
    next_position: str | None = None
