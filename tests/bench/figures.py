"""A figure of the benchmark: a measured value and its bounds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        value: In `unit`; None if it could not be measured, for the reason in `note`.
        bound: The largest accepted value; None for a figure without an upper bound.
        least: The smallest accepted value; None for a figure without a lower bound.
        note: How the value was measured.
    """

    name: str
    value: float | None
    unit: str
    bound: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the value is within the bounds; true without bounds."""
        if self.bound is None and self.least is None:
            return True
        if self.value is None:
            return False
        return (self.bound is None or self.value <= self.bound) and (self.least is None or self.value >= self.least)

    def __str__(self) -> str:
        value = "–" if self.value is None else f"{self.value:.2f}"
        bounds = (("≤", self.bound), ("≥", self.least))
        bound = " ".join(f"{sign} {limit:g}" for sign, limit in bounds if limit is not None)
        mark = "✘" if not self.is_kept else "✔" if bound else " "
        return f"{mark} {self.name:<44} {value:>8} {self.unit:<3} {bound:<8} {self.note}".rstrip()
