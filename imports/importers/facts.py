"""What a row says happened to a stage, against what is recorded: the events that are missing or wrong. No query."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation.trans_null import gettext_noop

from approvals import derive
from approvals.history import Entry
from approvals.models import Stage, StageEvent

ORDER = gettext_noop("%(later)s %(later_on)s lies before %(earlier)s %(earlier_on)s. Change one of them.")
FUTURE = gettext_noop("%(date)s lies in the future.")
NOT_POSSIBLE = gettext_noop("“%(what)s” on %(date)s is not possible after what is recorded for this stage.")
NEEDS_DATE = gettext_noop("The result “%(result)s” needs its date.")
CORRECTED = gettext_noop("Corrected by import")

ACCEPTS = ("accept", "accept_with_deferral", "accept_on_commitment")
CLOSES = ("pass", "pass_with_deferral", "fail", "withdraw", "refuse", "recall")
CLOSE_OF_DAY = dt.time(17, 30)
"""A date without a time counts as this time of its day: the afternoon half (Shanghai)."""


@dataclass(frozen=True)
class Said:
    """What a row says. Empty parts say nothing: they leave what is recorded."""

    received_on: dt.date | None = None
    accepted_on: dt.date | None = None
    decided_on: dt.date | None = None
    result: str = ""
    document_no: str = ""
    valid_until: dt.date | None = None
    case_no: str = ""
    note: str = ""


@dataclass
class Known:
    """The effective events of a stage by their part in it."""

    events: list[StageEvent] = field(default_factory=list)

    def __post_init__(self):
        live = derive.effective(self.events)
        starts = [i for i, event in enumerate(live) if event.kind == "receive"]
        self.live = live[starts[-1] :] if starts else live

    def latest(self, kinds) -> StageEvent | None:
        """Return the latest event of one of the kinds since the last receipt."""
        return next((event for event in reversed(self.live) if event.kind in kinds), None)

    def fact(self, name):
        """Return the latest non-empty document_no, case_no or valid_until."""
        return next((getattr(e, name) for e in reversed(self.live) if getattr(e, name)), "")

    def said(self) -> Said:
        """Return what is recorded in the form of a row, for export and comparison."""
        receive, accept, close = self.latest(("receive",)), self.latest(ACCEPTS), self.latest(CLOSES)
        return Said(
            received_on=_day(receive),
            accepted_on=_day(accept),
            decided_on=_day(close),
            result=close.kind if close else "",
            document_no=self.fact("document_no"),
            valid_until=self.fact("valid_until") or None,
            case_no=self.fact("case_no"),
        )


def _day(event) -> dt.date | None:
    return derive.local_date(event.occurred_at) if event else None


def moment(day: dt.date, now: dt.datetime) -> dt.datetime:
    """Return the instant that stands for a date: 17:30 of that day, or now when that is still to come."""
    at = timezone.make_aware(dt.datetime.combine(day, CLOSE_OF_DAY))
    return min(at, now) if derive.local_date(now) == day else at


def compare(row, stage: Stage, events: list[StageEvent], said: Said, now, labels) -> list[Entry]:
    """Return the entries that make the record say what the row says; problems and changes go to `row`.

    `labels` maps the parts of `Said` to what their columns are called.
    """
    known = Known(events)
    was = known.said()
    if not _in_order(row, said, was, now, labels):
        return []
    entries = _dates(row, stage, known, was, said, now)
    entries = _facts(row, stage, known, was, said, entries, now)
    if entries:
        _possible(row, stage, events, entries, now)
    return entries


def _in_order(row, said, was, now, labels) -> bool:
    today = derive.local_date(now)
    dates = [(name, getattr(said, name), getattr(was, name)) for name in ("received_on", "accepted_on", "decided_on")]
    for name, new, _old in dates:
        if new and new > today:
            row.wrong(name, FUTURE, date=str(new))
    for (early, new_early, old_early), (late, new_late, old_late) in zip(dates, dates[1:], strict=False):
        before, after = new_early or old_early, new_late or old_late
        if before and after and (new_early or new_late) and after < before:
            params = {
                "later": labels[late],
                "later_on": str(after),
                "earlier": labels[early],
                "earlier_on": str(before),
            }
            row.wrong(late if new_late else early, ORDER, **params)
    received, decided = said.received_on or was.received_on, said.decided_on
    if decided and received and decided < received and "decided_on" not in row.problems:
        params = {"later": labels["decided_on"], "later_on": str(decided)}
        row.wrong("decided_on", ORDER, earlier=labels["received_on"], earlier_on=str(received), **params)
    if said.result and not (said.decided_on or was.decided_on):
        row.wrong("decided_on", NEEDS_DATE, result=said.result)
    return not row.problems


def _dates(row, stage, known, was, said, now) -> list[Entry]:
    entries = []
    accept_needed = said.decided_on and said.result not in ("withdraw", "refuse")
    implied = said.accepted_on or (said.decided_on if said.result in ("withdraw", "refuse") else None)
    accepted_on = said.accepted_on or (said.decided_on if accept_needed and not was.accepted_on else None)
    steps = (
        (
            "received_on",
            ("receive",),
            "receive",
            said.received_on or (None if was.received_on else implied or accepted_on),
        ),
        ("accepted_on", ACCEPTS, "accept", accepted_on),
        (
            "decided_on",
            CLOSES,
            said.result or was.result or "pass",
            said.decided_on or (was.decided_on if said.result else None),
        ),
    )
    for name, kinds, action, day in steps:
        if day is None:
            continue
        old, old_day = known.latest(kinds), getattr(was, name)
        if old is None:
            entries.append(Entry(stage, action, moment(day, now)))
            row.changes[name] = ""
        elif old_day != day or (name == "decided_on" and old.kind != action):
            kept = action if name == "decided_on" else old.kind
            at = old.occurred_at if old_day == day else moment(day, now)
            entries.append(_correction(stage, old, kept, at))
            row.changes["result" if old_day == day else name] = (
                str(old_day) if old_day != day else old.get_kind_display()
            )
    return entries


def _correction(stage, old, action, occurred_at, **facts) -> Entry:
    kept = {
        name: getattr(old, name) for name in ("document_no", "case_no", "valid_until", "note", "source_system", "data")
    }
    return Entry(stage, action, occurred_at, supersedes=old, reason=CORRECTED, facts=kept | facts)


def _facts(row, stage, known, was, said, entries, now) -> list[Entry]:
    """Put document number, validity, case number and note on the last new event, or correct the decision with them."""
    new = {}
    for name in ("document_no", "valid_until", "case_no"):
        value = getattr(said, name)
        if value and value != getattr(was, name):
            new[name] = value
            row.changes[name] = str(getattr(was, name) or "")
    if said.note and entries:
        new["note"] = said.note
    if not new:
        return entries
    if entries:
        last = entries[-1]
        return [
            *entries[:-1],
            Entry(stage, last.action, last.occurred_at, last.supersedes, last.reason, last.facts | new),
        ]
    decision = known.latest(CLOSES)
    if decision is not None:
        return [_correction(stage, decision, decision.kind, decision.occurred_at, **new)]
    return [Entry(stage, "note", now, facts=new)]


def _possible(row, stage, events, entries, now) -> None:
    try:
        derive.replay([*events, *(_unsaved(entry, now) for entry in entries)])
    except derive.IllegalSequence as error:
        column = {"receive": "received_on", "accept": "accepted_on"}.get(error.event.kind, "decided_on")
        params = {"what": str(error.event.get_kind_display()), "date": str(derive.local_date(error.event.occurred_at))}
        row.wrong(column, NOT_POSSIBLE, **params)


def _unsaved(entry, now) -> StageEvent:
    return StageEvent(
        stage=entry.stage,
        kind=entry.action,
        occurred_at=entry.occurred_at,
        recorded_at=now,
        supersedes=entry.supersedes,
        **entry.facts,
    )
