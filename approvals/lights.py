"""The light of a stage: a comparison of `now` with the instants on its clock, and the reason in words. Pure.

RED means exactly that more than the promise was used, also while the clock stands still afterwards. BLOCKED and STALE
are judgements about a project (a factor pool too small; no news for too long), which the caller adds before `worst`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from approvals.clock import StageClock, Unit, index_at
from approvals.track import StageFacts, days, local
from calendars.workdays import WorkCalendar


class Light(TextChoices):
    """Colour, word and shape, always together. The order of the members is the order of the project list."""

    OVERDUE_STATUTORY = "statutory", _("Over statutory limit")
    RED = "red", _("Overdue")
    BLOCKED = "blocked", _("Blocked by quota")
    AMBER = "amber", _("Due soon")
    GREEN = "green", _("On time")
    STOPPED = "stopped", _("Clock stopped")
    STALE = "stale", _("No news")
    DONE = "done", _("Done")
    NONE = "idle", _("Not started")

    @property
    def css(self) -> str:
        """The CSS class that carries the colour."""
        return f"light-{self.value}"

    @property
    def shape(self) -> str:
        """The name of the shape that says the same without colour."""
        return _SHAPES[self.value]

    @property
    def symbol(self) -> str:
        """The shape as a character, for workbooks and plain text."""
        return _SYMBOLS[self.value]

    @property
    def is_overdue(self) -> bool:
        """Whether a limit is exceeded."""
        return self in (Light.OVERDUE_STATUTORY, Light.RED)


_SHAPES = {
    "statutory": "double-square",
    "red": "square",
    "blocked": "diamond",
    "amber": "triangle",
    "green": "circle",
    "stopped": "bars",
    "stale": "dotted-circle",
    "done": "check",
    "idle": "ring",
}
_SYMBOLS = {
    "statutory": "■■",
    "red": "■",
    "blocked": "◆",
    "amber": "▲",
    "green": "●",
    "stopped": "❚❚",
    "stale": "◌",
    "done": "✓",
    "idle": "○",
}

ORDER = (
    Light.OVERDUE_STATUTORY,
    Light.RED,
    Light.BLOCKED,
    Light.AMBER,
    Light.STALE,
    Light.GREEN,
    Light.STOPPED,
    Light.NONE,
    Light.DONE,
)
"""From worst to best. With one stage running in time and one stopped a project is green; it is done only when nothing
is left; silence is worse than green, because then green is only believed."""
_RANK = {light.value: rank for rank, light in enumerate(ORDER)}


def light_of(clock: StageClock, facts: StageFacts | None, now: datetime) -> Light:
    """Return the light of a stage at `now` (aware). `facts` default to those of the clock."""
    facts = facts or clock.facts
    if facts.closed_at is not None:
        return Light.DONE
    if facts.accepted_at is None:
        return Light.NONE
    if _reached(clock.statutory_red_from, now):
        return Light.OVERDUE_STATUTORY
    if _reached(clock.red_from, now):
        return Light.RED
    if clock.stopped:
        return Light.STOPPED
    return Light.AMBER if _reached(clock.amber_from, now) else Light.GREEN


def _reached(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant <= now


def next_flip(clock: StageClock, now: datetime | None = None) -> datetime | None:
    """Return the first instant after `now` (default: the clock's) at which the light changes by itself, or None."""
    now = now or clock.now
    if clock.closed or not clock.accepted:
        return None
    instants = sorted({clock.amber_from, clock.red_from, clock.statutory_red_from} - {None})
    before = light_of(clock, None, now)
    return next((at for at in instants if at > now and light_of(clock, None, at) != before), None)


def severity(light: Light | str) -> int:
    """Return the place of a light in `ORDER`: the smaller the worse."""
    return _RANK[str(light)]


def worst(lights: Iterable[Light | str]) -> Light:
    """Return the worst of the lights by `ORDER`; NONE when there are none."""
    return Light(min(lights, key=lambda light: _RANK[str(light)], default=Light.NONE))


def with_quota(chain_light: Light | str, blocked: bool) -> Light:
    """Return the light of a project from that of its chain: blocked by quota is worse than all but overdue.

    A finished chain stays finished: nothing waits for the quota any more.
    """
    chain_light = Light(chain_light)
    return chain_light if not blocked or chain_light.is_overdue or chain_light == Light.DONE else Light.BLOCKED


# -- words -------------------------------------------------------------------------------------------------------------
_SENTENCES = {
    Light.OVERDUE_STATUTORY: _("{stage}: {used} used, statutory limit {statutory}, exceeded since {statutory_since}"),
    Light.RED: _("{stage}: {used} used, promised {limit}, overdue since {since}"),
    Light.AMBER: _("{stage}: {used} used, promised {limit}, {left} left, due {due}"),
    Light.GREEN: _("{stage}: {used} used, promised {limit}, due {due}"),
    Light.STOPPED: _("{stage}: {used} used, promised {limit}, clock stopped ({pause})"),
    Light.DONE: _("{stage}: closed, {used} used, promised {limit}"),
    Light.NONE: _("{stage}: not accepted yet"),
    Light.BLOCKED: _("{stage}: blocked by quota"),
    Light.STALE: _("{stage}: no news for too long"),
}
_STATUTORY_ONLY = _SENTENCES | {
    Light.AMBER: _("{stage}: {used} used, statutory limit {limit}, {left} left, due {due}"),
    Light.GREEN: _("{stage}: {used} used, statutory limit {limit}, due {due}"),
    Light.STOPPED: _("{stage}: {used} used, statutory limit {limit}, clock stopped ({pause})"),
    Light.DONE: _("{stage}: closed, {used} used, statutory limit {limit}"),
}
_WITHOUT_LIMIT = _SENTENCES | {
    Light.GREEN: _("{stage}: {used} used, no limit set"),
    Light.STOPPED: _("{stage}: {used} used, clock stopped ({pause})"),
    Light.DONE: _("{stage}: closed, {used} used"),
}
_UNITS = {Unit.WORKING_DAY: _("{number} days"), Unit.CALENDAR_DAY: _("{number} calendar days")}
_PAUSES = {
    "supplement": _("waiting for the applicant's supplement"),
    "special": _("special procedure"),
    "": _("stopped"),
}


def reason_data(clock: StageClock, code: str = "", name: str = "") -> dict:
    """Return what the sentence needs as JSON: dates in ISO form, days as strings. It stays true as time passes.

    `used` is of the clock's `now`; with `offset` and `unit`, `reason` counts it anew for a later instant.
    """
    limit, statutory = clock.limit, clock.statutory
    paused = [span.pause.reason.value for span in clock.pauses if span.pause.end is None]
    return {
        "code": code,
        "name": name,
        "used": str(clock.net_days),
        "offset": clock.offset,
        "unit": clock.unit.value,
        "promised": clock.committed is not None,
        "limit": _number(limit and limit.limit_days),
        "due": _iso(limit and limit.due and limit.due.date),
        "since": _iso(limit and limit.red_from),
        "statutory": _number(statutory and statutory.limit_days),
        "statutory_unit": statutory.unit.value if statutory else "",
        "statutory_since": _iso(statutory and statutory.red_from),
        "pause": paused[-1] if paused and clock.stopped else "",
        "provisional": clock.provisional,
        "year": clock.now.year,
    }


def reason(light: Light | str, data: Mapping, calendar: WorkCalendar | None = None, now: datetime | None = None):
    """Return the light in words, as a lazy string in the reader's language. `data` comes from `reason_data`.

    With `calendar` and `now` the days used are those of `now`, without a look at the facts. Empty data gives the label.
    """
    light = Light(light)
    if not data:
        return light.label
    used = used_at(data, calendar, now) if calendar and now else Decimal(data["used"])
    year = local(now).year if now else data["year"]
    sentences = _SENTENCES if data["promised"] else _STATUTORY_ONLY if data["limit"] else _WITHOUT_LIMIT
    left = max(Decimal(data["limit"]) - used, Decimal(0)) if data["limit"] else ""
    return format_lazy(
        sentences[light],
        stage=f"{data['code']} {data['name']}".strip(),
        used=_with_unit(used, data["unit"]),
        left=_with_unit(left, data["unit"]),
        limit=_with_unit(data["limit"], data["unit"]),
        statutory=_with_unit(data["statutory"], data["statutory_unit"]),
        due=_day(data["due"], year),
        since=_day(data["since"], year),
        statutory_since=_day(data["statutory_since"], year),
        pause=_PAUSES[data["pause"]],
    )


def _with_unit(number, unit: str):
    """Return a number of days with its unit, lazily; nothing for nothing."""
    return format_lazy(_UNITS[Unit(unit)], number=number) if number != "" else ""


def used_at(data: Mapping, calendar: WorkCalendar, now: datetime) -> Decimal:
    """Return the net days used at `now`, in the unit of the limit, from stored `offset`, `unit` and `used`."""
    if data.get("offset") is None:
        return Decimal(data["used"])
    return days(max(index_at(calendar, Unit(data["unit"]), now) - data["offset"], 0))


def _number(amount: Decimal | None) -> str:
    """Return a limit without needless decimals: 5, 49.5."""
    return "" if amount is None else f"{amount.normalize():f}"


def _iso(day: date | datetime | None) -> str:
    if isinstance(day, datetime):
        day = local(day).date()
    return day.isoformat() if day else ""


def _day(iso: str, year: int) -> str:
    """Return MM-DD within the year of the reader, the whole date across years (notes-projects.md)."""
    return iso[5:] if iso and int(iso[:4]) == year else iso
