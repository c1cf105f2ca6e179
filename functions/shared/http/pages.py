"""A page of a list: what a repository answers and a route turns into items and a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """Some items in order, and the position after the last of them where there may be more."""

    items: Sequence[T]
    next_position: str | None = None
