"""How the days of a stage add up: boxes, dues with their sums in words, documents behind pauses, replay. Pure.

Reads a `derive.StageView`; every figure comes from its clock, nothing is counted anew here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.clock import Kind, Unit
from approvals.derive import earlier_rounds, local_date
from approvals.explain_svg import weekday
from approvals.states import State
from approvals.timeline_layout import plain, stage_no

PIN_WORDS_LIMIT = 12


@dataclass(frozen=True)
class Box:
    """One term of the equation. ``kind`` picks the swatch; ``notes`` stand under the figure."""

    kind: str
    name: str
    days: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DueLine:
    """One limit: when it runs out, the sum that leads there, how early or late."""

    name: str
    when: str
    formula: str
    verdict: str
    late: bool = False


def names() -> dict[str, str]:
    """Names of the parts of a span, in the order of the equation."""
    return {
        "department": _("Department"),
        "supplement": _("Applicant's supplement"),
        "special": _("Special procedure"),
        "rest": _("Non-working days"),
        "waiting": _("Waiting"),
    }


def mmdd(day: date, today: date) -> str:
    """``08-13`` within the year of ``today``, else with the year."""
    return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"


def boxes(view, today: date) -> tuple[list[Box], Box]:
    """The five parts and their sum, the calendar span. They add up exactly."""
    clock = view.clock
    amounts = {
        "department": f"{clock.department_days:.1f}",
        "supplement": f"{clock.supplement_days:.1f}",
        "special": f"{clock.special_days:.1f}",
        "rest": plain(clock.nonworking_days),
        "waiting": plain(clock.waiting_days),
    }
    parts = []
    for kind, name in names().items():
        notes = [_span_note(clock.days, kind, today)]
        notes += _overlap_notes(clock, kind)
        parts.append(Box(kind, name, amounts[kind], tuple(filter(None, notes))))
    note = ""
    if clock.days:
        note = _("%(first)s to %(last)s") % {
            "first": mmdd(clock.days[0].date, today),
            "last": mmdd(clock.days[-1].date, today),
        }
    return parts, Box("total", _("Calendar days"), plain(clock.gross_days), (note,) if note else ())


def _span_note(cells, kind: str, today: date) -> str:
    """``08-14 至 09-03``; for rest days the number of runs."""
    days = [c.date for c in cells if kind in (str(c.morning), str(c.afternoon))]
    if not days:
        return _("none")
    if kind == "rest":
        runs = sum(1 for d in days if d - timedelta(days=1) not in set(days))
        return ngettext("%(runs)d weekend or holiday", "%(runs)d weekends or holidays", runs) % {"runs": runs}
    if days[0] == days[-1]:
        return mmdd(days[0], today)
    return _("%(first)s to %(last)s") % {"first": mmdd(days[0], today), "last": mmdd(days[-1], today)}


def _overlap_notes(clock, kind: str) -> list[str]:
    """What a later pause shares with an earlier one is counted once, and said."""
    other = {"supplement": _("the special procedure"), "special": _("the supplement")}
    shared = sum((s.overlap_days for s in clock.pauses if s.pause.reason.value == kind), Decimal(0))
    if not shared:
        return []
    return [
        _("%(days)s days shared with %(other)s, not counted twice") % {"days": f"{shared:.1f}", "other": other[kind]}
    ]


def dues(view, calendar, today: date) -> list[DueLine]:
    """The committed and the statutory limit with their sums in words."""
    clock, lines = view.clock, []
    for name, limit, fact in (
        (_("Committed due"), clock.committed, view.facts.committed),
        (_("Statutory due"), clock.statutory, view.facts.statutory),
    ):
        if fact is None:
            continue
        if limit is None:
            lines.append(DueLine(name, _("not accepted yet"), _limit_words(fact.amount, fact.unit), ""))
            continue
        verdict, late = _verdict(clock, limit, calendar)
        lines.append(
            DueLine(name, _when(limit.due, today), _formula(view, limit, fact, calendar, today), verdict, late)
        )
    return lines


def _when(due, today: date) -> str:
    if due is None:
        return _("moves while the clock is stopped")
    half = _("by noon") if due.half == "noon" else _("by close of work")
    words = f"{mmdd(due.date, today)} {_('weekday %(name)s') % {'name': weekday(due.date)}} {half}"
    return f"{words} {_('provisional')}" if due.provisional else words


def _limit_words(amount: Decimal, unit) -> str:
    template = _("%(days)s calendar days") if unit == Unit.CALENDAR_DAY else _("%(days)s working days")
    return template % {"days": plain(amount)}


def _formula(view, limit, fact, calendar, today: date) -> str:
    """``08-13 受理 + 7 个工作日 + 停计 9.0 日``: what was added, and which make-up days count."""
    clock, accepted = view.clock, view.facts.accepted_at.date()
    parts = [_("accepted %(date)s") % {"date": mmdd(accepted, today)}, _limit_words(fact.amount, fact.unit)]
    if view.facts.extension:
        parts.append(_("extended by %(days)s") % {"days": plain(view.facts.extension)})
    stopped = sum((s.days for s in clock.pauses), Decimal(0))
    if stopped:
        parts.append(_("stopped %(days)s working days") % {"days": f"{stopped:.1f}"})
    words = " + ".join(parts)
    if limit.unit == Unit.CALENDAR_DAY:
        return words + _(" (pauses move it by calendar days; an end on a rest day runs to the next working day)")
    end = limit.due.date if limit.due else accepted
    makeup = [
        mmdd(day, today)
        for day in (accepted + timedelta(days=n) for n in range(1, min((end - accepted).days, 400) + 1))
        if day.weekday() >= 5 and calendar.is_workday(day)
    ]
    if makeup:
        words += _(" (%(dates)s worked to make up, counted)") % {"dates": _(", ").join(makeup)}
    return words


def _verdict(clock, limit, calendar) -> tuple[str, bool]:
    """(early or late in words, late). A closed stage is measured between its end and the due, an open one in days."""
    if limit.over_days > 0:
        return _("over by %(days)s") % {"days": f"{limit.over_days:.1f}"}, True
    if clock.closed and limit.due:
        early = calendar.between(clock.ended_at.date(), limit.due.date)
        if early <= 0:
            return _("on the last day"), False
        return ngettext("%(days)d working day early", "%(days)d working days early", early) % {"days": early}, False
    return _("%(days)s left") % {"days": f"{limit.remaining_days:.1f}"}, False


def pins(view) -> list[tuple[date, bool, str]]:
    """Events on the edges of the strip: (day, at its end, word). Acceptance, decision and pauses end or begin a day."""
    facts, found = view.facts, []
    if facts.accepted_at:
        found.append((facts.accepted_at.date(), True, _("accepted")))
    for pause in facts.pauses:
        supplement = pause.reason.value == "supplement"
        found.append((pause.start.date(), True, _("supplement asked") if supplement else _("special begins")))
        if pause.end:
            found.append((pause.end.date(), True, _("supplement in") if supplement else _("special ends")))
    if facts.closed_at:
        found.append((facts.closed_at.date(), True, _("decided")))
    return found[:PIN_WORDS_LIMIT]


def replay_lines(view, today: date) -> list[dict]:
    """One line per day for the replay: what the day was and the count at its end."""
    words, used, lines = names(), Decimal(0), []
    for cell in view.clock.days:
        used = cell.number if cell.number is not None else used
        kinds = [words[str(k)] for k in dict.fromkeys((cell.morning, cell.afternoon)) if k != Kind.NONE]
        said = f"{mmdd(cell.date, today)} {_('weekday %(name)s') % {'name': weekday(cell.date)}}　{' / '.join(kinds)}"
        if cell.name:
            said += f"（{cell.name}）"
        lines.append({"day": cell.date.isoformat(), "words": said, "used": f"{used:.1f}", "over": cell.over})
    return lines


def sentence(view, by_code: dict, today: date) -> str:
    """How the counting began: when the prerequisites were met, and what the numbers in the cells mean."""
    counted = _(" Counted day by day from the next day; the day of acceptance is day 0, the numbers are the days used.")
    if view.ready_on is not None and view.replay.again_from and view.ready_on == local_date(view.replay.again_from):
        return (
            _("Application no. %(n)s: the one before it ended on %(date)s, its days are not counted here.")
            % {"n": view.replay.round, "date": mmdd(view.ready_on, today)}
        ) + counted
    if view.ready_on is None:
        waiting = _(", ").join(f"{stage_no(c)} {by_code[c].stage.name}" for c in view.waiting_for)
        return _("Prerequisites are not met yet: %(names)s.") % {"names": waiting}
    before = [by_code[c] for c in view.prerequisites if by_code[c].replay.closed_at]
    last = max(before, key=lambda v: v.replay.closed_at, default=None)
    began = _("Prerequisites met on %(date)s.") % {"date": mmdd(view.ready_on, today)}
    if last is not None:
        began = _("%(name)s decided on %(date)s: prerequisites met.") % {
            "name": f"{stage_no(last.stage.code)} {last.stage.name}",
            "date": mmdd(view.ready_on, today),
        }
    return began + counted


def round_line(earlier, today: date) -> dict:
    """An application that ended before the present one: its days and how it ended."""
    told, end = earlier.told, earlier.told.ended_at
    return {
        "no": earlier.no,
        "received": mmdd(local_date(told.received_at), today) if told.received_at else "",
        "accepted": mmdd(local_date(told.accepted_at), today) if told.accepted_at else "",
        "ended": mmdd(local_date(end), today) if end else "",
        "outcome": str(State(told.state).label),
        "case_no": told.case_no,
        "document_no": told.document_no,
    }


def copied(parts: list[Box], total: Box, view) -> str:
    """The equation as one line of text, for 复制算式."""
    terms = " + ".join(f"{box.name} {box.days}" for box in parts)
    return f"{stage_no(view.stage.code)} {view.stage.name}: {terms} = {total.name} {total.days}"


def explain(view, by_code: dict, calendar, now) -> dict:
    """Everything the page of one stage shows, from its view. No query."""
    today = timezone.localtime(now).date()
    parts, total = boxes(view, today)
    late = sum(1 for e in view.events if e.recorded_at.date() > e.occurred_at.date())
    return {
        "boxes": parts,
        "total": total,
        "dues": dues(view, calendar, today),
        "pins": pins(view),
        "lines": replay_lines(view, today),
        "sentence": sentence(view, by_code, today),
        "copied": copied(parts, total, view),
        "papers": [span for span in view.clock.pauses],
        "rounds": [round_line(each, today) for each in earlier_rounds(view.events)],
        "event_count": len(view.events),
        "late_count": late,
        "provisional": view.clock.provisional,
    }
