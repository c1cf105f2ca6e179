"""A figure of the benchmark: what was measured, and the bound that it must keep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        value: In `unit`; None where it could not be measured, and `note` says why.
        bound: The largest value that is good enough; None for a figure that is only shown.
        least: The smallest value that is good enough, for what is better the larger it is.
        note: What the value was made of.
    """

    name: str
    value: float | None
    unit: str
    bound: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the bounds hold, where there are any."""
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
