"""Columns and rows of an unlock plan, and how values, prices and names are written. No queries."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from cockpit.unlock_worth import MONEY_OF, SCALES
from factors.units import MU

UNITS = {
    **dict.fromkeys(MONEY_OF, gettext_lazy("× 100 million yuan")),
    "jobs": pgettext_lazy("unit", "people"),
    "projects": pgettext_lazy("unit", "projects"),
    "score": pgettext_lazy("unit", "points"),
}
PRICE_UNITS = UNITS | dict.fromkeys(MONEY_OF, gettext_lazy("10,000 yuan"))
DECIMALS = {"investment": 1, "output": 1, "tax": 2, "jobs": 0, "projects": 0, "score": 1}
MONEY_WORDS = {
    "wan": gettext_lazy("Investment"),
    "output": gettext_lazy("Yearly output"),
    "tax": gettext_lazy("Yearly tax"),
}
SHORT_LEVELS = {
    "national": pgettext_lazy("key level", "national"),
    "provincial": pgettext_lazy("key level", "provincial"),
    "city": pgettext_lazy("key level", "city"),
    "county": pgettext_lazy("key level", "county"),
    "none": pgettext_lazy("key level", "general"),
}
GROUPS = {
    "energy": pgettext_lazy("tag", "Energy"),
    "land": pgettext_lazy("tag", "Land"),
}
NAMED = 6


def worth(value: int, objective: str) -> str:
    """Show whole units of value in the unit of the objective: 116.2 (亿元), 1,204 (people)."""
    shown = Decimal(value) / SCALES[objective]
    return f"{shown:,.{DECIMALS[objective]}f}".replace("-", "−")


def price_words(price: Decimal, objective: str) -> str:
    """Show a price: 万元 for money, else the unit of the objective; fewer digits for larger ones."""
    shown = price / SCALES[objective] * (10**4 if objective in MONEY_OF else 1)
    if not shown.quantize(Decimal("0.0001")):
        return "0"
    return f"{shown:,.0f}" if shown >= 1000 else f"{shown:,.2f}" if shown >= Decimal("0.01") else f"{shown:,.4f}"


@dataclass
class Shown:
    """A row of the facts that a template reads by name."""

    row: dict

    def __getattr__(self, name):
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class Named(Shown):
    """A limit by name."""

    @property
    def title(self) -> str:
        """The pool's name, with its source where it does not say so itself."""
        return f"{self.row['name']} · {self.row['source']}" if self.row["source"] else self.row["name"]

    @property
    def head(self) -> str:
        """The title of its column: with 能耗 before it, as pools of energy are named by their place alone."""
        return f"{GROUPS['energy']} {self.title}" if self.row["group"] == "energy" else self.title

    @property
    def full_title(self) -> str:
        """The factor and the pool."""
        factor = self.row["factor_name"]
        return self.title if factor in self.title else f"{factor} {self.title}"

    @property
    def short_title(self) -> str:
        """The word of its group, the pool's name where the group has several sources: 能耗, 中水·河西, 用地."""
        return self.title if self.row["group"] == "water" else str(GROUPS.get(self.row["group"], self.title))

    @property
    def unit_words(self) -> str:
        """The unit as the head shows it: 吨标准煤, 万m³, 亩."""
        return self.row["unit_name"] if self.row["unit_label"].isascii() else self.row["unit_label"]


@dataclass
class Column(Named):
    """A limit as a column, read top-down: what it has, what is taken, what is left, what one more is worth."""

    used: int
    by_queue: int
    price: str
    step: dict | None
    gain: str

    @property
    def left(self) -> int:
        """What the plan does not take."""
        return self.row["amount"] - self.used

    @property
    def percent(self) -> int:
        """How much of the limit is taken, for the bar: 0 to 100, at least 2 where anything is."""
        if not self.row["amount"] or not self.used:
            return 0
        return max(2, min(100, self.used * 100 // self.row["amount"]))


@dataclass
class Line(Shown):
    """A project: its row of facts, a cell for each column, and what else the row says. `figure`: the money it shows."""

    cells: list
    chosen: bool
    figure: str = "wan"
    ready: bool = False
    topup: list = field(default_factory=list)
    why: str = ""
    instead: list = field(default_factory=list)

    @property
    def level_words(self):
        """The key level in short."""
        return SHORT_LEVELS[self.row["level"]]

    def known(self, figure: str) -> Decimal | None:
        """A figure in 万元 ("wan" is the investment), None where none is on record."""
        text = self.row.get(figure)
        return None if text is None else Decimal(text)

    @property
    def money(self) -> Decimal | None:
        """The figure in 万元 that the plan is about."""
        return self.known(self.figure)

    @property
    def per_tce(self) -> Decimal | None:
        """万元 of that figure for each tce that it still lacks; None where it lacks no energy."""
        return self._for_each("energy", 1000)

    @property
    def per_mu(self) -> Decimal | None:
        """万元 of that figure for each 亩 that it still lacks; None where it lacks no land."""
        return self._for_each("land", MU)

    def _for_each(self, factor: str, per_unit: int) -> Decimal | None:
        lacks = sum(need["amount"] for need in self.row["needs"] if need["factor"] == factor)
        return self.money * per_unit / lacks if lacks and self.money is not None else None


def named(rows) -> str:
    """Return the names of projects in one line, the most valuable first, six at most."""
    rows = sorted(rows, key=lambda row: (-row["value"], row["key"]))
    words = pgettext("list", ", ").join(row["name"] for row in rows[:NAMED])
    if len(rows) > NAMED:
        return _("%(names)s and %(n)d more") % {"names": words, "n": len(rows) - NAMED}
    return words
