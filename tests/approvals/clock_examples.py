"""Instants, facts and random stages for the tests of the clock. No database."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from approvals.clock import Limit, Pause, PauseReason, StageFacts, Unit
from calendars.store import delivered
from calendars.workdays import SHANGHAI

CALENDAR = delivered()
"""The delivered notices: 2004 to 2026 known, 2027 on provisional."""


def at(text: str, year: int = 2026) -> datetime:
    """Return an aware instant from "08-13" (stored as 17:30, like any record without an hour) or "08-13 09:00"."""
    day, _, hour = text.partition(" ")
    day = day if day.count("-") == 2 else f"{year}-{day}"
    return datetime.fromisoformat(f"{day} {hour or '17:30'}").replace(tzinfo=SHANGHAI)


def day(text: str, year: int = 2026) -> date:
    return at(text, year).date()


def supplement(start: str, end: str | None = None) -> Pause:
    return Pause(PauseReason.SUPPLEMENT, at(start), at(end) if end else None)


def special(start: str, end: str | None = None) -> Pause:
    return Pause(PauseReason.SPECIAL, at(start), at(end) if end else None)


def stage(accepted=None, closed=None, *pauses, ready=None, limit=None, statutory=None, unit="working_day", extension=0):
    """Return facts; `limit` and `statutory` are numbers of days in `unit`."""
    return StageFacts(
        ready_on=day(ready) if ready else None,
        accepted_at=at(accepted) if accepted else None,
        closed_at=at(closed) if closed else None,
        pauses=pauses,
        extension=Decimal(str(extension)),
        committed=Limit(Decimal(str(limit)), Unit(unit)) if limit is not None else None,
        statutory=Limit(Decimal(str(statutory)), Unit(unit)) if statutory is not None else None,
    )


def random_stages(count: int, seed: int) -> list[StageFacts]:
    """Return stages of 2024 to 2028, untidy in every way: overlaps, open ends, rest days, ends before starts."""
    chance = random.Random(seed)

    def instant(after: datetime, most: int) -> datetime:
        return after + timedelta(hours=chance.randrange(-20, most * 24))

    def limit() -> Limit | None:
        if chance.random() < 0.15:
            return None
        unit = Unit.CALENDAR_DAY if chance.random() < 0.25 else Unit.WORKING_DAY
        return Limit(Decimal(chance.choice((0, 1, 2, 3, 5, 7, 9, 10, 15, 20, 31, 60, 101))) / 2, unit)

    def pauses(start: datetime) -> tuple[Pause, ...]:
        found = []
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
            begin = instant(start, 30)
            end = None if chance.random() < 0.15 else instant(begin, 20)
            found.append(Pause(chance.choice(tuple(PauseReason)), begin, end))
        return tuple(found)

    result = []
    for _ in range(count):
        accepted = at("2024-01-01 00:00") + timedelta(hours=chance.randrange(4 * 365 * 24))
        ready = None if chance.random() < 0.1 else accepted.date() - timedelta(chance.randrange(-3, 30))
        result.append(
            StageFacts(
                ready_on=ready,
                accepted_at=accepted if chance.random() < 0.9 else None,
                closed_at=instant(accepted, 60) if chance.random() < 0.5 else None,
                pauses=pauses(accepted),
                extension=Decimal(chance.choice((0, 0, 0, 10, 5))),
                committed=limit(),
                statutory=limit(),
            )
        )
    return result
