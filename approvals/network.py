"""The critical path through a network of activities, exact in Decimal. Pure.

A network says how long the approvals themselves take: market and construction time between stages (`lag_days`)
moves dates (`approvals.plan`), not this figure. Activities in calendar days are converted at five to seven, rounded up
to half a day, and the network says so (`approximate`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from heapq import heapify, heappop, heappush

from approvals.track import Unit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Activity:
    """A stage as the network sees it: `duration` in days of `unit`, `lag_days` working days after its prerequisites."""

    code: str
    duration: Decimal
    prerequisites: tuple[str, ...] = ()
    unit: Unit = Unit.WORKING_DAY
    lag_days: Decimal = ZERO

    @property
    def working_days(self) -> Decimal:
        """The duration in working days; calendar days at five to seven, rounded up to half a day."""
        if self.unit == Unit.WORKING_DAY:
            return self.duration
        return (self.duration * 10 / 7).to_integral_value(ROUND_CEILING) / 2


class NetworkError(ValueError):
    """The activities do not make a network. `codes` are those at fault."""

    def __init__(self, message: str, codes: Iterable[str]):
        super().__init__(message)
        self.codes = tuple(codes)


class CycleError(NetworkError):
    """Activities wait for each other. `codes` is the circle, its first code repeated at the end."""

    def __init__(self, codes: Iterable[str]):
        codes = tuple(codes)
        super().__init__(f"cycle: {' → '.join(codes)}", codes)


class UnknownPrerequisite(NetworkError):
    """Activity `code` names a prerequisite `name` that does not exist."""

    def __init__(self, code: str, name: str):
        super().__init__(f"{code}: unknown prerequisite {name}", (code,))
        self.code, self.name = code, name


class DuplicateCode(NetworkError):
    """Two activities have the same code."""

    def __init__(self, code: str):
        super().__init__(f"duplicate code: {code}", (code,))
        self.code = code


class NegativeDuration(NetworkError):
    """Activity `code` has a duration or lag below zero."""

    def __init__(self, code: str):
        super().__init__(f"negative duration: {code}", (code,))
        self.code = code


@dataclass(frozen=True, slots=True)
class Network:
    """Times in working days from the start of the first activity, by code.

    `critical` is one longest path in order (of several, the one whose codes were given first): its durations add up
    to `length`; `tight` are all codes without slack. `approximate` tells that calendar days were converted.
    """

    order: tuple[str, ...]
    early_start: Mapping[str, Decimal]
    early_finish: Mapping[str, Decimal]
    late_start: Mapping[str, Decimal]
    late_finish: Mapping[str, Decimal]
    slack: Mapping[str, Decimal]
    critical: list[str]
    tight: frozenset[str]
    length: Decimal
    total: Decimal
    approximate: bool


def topological(activities: Iterable[Activity]) -> tuple[str, ...]:
    """Return the codes so that prerequisites come first, otherwise in the order given.

    Raises DuplicateCode, NegativeDuration, UnknownPrerequisite, CycleError.
    """
    activities = list(activities)
    position = {activity.code: place for place, activity in enumerate(activities)}
    if len(position) < len(activities):
        seen: set[str] = set()
        raise DuplicateCode(next(a.code for a in activities if a.code in seen or seen.add(a.code)))
    following: dict[str, list[str]] = {code: [] for code in position}
    missing = {}
    for activity in activities:
        if activity.duration < 0 or activity.lag_days < 0:
            raise NegativeDuration(activity.code)
        for name in (before := dict.fromkeys(activity.prerequisites)):
            if name not in position:
                raise UnknownPrerequisite(activity.code, name)
            following[name].append(activity.code)
        missing[activity.code] = len(before)
    ready = [position[code] for code, count in missing.items() if not count]
    heapify(ready)
    order = []
    while ready:
        code = activities[heappop(ready)].code
        order.append(code)
        for after in following[code]:
            missing[after] -= 1
            if not missing[after]:
                heappush(ready, position[after])
    if len(order) < len(activities):
        raise CycleError(_cycle({a.code: a.prerequisites for a in activities}, set(position) - set(order)))
    return tuple(order)


def _cycle(prerequisites: Mapping[str, tuple[str, ...]], stuck: set[str]) -> list[str]:
    """Return a circle among the stuck codes, in the order in which the work would run."""
    path: list[str] = []
    code = min(stuck)
    while code not in path:
        path.append(code)
        code = next(name for name in prerequisites[code] if name in stuck)
    circle = path[path.index(code) :]
    return [code, *reversed(circle)]


def analyse(activities: Iterable[Activity]) -> Network:
    """Return early and late times, slack and the critical path. Linear in the prerequisites. Errors: `topological`."""
    activities = list(activities)
    order = topological(activities)
    by_code = {activity.code: activity for activity in activities}
    early_start, early_finish, late_start = {}, {}, {}
    for code in order:
        early_start[code] = max((early_finish[name] for name in by_code[code].prerequisites), default=ZERO)
        early_finish[code] = early_start[code] + by_code[code].working_days
    length = max(early_finish.values(), default=ZERO)
    late_finish = dict.fromkeys(order, length)
    for code in reversed(order):
        late_start[code] = late_finish[code] - by_code[code].working_days
        for name in by_code[code].prerequisites:
            late_finish[name] = min(late_finish[name], late_start[code])
    slack = {code: late_start[code] - early_start[code] for code in order}
    return Network(
        order=order,
        early_start=early_start,
        early_finish=early_finish,
        late_start=late_start,
        late_finish=late_finish,
        slack=slack,
        critical=_longest(by_code, order, early_start, early_finish, length),
        tight=frozenset(code for code in order if not slack[code]),
        length=length,
        total=sum((activity.working_days for activity in activities), ZERO),
        approximate=any(activity.unit != Unit.WORKING_DAY for activity in activities),
    )


def _longest(by_code, order, early_start, early_finish, length) -> list[str]:
    """Return one path whose durations add up to `length`, from the first activity to the last."""
    code = next((code for code in order if early_finish[code] == length), None)
    path = []
    while code is not None:
        path.append(code)
        fits = {name for name in by_code[code].prerequisites if early_finish[name] == early_start[code]}
        code = next((name for name in order if name in fits), None)
    return path[::-1]


def without(activities: Iterable[Activity], codes: Iterable[str]) -> list[Activity]:
    """Return the activities less those that do not apply; what stood behind one now stands behind its prerequisites."""
    activities, dropped = list(activities), frozenset(codes)
    by_code = {activity.code: activity for activity in activities}
    resolved: dict[str, tuple[str, ...]] = {}
    for code in topological(activities):
        through = []
        for name in by_code[code].prerequisites:
            through += resolved[name] if name in dropped else (name,)
        resolved[code] = tuple(dict.fromkeys(through))
    return [
        Activity(a.code, a.duration, resolved[a.code], a.unit, a.lag_days) for a in activities if a.code not in dropped
    ]
