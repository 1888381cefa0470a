"""What the unlock planner is asked, and what it answers. Pure; every amount and value is a whole number.

Amounts are whole smallest units of one book (factors.units), so that "within the limit" is exact. Values are whole
units of whatever is maximised (元, people, …); the planner never adds two kinds of value but through
`Instance.weights`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PlanError(ValueError):
    """An instance that cannot be planned. `code` says why, `facts` what a sentence can name; callers add the words.

    Codes: `duplicate` (what, key), `unknown_limit` (candidate, need, limit), `unknown_must` (candidate), `no_route`
    (candidate, need), `negative` (what, key), `unknown_candidate` (candidate), `split_group` (group): one member must
    be in, another out; `below_floor` (candidate, floor): must be in and is not efficient enough.
    """

    def __init__(self, code: str, **facts):
        self.code, self.facts = code, facts
        super().__init__(code + (": " + ", ".join(f"{key}={value}" for key, value in facts.items()) if facts else ""))


class Refusal(PlanError):
    """What must be in does not fit. `shortages`: by how much which limit would have to be larger (the least in sum)."""

    def __init__(self, shortages: Mapping[str, int], candidates: tuple[str, ...]):
        self.shortages, self.candidates = dict(shortages), candidates
        super().__init__("must_does_not_fit", shortages=self.shortages, candidates=candidates)


class Must(StrEnum):
    """What a person decided about a candidate before the planner is asked."""

    FREE = ""
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Limit:
    """A pool of one place and year, or any other ceiling: what all chosen candidates take of it is at most `amount`.

    `unit` is the label that figures are shown in and `per_unit` how many smallest units make one of it, so that a price
    per smallest unit times `per_unit` is the price of one more shown unit.
    """

    key: str
    amount: int
    label: str = ""
    unit: str = ""
    per_unit: int = 1
    factor: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """`amount` of something, to be taken over `routes`, the preferred first. A need may be split over several routes.

    A route is a tuple of limit keys and takes from all of them at once: ("reclaimed-hexi",) or ("yellow-river",
    "city-cap"). One need stands for one factor; a candidate with energy, land and water has three.
    """

    amount: int
    routes: tuple[tuple[str, ...], ...]
    factor: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project that waits. `value`: one figure, or several by name, which `Instance.weights` makes one.

    `group`: candidates of one group come all or none. `one_of`: of those with the same word at most one is chosen
    (the same project in 2026 or in 2027). `rank` (1 is the highest grade) and `queued` (an ISO date) order the simple
    queue.
    """

    key: str
    value: int | Mapping[str, int]
    needs: tuple[Need, ...] = ()
    must: str = Must.FREE
    group: str = ""
    district: str = ""
    rank: int = 0
    queued: str = ""
    one_of: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """A ceiling for one district: on what it takes of `limits`; where none are named, on how many candidates."""

    key: str
    district: str
    amount: int
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """Efficiency asked of each candidate: `figure` ≥ amount needed of `factor` × `at_least` ÷ `per` (whole numbers).

    Who needs nothing of the factor passes. `figure` is a name in `Candidate.value`; "" is the weighted value itself.
    """

    key: str
    factor: str
    at_least: int
    per: int = 1
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """A question to the planner. `weights`: what a unit of each figure counts, whole and shown with the result."""

    candidates: tuple[Candidate, ...]
    limits: tuple[Limit, ...]
    weights: Mapping[str, int] = field(default_factory=dict)
    district_caps: tuple[Cap, ...] = ()
    floors: tuple[Floor, ...] = ()

    def value_of(self, candidate: Candidate) -> int:
        """What choosing the candidate counts: its value, or the weighted sum of its figures."""
        if isinstance(candidate.value, int):
            return candidate.value
        return sum(self.weights.get(name, 0) * figure for name, figure in candidate.value.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """An answer, never bare. No plan whatever has a value above `bound`; `proven`: none has one above `value`.

    `chosen`: keys in the order of the instance. `takes`: smallest units by (candidate, number of its need, number of
    the route). `left`: by key of limit and cap. `lp_bound`: what divisible projects could reach, a bound too, but a
    worse one. `stopped_by`: "optimal", "time" or "queue" (the simple list looks for nothing better). `combinations`,
    `feasible`: how many sets were looked at one by one, and how many of them fit; 0 where not counted. `excluded`:
    (candidate, floor) of those that are not efficient enough.
    """

    chosen: tuple[str, ...]
    takes: Mapping[tuple[str, int, int], int]
    value: int
    bound: int
    lp_bound: int
    left: Mapping[str, int]
    seconds: float
    stopped_by: str
    method: str = ""
    combinations: int = 0
    feasible: int = 0
    components: int = 0
    excluded: tuple[tuple[str, str], ...] = ()

    @property
    def proven(self) -> bool:
        """Whether no better plan exists."""
        return self.bound <= self.value

    @property
    def gap(self) -> float | None:
        """How much better the best plan could be, as a share of this plan's value; None where that value is 0."""
        if self.proven:
            return 0.0
        return (self.bound - self.value) / self.value if self.value > 0 else None


@dataclass(frozen=True, slots=True)
class Step:
    """The least top-up of one limit alone that makes the plan better: `amount` more of it gives `gain` more value.

    `amount` None: none does (`proven`), or none was found in time. `proven`: no smaller amount does, and no plan with
    this amount gains more. An amount of 0 means that the plan was not the best. `chosen`: the plan with the top-up.
    """

    limit: str
    amount: int | None
    gain: int
    chosen: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What it costs that a person insists: `cost` = value of the plan before − value of `plan`.

    `least` and `most`: the true cost lies between, as both plans may be unproven; equal when both are proven.
    """

    plan: Plan
    cost: int
    least: int
    most: int
