"""Shared causes: which one thing holds up how many projects, and what would move if it were settled. Pure what-if.

A project is held by pools that lack quota (“pool:26”; “book:3” where no pool serves it), by overdue stages of a
department (“stage:sthjj:环评”) and by utilities of its park that will not be there in time (“utility:7”). Settling one
cause *releases* a project when nothing else that weighs holds it:

- a quota cause releases what lacks no other quota; overdue stages go on by their own clocks, so they do not stand in
  the way, but the number of those that stay overdue is told beside the figure;
- a stage cause releases what no other overdue stage holds and what lacks no quota;
- a utility cause releases what no other utility holds and what lacks no quota.

So a project that lacks energy *and* water is in no count, and no project is in two counts of quota. Amounts are whole
smallest units; nothing is posted or reserved. `approvals.project_filters.CAUSES` says the same in SQL, for the lists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

QUOTA = frozenset({"pool", "book"})


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that holds a project: `cause` is “pool:26”, “stage:sthjj:环评” or “utility:7”; `amount` is missing."""

    project: int
    cause: str
    amount: int = 0

    @property
    def kind(self) -> str:
        """The word before the colon."""
        return self.cause.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Release:
    """What settling one cause does. `released`: ids, the largest investment first; `wan` is their total investment.

    `others`: projects that it holds too, but not alone. `overdue`: released ones that stay overdue by a stage.
    `missing` is the sum of the amounts of all that it holds.
    """

    cause: str
    released: tuple[int, ...]
    wan: Decimal
    others: tuple[int, ...]
    overdue: int
    missing: int

    @property
    def count(self) -> int:
        """How many projects it releases."""
        return len(self.released)


def releases(holds: Iterable[Hold], investment: Mapping[int, Decimal | None]) -> list[Release]:
    """Return what settling each cause would release, the most investment first; then most projects, then by name.

    `investment` is the total of each project that is stuck, in 万元 (None: unknown, counts as nothing); holds of other
    projects are left out. O(holds).
    """
    by_project: dict[int, list[Hold]] = {}
    by_cause: dict[str, list[Hold]] = {}
    for hold in holds:
        if hold.project in investment:
            by_project.setdefault(hold.project, []).append(hold)
            by_cause.setdefault(hold.cause, []).append(hold)
    found = [_release(cause, held, by_project, investment) for cause, held in by_cause.items()]
    return sorted(found, key=lambda release: (-release.wan, -release.count, release.cause))


def _release(cause, held, by_project, investment) -> Release:
    alone, others, overdue = [], [], 0
    for project in dict.fromkeys(hold.project for hold in held):
        if frees(cause, by_project[project]):
            alone.append(project)
            overdue += not cause.startswith("stage") and any(h.kind == "stage" for h in by_project[project])
        else:
            others.append(project)
    alone.sort(key=lambda pk: (-(investment[pk] or 0), pk))
    wan = sum((investment[pk] or Decimal(0) for pk in alone), Decimal(0))
    return Release(cause, tuple(alone), wan, tuple(others), overdue, sum(hold.amount for hold in held))


def frees(cause: str, holds: Iterable[Hold]) -> bool:
    """Say whether settling `cause` alone frees a project with these holds (see the top)."""
    weighs = QUOTA | {cause.partition(":")[0]}
    return all(hold.cause == cause for hold in holds if hold.kind in weighs)


@dataclass(frozen=True, slots=True)
class Want:
    """What one project still needs of a pool: `amount` missing, `wan` its investment, `since` it waits (any order key).

    `alone`: nothing but this pool holds it.
    """

    project: int
    amount: int
    wan: Decimal = Decimal(0)
    since: object = None
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """What an amount would do. `served` in the order of the rule, `waiting` stay short; `left` of the pool."""

    served: tuple[Want, ...]
    waiting: tuple[Want, ...]
    left: int
    missing: int

    @property
    def released(self) -> tuple[Want, ...]:
        """Those served that nothing else holds."""
        return tuple(want for want in self.served if want.alone)


RULES = {
    "smallest": lambda want: (want.amount, want.project),
    "longest": lambda want: (want.since is None, want.since, want.project),
    "largest": lambda want: (-want.wan, want.amount, want.project),
}
"""Who comes first: the smallest gap (most projects), the longest wait, the largest investment. A human decides."""


def trial(available: int, added: int, wants: Iterable[Want], rule: str = "smallest") -> Trial:
    """Return what happens if `added` comes into a pool that has `available`.

    In the order of `rule` each that still fits is served in full; one that does not fit is passed over and waits.
    Raises KeyError for an unknown rule.
    """
    left = max(0, available) + max(0, added)
    served, waiting = [], []
    for want in sorted(wants, key=RULES[rule]):
        if want.amount <= left:
            served.append(want)
            left -= want.amount
        else:
            waiting.append(want)
    return Trial(tuple(served), tuple(waiting), left, sum(want.amount for want in waiting))
