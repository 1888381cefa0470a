"""Which records deserve a second look, and why: late, in batches, impossible, on a rest day or at night, identical.

A record is one event of a stage that its clock counts. A finding is no accusation: it says which rule was met and with
which dates, so that somebody can look. Nothing is deleted by it. Pure; docs/methods/records.md is its table of rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from calendars.workdays import WorkCalendar

ACCEPTANCES = frozenset({"accept", "accept_with_deferral", "accept_on_commitment"})
DECISIONS = frozenset({"pass", "pass_with_deferral", "fail"})
NEEDS_ACCEPTANCE = DECISIONS | {"start_handling", "start_special_procedure", "recall", "extend"}
BY_APPLICANT = frozenset({"receive", "receive_supplement", "withdraw"})
"""What the applicant does: on the net that is possible on every day of the year and at every hour."""


class Rule(StrEnum):
    """The rules, in the order in which pages list them."""

    LATE = "late"
    BATCH = "batch"
    IMPOSSIBLE = "impossible"
    REST = "rest"
    IDENTICAL = "identical"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a rule begins. `late_days`: working days between the day it happened and the day of its record that are no
    matter; `batch`: records of one person within `batch_seconds`, or `batch_stages` stages of one chain in that time;
    `zero_days`: a promise above so many days is not kept within the same minute; the night is [night_from, night_until)
    in hours, and may pass midnight.
    """

    late_days: int = 2
    batch: int = 5
    batch_seconds: int = 60
    batch_stages: int = 3
    zero_days: int = 1
    night_from: int = 22
    night_until: int = 6


@dataclass(frozen=True, slots=True)
class Record:
    """One event that counts: corrections stand in the place of what they correct, with the instant (`recorded`) and the
    person of the first record. Instants are local wall-clock time, all of one zone. `code` is the stage's in its chain.
    """

    pk: int
    stage: int
    chain: int
    kind: str
    person: int
    occurred: datetime
    recorded: datetime
    document_no: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """A stage that had to be passed first: the day on which it was, None while it is not."""

    code: str
    passed_on: date | None


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules must know of a stage: when its chain began, the days promised, what stands before it."""

    chain_started_on: date
    promised_days: float | None = None
    prerequisites: tuple[Before, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a record met. `why` names the case of the rule, `facts` what the words need: days, numbers, codes."""

    rule: Rule
    why: str
    facts: Mapping = field(default_factory=dict)


def judge(
    records: Iterable[Record], cases: Mapping[int, Case], calendar: WorkCalendar, limits: Thresholds = Thresholds()
) -> dict[int, list[Finding]]:
    """Return the findings by the id of the record, in the order of the rules; a record without any has no entry.

    `cases` by the id of the stage. Sorting apart, linear in the records.
    """
    records = sorted(records, key=lambda r: (r.occurred, r.pk))
    found: dict[int, list[Finding]] = defaultdict(list)
    for record in records:
        if late := _late(record, calendar, limits):
            found[record.pk].append(late)
    for pk, finding in _batches(records, limits):
        found[pk].append(finding)
    for pk, finding in _impossible(records, cases, limits):
        found[pk].append(finding)
    for record in records:
        if rest := _rest(record, calendar, limits):
            found[record.pk].append(rest)
    for pk, finding in _identical(records):
        found[pk].append(finding)
    return dict(found)


def _late(record: Record, calendar: WorkCalendar, limits: Thresholds) -> Finding | None:
    """More than `late_days` working days between the day it happened and the day of its record."""
    if (record.recorded - record.occurred).days < limits.late_days:  # calendar days are never fewer than working days
        return None
    days = calendar.between(record.occurred.date(), record.recorded.date())
    if days <= limits.late_days:
        return None
    return Finding(
        Rule.LATE, "late", {"on": record.occurred.date(), "recorded_on": record.recorded.date(), "days": days}
    )


def _batches(records: list[Record], limits: Thresholds):
    """Yield the records that one person made too many of at once: in all, or of stages of one chain."""
    by_person: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        by_person[record.person].append(record)
    span = timedelta(seconds=limits.batch_seconds)
    for rows in by_person.values():
        rows.sort(key=lambda r: (r.recorded, r.pk))
        runs = _runs(rows, span, limits.batch)
        by_chain: dict[int, list[Record]] = defaultdict(list)
        for row in rows:
            by_chain[row.chain].append(row)
        stages: dict[int, tuple[int, datetime]] = {}
        for own in by_chain.values():
            if len({row.stage for row in own}) >= limits.batch_stages:
                stages |= _runs(own, span, limits.batch_stages, of_stages=True)
        for row in rows:
            if row.pk in runs:
                number, since = runs[row.pk]
                yield row.pk, Finding(Rule.BATCH, "person", {"number": number, "since": since})
            elif row.pk in stages:
                number, since = stages[row.pk]
                yield row.pk, Finding(Rule.BATCH, "chain", {"number": number, "since": since})


