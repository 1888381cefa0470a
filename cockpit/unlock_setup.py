"""What an unlock plan assumes: objective, factors, which quota counts, weights, what is kept back, whom one insists on.

It stands in the address of the page, so a plan can be sent on as a link; the same words are kept with a scenario.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext_lazy

OBJECTIVES = {
    "investment": gettext_lazy("investment set free"),
    "output": gettext_lazy("yearly output"),
    "tax": gettext_lazy("yearly tax"),
    "jobs": pgettext_lazy("objective", "jobs"),
    "projects": gettext_lazy("number of projects"),
    "score": gettext_lazy("weighted score"),
}
QUOTA = {
    "verified": gettext_lazy("verified recoverable stock"),
    "checking": gettext_lazy("stock still being verified"),
    "expiring": gettext_lazy("reservations that end within 30 days"),
    "trade": gettext_lazy("surplus of others, by trade"),
}
WEIGHTINGS = {
    "none": ({}, pgettext_lazy("weighting", "not weighted")),
    "steps": (
        {"national": 200, "provincial": 150, "city": 120},
        gettext_lazy("national × 2, provincial × 1.5, city × 1.2"),
    ),
}
"""Class weights in percent; a level that is not named counts once."""

SHARES = {"investment": 60, "output": 0, "tax": 0, "jobs": 20, "projects": 20}
MEASURES = {
    "investment": pgettext_lazy("measure", "investment"),
    "output": pgettext_lazy("measure", "yearly output"),
    "tax": pgettext_lazy("measure", "yearly tax"),
    "jobs": pgettext_lazy("measure", "jobs"),
    "projects": pgettext_lazy("measure", "number of projects"),
}
"""The weighted score: each measure is the project's share of all candidates', weighted; all of them together: 100."""

DECIMAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?")
GROUPS = "ABCDEFGH"
MOST_NAMED = 200
KEEP_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Setup:
    """The assumptions. `keep` percent of what each pool has now stay; `kept` names pools that keep another amount,
    as (account id, text in the pool's unit). `must` and `out` are project ids. `factors` empty: all.

    `together`: the projects of one enterprise come all or none. `groups`: letters by project id, those with the same
    letter come all or none.
    `floor_tce` and `floor_mu`: 万元 of investment for each tce, each 亩, that a project must bring to be looked at.
    `per_district`: so many projects of one district at most, 0 for no limit.
    """

    year: int
    objective: str = "investment"
    factors: tuple[str, ...] = ()
    quota: tuple[str, ...] = ("verified",)
    weighting: str = "none"
    shares: tuple[int, ...] = tuple(SHARES.values())
    keep: int = 0
    kept: tuple[tuple[int, str], ...] = ()
    must: tuple[int, ...] = ()
    out: tuple[int, ...] = ()
    only_blocked: bool = False
    substitute: bool = False
    together: bool = False
    groups: tuple[tuple[int, str], ...] = ()
    floor_tce: str = ""
    floor_mu: str = ""
    per_district: int = 0
    errors: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, data, year: int) -> "Setup":
        """Read an address (a QueryDict); what is not understood falls back to its default."""
        quota = tuple(name for name in QUOTA if name in data.getlist("quota")) if data.get("set") else ("verified",)
        decided = {name[2:]: data.get(name) for name in data if name.startswith("d-")}
        must = _ids([*data.getlist("must"), *(pk for pk, word in decided.items() if word == "must")])
        out = _ids([*data.getlist("out"), *(pk for pk, word in decided.items() if word == "out")])
        return cls(
            year=_whole(data.get("year"), 2000, 2100, year),
            objective=data.get("objective") if data.get("objective") in OBJECTIVES else "investment",
            factors=tuple(dict.fromkeys(code[:20] for code in data.getlist("factor") if code))[:50],
            quota=quota,
            weighting=data.get("weighting") if data.get("weighting") in WEIGHTINGS else "none",
            shares=tuple(_whole(data.get(f"share-{name}"), 0, 100, share) for name, share in SHARES.items()),
            keep=_whole(data.get("keep"), 0, KEEP_AT_MOST, 0),
            kept=_kept(data),
            must=must,
            out=tuple(pk for pk in out if pk not in must),
            only_blocked=bool(data.get("blocked")),
            substitute=bool(data.get("substitute")),
            together=bool(data.get("together")),
            groups=_groups(data),
            floor_tce=_decimal(data.get("floor_tce")),
            floor_mu=_decimal(data.get("floor_mu")),
            per_district=_whole(data.get("per_district"), 0, 999, 0),
        )

    @classmethod
    def kept_in(cls, facts: dict) -> "Setup":
        """Return the assumptions that are kept with the facts of a run."""
        return cls.of(QueryDict(address(facts)), facts["year"])

    def pairs(self) -> list[tuple[str, str]]:
        """Return the assumptions as they stand in an address or in hidden fields; defaults are left out."""
        plain = Setup(self.year)
        pairs = [("set", "1"), ("year", str(self.year)), ("objective", self.objective)]
        pairs += [("factor", code) for code in self.factors] + [("quota", name) for name in self.quota]
        for name in ("weighting", "keep", "floor_tce", "floor_mu", "per_district"):
            if getattr(self, name) != getattr(plain, name):
                pairs.append((name, str(getattr(self, name))))
        if self.shares != plain.shares:
            pairs += [(f"share-{name}", str(share)) for name, share in zip(SHARES, self.shares, strict=True)]
        pairs += [(f"keep-{pk}", text) for pk, text in self.kept]
        pairs += [(f"g-{pk}", letter) for pk, letter in self.groups]
        pairs += [("must", str(pk)) for pk in self.must] + [("out", str(pk)) for pk in self.out]
        switches = (("blocked", self.only_blocked), ("substitute", self.substitute), ("together", self.together))
        return pairs + [(word, "1") for word, on in switches if on]

    def query(self) -> str:
        """Return the query string with its question mark."""
        return "?" + urlencode(self.pairs())

    def insisting(self, project: int, word: str) -> "Setup":
        """Return the setup that insists on a project ("must"), leaves it out ("out"), or neither ("")."""
        must = tuple(pk for pk in self.must if pk != project) + ((project,) if word == "must" else ())
        out = tuple(pk for pk in self.out if pk != project) + ((project,) if word == "out" else ())
        return replace(self, must=must, out=out)

    def unseen(self, shown: Iterable[int]) -> list[tuple[str, str]]:
        """Return the decisions on projects that no row shows, as hidden fields: the next address keeps them too."""
        shown = set(shown)
        pairs = [(word, pk) for word, own in (("must", self.must), ("out", self.out)) for pk in own]
        found = [(word, str(pk)) for word, pk in pairs if pk not in shown]
        return found + [(f"g-{pk}", letter) for pk, letter in self.groups if pk not in shown]

    @property
    def share_pairs(self) -> list[tuple[str, object, int]]:
        """The measures of the weighted score: code, words, weight."""
        return [(name, MEASURES[name], share) for name, share in zip(SHARES, self.shares, strict=True)]

    @property
    def weighting_label(self):
        """The class weights in words."""
        return WEIGHTINGS[self.weighting][1]

    @property
    def objective_label(self):
        """The objective in words."""
        return OBJECTIVES[self.objective]


def address(facts: dict) -> str:
    """Return the assumptions kept with the facts of a run as a query string without its question mark."""
    return urlencode([tuple(pair) for pair in facts["setup"]])


def _whole(text, least: int, most: int, default: int) -> int:
    text = (text or "").strip()
    return min(most, max(least, int(text))) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _ids(texts) -> tuple[int, ...]:
    found = dict.fromkeys(_whole(text, 0, 10**9, 0) for text in texts)
    return tuple(pk for pk in found if pk)[:MOST_NAMED]


def _decimal(text) -> str:
    """Return the text of a positive number of seven digits and four decimals at most, "" for anything else."""
    text = (text or "").strip()
    return text if DECIMAL.fullmatch(text) and Decimal(text) > 0 else ""


def _groups(data) -> tuple[tuple[int, str], ...]:
    """Return project ids with their letter, from fields like `g-17=A`."""
    named = {_whole(name[2:], 0, 10**9, 0): data.get(name) for name in data if name.startswith("g-")}
    found = sorted((pk, letter) for pk, letter in named.items() if pk and letter in tuple(GROUPS))
    return tuple(found[:MOST_NAMED])


def _kept(data) -> tuple[tuple[int, str], ...]:
    found = []
    for name in data:
        pk = _whole(name.removeprefix("keep-"), 0, 10**9, 0) if name.startswith("keep-") else 0
        if pk and data.get(name, "").strip():
            found.append((pk, data.get(name).strip()[:30]))
    return tuple(sorted(found)[:MOST_NAMED])
