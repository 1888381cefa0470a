"""Ratios that a province or city publishes, read from `data/ratios.yaml`: 增存挂钩 and replacement. Pure: file in, rows
out."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from factors.replacement import ONE
from factors.tables import DATA


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio in thousandths with where it comes from; `year` is the first in which it holds, 0 where it has none."""

    thousandths: int
    source: str
    checked: bool
    name: str = ""
    year: int = 0

    @property
    def figure(self) -> str:
        """The ratio as people write it: 0.5, 1.2."""
        return f"{Decimal(self.thousandths).scaleb(-3).normalize():f}"


@cache
def _read(path: Path) -> dict:
    import yaml

    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _ratio(row: dict) -> Ratio:
    if not isinstance(row["ratio"], str):
        raise TypeError(f"a number in a table is written as text: {row['ratio']!r}")
    thousandths = Decimal(row["ratio"]).scaleb(3)
    if thousandths != int(thousandths) or thousandths <= 0:
        raise ValueError(f"a ratio has three decimals at most: {row['ratio']}")
    return Ratio(int(thousandths), row["source"], row["checked"], row.get("name", ""), row.get("year", 0))


def earning(year: int, path: Path = DATA / "ratios.yaml") -> Ratio | None:
    """Return the ratio by which disposed stock earns new indicators in a year, None where none is published."""
    rows = [_ratio(row) for row in _read(path)["earn_from_stock"] if row["year"] <= year]
    return max(rows, key=lambda row: row.year, default=None)


def replacements(path: Path = DATA / "ratios.yaml") -> tuple[Ratio, ...]:
    """Return the ratios of replacement that may be chosen, as the file orders them."""
    return tuple(_ratio(row) for row in _read(path)["replacement"])


def earned(area: int, ratio: Ratio) -> int:
    """Return what `area` (smallest units of land) earns, cut downwards: what is not whole was not earned."""
    return area * ratio.thousandths // ONE