def _runs(rows: list[Record], span: timedelta, least: int, of_stages: bool = False) -> dict[int, tuple[int, datetime]]:
    """Return, by record, the fullest window of `span` (both ends count) that holds `least` records or stages with it:
    how many, and since when. `rows` are in order of recording; only windows that nothing more fits into are looked at.
    """
    found: dict[int, tuple[int, datetime]] = {}
    begin = 0
    for end, row in enumerate(rows):
        while row.recorded - rows[begin].recorded > span:
            begin += 1
        following = rows[end + 1].recorded if end + 1 < len(rows) else None
        if end + 1 - begin < least or following is not None and following - rows[begin].recorded <= span:
            continue
        window = rows[begin : end + 1]
        number = len({one.stage for one in window}) if of_stages else len(window)
        if number >= least:
            for one in window:
                found[one.pk] = max(found.get(one.pk, (0, window[0].recorded)), (number, window[0].recorded))
    return found


def _impossible(records: list[Record], cases: Mapping[int, Case], limits: Thresholds):
    """Yield what cannot have been so: the future, before the chain, before what stands before it, decided unaccepted,
    no time at all. One finding for a record, the plainest first.
    """
    by_stage: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        by_stage[record.stage].append(record)
    for stage, rows in by_stage.items():
        case = cases.get(stage)
        if case is not None:
            yield from _walk(rows, case, limits)


def _walk(rows: list[Record], case: Case, limits: Thresholds):
    """Walk one stage's records in the order in which they happened. A walk that begins in the middle of a case (its
    receipt was recorded before the period) takes what it does not see for granted.
    """
    known = rows[0].kind == "receive"
    late_receipt = next((row for row in rows if row.kind == "receive"), None) if not known else None
    accepted: Record | None = None
    for row in rows:
        on, why, facts = row.occurred.date(), "", {}
        if row.kind == "receive":
            known, accepted, late_receipt = True, None, None
        if on > row.recorded.date():
            why, facts = "future", {"on": on, "recorded_on": row.recorded.date()}
        elif on < case.chain_started_on:
            why, facts = "before_chain", {"on": on, "began_on": case.chain_started_on}
        elif row.kind in ACCEPTANCES and late_receipt is not None:
            why, facts = "before_receipt", {"on": on, "received_on": late_receipt.occurred.date()}
        elif row.kind == "accept" and (open_ones := _not_passed(case, on)):
            first = open_ones[0]
            why, facts = "prerequisite", {"on": on, "code": first.code, "passed_on": first.passed_on}
        elif row.kind in NEEDS_ACCEPTANCE and known and accepted is None:
            why, facts = "unaccepted", {"on": on}
        elif _no_time(row, accepted, case, limits):
            why, facts = "zero", {"at": row.occurred, "days": case.promised_days}
        if row.kind in ACCEPTANCES:
            known, accepted = True, row
        if why:
            yield row.pk, Finding(Rule.IMPOSSIBLE, why, facts)


def _not_passed(case: Case, on: date) -> list[Before]:
    """Return what stands before the stage and was not passed on that day."""
    return [before for before in case.prerequisites if before.passed_on is None or before.passed_on > on]


def _no_time(row: Record, accepted: Record | None, case: Case, limits: Thresholds) -> bool:
    """Say whether a stage with days promised was decided in the minute in which it was accepted."""
    if row.kind not in DECISIONS or accepted is None or (case.promised_days or 0) <= limits.zero_days:
        return False
    return row.occurred - accepted.occurred < timedelta(minutes=1)


def _rest(record: Record, calendar: WorkCalendar, limits: Thresholds) -> Finding | None:
    """An act of an office on a day on which offices rest, or at night. What applicants do is left out."""
    if record.kind in BY_APPLICANT:
        return None
    day, hour = record.occurred.date(), record.occurred.hour
    if not calendar.is_workday(day):
        return Finding(Rule.REST, "rest", {"on": day, "name": calendar.name(day)})
    late, early = limits.night_from, limits.night_until
    if (hour >= late or hour < early) if late > early else late <= hour < early:
        return Finding(Rule.REST, "night", {"at": record.occurred})
    return None


def _identical(records: list[Record]):
    """Yield what stands twice: the same act at the same instant with the same document number, on this stage or on the
    same stage of another project; without a number only on this stage.
    """
    first: dict[tuple, Record] = {}
    for record in records:
        of = record.code if record.document_no else record.stage
        twin = first.setdefault((of, record.kind, record.occurred, record.document_no), record)
        if twin is not record:
            yield (
                record.pk,
                Finding(
                    Rule.IDENTICAL,
                    "twin" if twin.stage == record.stage else "copy",
                    {"at": record.occurred, "number": record.document_no, "stage": twin.stage},
                ),
            )
