"""Changes of the working calendar: a new version each time, in one transaction with everything that leans on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from calendars import store
from calendars.models import CalendarVersion, DayOverride
from calendars.workdays import FIRST, LAST, Day, WorkCalendar

# Apps above register here in ready(). A function of `after_change` gets the old and the new calendar within the
# transaction of the change and returns the deadlines that it moved, or None. A function of `list_moves` gets the number
# of a version and the user who looks, and returns those of the moved deadlines that this user may see: objects with
# `label`, `url`, `was_on`, `is_on`.
after_change: list[Callable[[WorkCalendar, WorkCalendar], Iterable | None]] = []
list_moves: list[Callable[[int, object], Iterable]] = []


class CalendarChanged(Exception):
    """Somebody else changed the calendar in the meantime. `version` is the number in force now."""

    def __init__(self, version: int):
        super().__init__(f"the calendar is at version {version} now")
        self.version = version


class NothingToChange(Exception):
    """The calendar already says all this."""


@dataclass(frozen=True, slots=True)
class DayChange:
    """One day before and after; `before` and `after` are None where only the weekend rule speaks."""

    date: date
    before: Day
    after: Day

    @property
    def moves_workdays(self) -> bool:
        """Tell whether the day turns from working day to rest day or back, not just its name."""
        return self.before.is_workday != self.after.is_workday


def changes(days: dict[date, Day], calendar: WorkCalendar) -> list[DayChange]:
    """Return the days that `calendar` judges or names otherwise, by date. Pure. ValueError outside 2004–2060."""
    result = []
    for day, rule in sorted(days.items()):
        if not FIRST <= day <= LAST:
            raise ValueError(f"{day} is outside {FIRST.year}–{LAST.year}")
        before = Day(calendar.is_workday(day), calendar.name(day))
        if before != rule:
            result.append(DayChange(day, before, rule))
    return result


@transaction.atomic
def apply_overrides(
    rows: dict[date, Day],
    *,
    by,
    source: str,
    note: str = "",
    notice_year: int | None = None,
    based_on: int | None = None,
) -> CalendarVersion:
    """Enter days and return the new version, with its attribute `moves`: the deadlines that moved.

    `notice_year`: the rows are the whole notice for that year, which is provisional no longer. `based_on`: the version
    that the person looked at; CalendarChanged when it is no longer the newest. NothingToChange when the calendar says
    all this already. ValueError for a day outside 2004–2060 or without a source.
    """
    if not source.strip():
        raise ValueError("an entry needs its source")
    old = _current_for_change(based_on)
    changed = changes(rows, old)
    if not changed and notice_year in old.known_years | {None}:
        raise NothingToChange
    version = _new_version(old, by=by, source=source, note=note, notice_year=notice_year)
    DayOverride.objects.in_force().filter(date__in=[change.date for change in changed]).update(retired_in=version)
    _enter(version, [(change.date, *change.after, source) for change in changed])
    return _finish(version, old)


@transaction.atomic
def revert_override(override: DayOverride, *, by, note: str = "", based_on: int | None = None) -> CalendarVersion:
    """Take one entry back in a new version and return it. What the entry had replaced is in force again."""
    old = _current_for_change(based_on)
    if not DayOverride.objects.in_force().filter(pk=override.pk).exists():
        raise NothingToChange
    version = _new_version(old, by=by, source=override.source, note=note)
    _retire([override], version)
    return _finish(version, old)


@transaction.atomic
def revert_version(reverted: CalendarVersion, *, by, note: str = "", based_on: int | None = None) -> CalendarVersion:
    """Take back what a version entered and is still in force, its notice included, in a new version; return that."""
    old = _current_for_change(based_on)
    entries = list(reverted.overrides.in_force())
    reverted = CalendarVersion.objects.select_for_update().get(pk=reverted.pk)
    if reverted.reverted_in_id or (not entries and reverted.notice_year is None):
        raise NothingToChange
    version = _new_version(old, by=by, source=reverted.source, note=note)
    CalendarVersion.objects.filter(pk=reverted.pk).update(reverted_in=version)
    _retire(entries, version)
    return _finish(version, old)


def _current_for_change(based_on: int | None) -> WorkCalendar:
    store.forget()
    old = store.current()
    if based_on is not None and based_on != old.version:
        raise CalendarChanged(old.version)
    return old


def _new_version(old: WorkCalendar, *, by, source: str, note: str, notice_year: int | None = None) -> CalendarVersion:
    """Take the next number; of two people who do so at once the unique number lets one through."""
    try:
        with transaction.atomic():
            return CalendarVersion.objects.create(
                number=old.version + 1,
                made_at=timezone.now(),
                made_by=by,
                source=source,
                note=note,
                notice_year=notice_year,
            )
    except IntegrityError as error:
        raise CalendarChanged(old.version + 1) from error


def _enter(version: CalendarVersion, rows: Iterable[tuple[date, bool, str, str]]) -> None:
    DayOverride.objects.bulk_create(
        DayOverride(date=day, is_workday=is_workday, name=name, source=source, version=version)
        for day, is_workday, name, source in rows
    )


def _retire(entries: list[DayOverride], version: CalendarVersion) -> None:
    """Retire entries and bring back what they had replaced, unless that came from a version taken back meanwhile."""
    DayOverride.objects.filter(pk__in=[entry.pk for entry in entries]).update(retired_in=version)
    made_in = {entry.date: entry.version_id for entry in entries}
    replaced = DayOverride.objects.filter(date__in=made_in, version__reverted_in=None).order_by("pk")
    back = {row.date: row for row in replaced if row.retired_in_id == made_in[row.date]}
    _enter(version, [(row.date, row.is_workday, row.name, row.source) for row in back.values()])


def _finish(version: CalendarVersion, old: WorkCalendar) -> CalendarVersion:
    """Let the apps above recompute, within the transaction, and keep how many deadlines moved."""
    store.forget()
    new = store.at(version.number)
    version.moves = [move for recompute in after_change for move in recompute(old, new) or ()]
    if version.moves:
        version.moved_count = len(version.moves)
        version.save(update_fields=["moved_count"])
    return version
