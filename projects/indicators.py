"""Indicators of how projects are served. Pure: facts and a calendar in, a judgement out; no database."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

THREE_ROLES = ("sponsor", "task_force", "service_officer")
"""Sponsoring leader, task force and service officer: the three that must stand (三落实)."""

THREE_WITHIN_DAYS = 15
"""Working days after signing. Source: 黑龙江招商引资项目服务保障暂行办法 (domain.md §6.4)."""


class Held(NamedTuple):
    """A role held from `started_on`, until `ended_on` (exclusive, None: still)."""

    role: str
    started_on: dt.date
    ended_on: dt.date | None = None


@dataclass(frozen=True)
class ThreeAssignments:
    """Whether the three stood within the limit.

    `done_on` is the day on which the last of the three first stood. `days` are working days: past the due day when
    late or missing, left until it when still open. `lacking`: roles nobody holds today, also where one was held once.
    """

    state: Literal["unsigned", "open", "missing", "late", "on_time"]
    due_on: dt.date | None
    done_on: dt.date | None
    days: int
    lacking: tuple[str, ...]
    provisional: bool

    @property
    def counts(self) -> bool:
        """Whether the indicator counts it: its limit has run out, or the three already stand."""
        return self.state in {"missing", "late", "on_time"}

    @property
    def light(self) -> str:
        """The light that shows it."""
        return {"on_time": "done", "late": "amber", "missing": "red", "open": "green"}.get(self.state, "idle")


def three_assignments(signed_on: dt.date | None, held: Iterable[Held], calendar, today: dt.date) -> ThreeAssignments:
    """Judge the three assignments of one project.

    Due at the close of the 15th working day after signing. A role that somebody took before signing stands. A role
    planned for a later day does not stand yet, and one taken and given up on the same day never stood.
    """
    stood = [h for h in held if h.role in THREE_ROLES and h.started_on <= today and h.ended_on != h.started_on]
    first = {role: min((h.started_on for h in stood if h.role == role), default=None) for role in THREE_ROLES}
    present = {h.role for h in stood if h.ended_on is None or h.ended_on > today}
    lacking = tuple(role for role in THREE_ROLES if role not in present)
    done_on = max(first.values()) if all(first.values()) else None
    if signed_on is None:
        return ThreeAssignments("unsigned", None, done_on, 0, lacking, False)
    due = calendar.add(signed_on, THREE_WITHIN_DAYS)
    if done_on is not None:
        state = "on_time" if done_on <= due.date else "late"
        days = calendar.between(due.date, done_on) if state == "late" else 0
    elif today > due.date:
        state, days = "missing", calendar.between(due.date, today)
    else:
        state, days = "open", calendar.between(today, due.date)
    return ThreeAssignments(state, due.date, done_on, days, lacking, due.provisional)


@dataclass(frozen=True)
class Coverage:
    """How many of the projects that count did it in time."""

    on_time: int
    counted: int

    @property
    def percent(self) -> Decimal | None:
        """Return the percentage with two decimals, halves rounded up; None when nothing counts."""
        if not self.counted:
            return None
        return (Decimal(100 * self.on_time) / self.counted).quantize(Decimal("0.01"), ROUND_HALF_UP)


def coverage(judged: Iterable[ThreeAssignments]) -> Coverage:
    """Return n/N over the projects that count: those whose limit has run out or whose three stand."""
    counted = [one for one in judged if one.counts]
    return Coverage(sum(one.state == "on_time" for one in counted), len(counted))
