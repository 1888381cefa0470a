"""Rates as the reports want them: numerator and denominator kept, two decimals, ROUND_HALF_UP, n/N beside every rate.

Source: domain.md §1.7. Pure. 359 of 428 is 83.88 %, not the truncated 83.87.
"""

from dataclasses import dataclass
from decimal import Decimal

from approvals.compare import rate


def percent(n: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return n of `whole` in per cent with two decimals, half up; None where there is nothing to count."""
    return rate(n, whole)


@dataclass(frozen=True, slots=True)
class Rate:
    """`n` of `N`, with the rate in words: "359/428 83.88%"; "0/0" has no rate."""

    n: int
    N: int

    @property
    def percent(self) -> Decimal | None:
        """The rate in per cent, two decimals, half up; None where there is nothing to count."""
        return percent(self.n, self.N)

    def __str__(self):
        return f"{self.n}/{self.N}" + ("" if self.percent is None else f" {self.percent}%")
