"""What the candidates of an unlock plan are worth, who comes with whom, and of how many no figure is known. No queries.

An empty figure is unknown: it counts as nothing in a sum, as nothing else is possible, but it is counted and said.
"""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from cockpit.unlock_setup import SHARES, WEIGHTINGS, Setup
from factors import requests

MONEY = {"wan": "investment_wan", "output": "output_wan", "tax": "tax_wan"}
"""Figures in 万元 by their name in the facts: the field of a project."""

MONEY_OF = {"investment": "wan", "output": "output", "tax": "tax"}
"""Objectives that are money: the name of the figure in the facts."""

SCALES = {"investment": 10**6, "output": 10**6, "tax": 10**6, "jobs": 100, "projects": 100, "score": 10**6}
"""Whole units of value in one shown unit: 亿元 for money, a person, a project, a point."""


def value(setup: Setup, candidates: list[dict]) -> None:
    """Give each candidate its whole value for the objective, the class weight (percent) in it."""
    weights = WEIGHTINGS[setup.weighting][0]
    measured = {name: [_measure(name, row) for row in candidates] for name in SHARES}
    for place, row in enumerate(candidates):
        percent = weights.get(row["level"], 100)
        row["weight"] = percent
        if setup.objective == "score":
            row["value"] = sum(
                share * 10**4 * percent * measured[name][place] // sum(measured[name])
                for name, share in zip(SHARES, setup.shares, strict=True)
                if sum(measured[name])
            )
        else:
            row["value"] = measured[setup.objective][place] * percent
            if setup.objective in MONEY_OF:
                row["value"] //= 100


def _measure(name: str, row: dict) -> int:
    if name in MONEY_OF:
        wan = Decimal(row[MONEY_OF[name]] or 0)
        return int((wan * 100).quantize(Decimal(1), ROUND_HALF_UP))
    return (row["jobs"] or 0) if name == "jobs" else 1


def notes(candidates: list[dict]) -> dict:
    """Return what the reader must know of the figures: how many projects count as nothing for want of one."""
    return {
        f"without_{name}": sum(row[figure] is None for row in candidates)
        for name, figure in (MONEY_OF | {"jobs": "jobs"}).items()
    }


def group(setup: Setup, candidates: list[dict]) -> None:
    """Say who comes all or none with whom: those with one letter, those of one enterprise where that is asked.

    Who shares a letter with one and the enterprise with another joins both to one group.
    """
    first: dict[tuple, int] = {}
    root = list(range(len(candidates)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = place = root[root[place]]
        return place

    for place, row in enumerate(candidates):
        firm = row.pop("enterprise_id")
        for bond in [("letter", row["letter"]), ("enterprise", firm if setup.together else None)]:
            if bond[1]:
                root[find(place)] = find(first.setdefault(bond, place))
    sizes = Counter(map(find, range(len(candidates))))
    for place, row in enumerate(candidates):
        row["group"] = f"group:{candidates[find(place)]['key']}" if sizes[find(place)] > 1 else ""


def level_rank(level: str) -> int:
    """Return 1 for the highest key level, 5 for none: the simple queue serves them in this order."""
    return max(requests.LEVELS.values()) + 1 - requests.LEVELS[level]


def total_wan(rows, figure: str = "wan") -> Decimal:
    """Return the investment (or another figure) of candidates in 万元; unknown counts as nothing."""
    return sum((Decimal(row.get(figure) or 0) for row in rows), Decimal(0))
