"""A figure of the benchmark: what was measured, and the bound that it must keep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        value: In `unit`; None where it could not be measured, and `note` says why.
        bound: The largest value that is good enough; None for a figure that is only shown.
        note: What the value was made of.
    """

    name: str
    value: float | None
    unit: str
    bound: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the bound holds, where there is one."""
        return self.bound is None or (self.value is not None and self.value <= self.bound)

    def __str__(self) -> str:
        value = "–" if self.value is None else f"{self.value:.2f}"
        bound = "" if self.bound is None else f"≤ {self.bound:g}"
        mark = " " if self.bound is None else "✔" if self.is_kept else "✘"
        return f"{mark} {self.name:<44} {value:>8} {self.unit:<3} {bound:<8} {self.note}".rstrip()
