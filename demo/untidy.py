"""A handful of untidy records in the sample city, so that the report of record quality has something to show. Invented.

The histories of `demo.story` are tidy. Here some projects, by their number, get what happens in offices: records that
come a week late, six at once before a meeting, a decision on a Sunday or at night, one that took no time at all.
"""

import datetime as dt
from collections.abc import Iterable
from types import SimpleNamespace

from approvals.history import Happening
from calendars.workdays import WorkCalendar

PLAIN = ["receive", "accept", "start_handling", "pass"]
RECENT = dt.timedelta(days=75)


class Untidy:
    """Makes some histories untidy, project by project; remembers decisions, to copy one onto another project."""

    def __init__(self, now: dt.datetime, calendar: WorkCalendar):
        self.now, self.calendar = now, calendar
        self.decided: dict[tuple[str, str], list[SimpleNamespace]] = {}

    def make(self, number: int, template: str, events: Iterable[Happening], promised: dict, manager) -> list:
        """Return the events of project `number`, changed where its turn has come. `promised`: days by stage code."""
        events = [SimpleNamespace(**vars(event)) for event in events]  # a Happening does not change
        cases: dict[str, list[SimpleNamespace]] = {}
        for event in sorted(events, key=lambda e: e.occurred_at):
            cases.setdefault(event.code, []).append(event)
        plain = {code: rows for code, rows in cases.items() if [e.action for e in rows] == PLAIN}
        decided = [rows[-1] for rows in plain.values() if self._recent(rows[-1])]
        decided.sort(key=lambda e: e.occurred_at)
        turn = number % 8
        if turn == 2:
            self._late(decided[-2:])
        elif turn == 4:
            self._batch([e for e in events if self._recent(e)], manager)
        elif turn == 5:
            self._night(decided[-1:])
        elif turn == 6:
            self._rest(cases, plain)
        elif turn == 7:
            self._no_time([rows for code, rows in plain.items() if promised.get(code, 0) > 1])
        elif turn == 1:
            self._beforehand(decided[-1:])
        else:
            self._copied(template, plain)
        for event in decided:
            if event.facts.get("document_no"):
                self.decided.setdefault((template, event.code), []).append(event)
        return [Happening(**vars(event)) for event in events]

    def _recent(self, event: SimpleNamespace) -> bool:
        """Within the last weeks, and long enough ago that its record may be late."""
        return self.now - RECENT < event.occurred_at < self.now - dt.timedelta(days=14)

    def _late(self, decisions: list[SimpleNamespace]) -> None:
        for event in decisions:
            event.recorded_at = event.occurred_at + dt.timedelta(days=9)

    def _batch(self, events: list[SimpleNamespace], manager) -> None:
        """The latest six, recorded by the manager in the same minute two days after the last of them."""
        chosen = sorted(events, key=lambda e: e.occurred_at)[-6:]
        for place, event in enumerate(chosen):
            event.by = manager
            event.recorded_at = chosen[-1].occurred_at + dt.timedelta(days=2, seconds=7 * place)

    def _night(self, decisions: list[SimpleNamespace]) -> None:
        for event in decisions:
            event.occurred_at = event.occurred_at.replace(hour=22, minute=40)
            event.recorded_at = event.occurred_at

    def _rest(self, cases: dict, plain: dict) -> None:
        """A case that began on a Monday began on the Sunday before, where nothing that it waits for ended on Monday."""
        for rows in plain.values():
            day = rows[0].occurred_at.date()
            before = day - dt.timedelta(days=1)
            others = [e.occurred_at.date() for case in cases.values() if case is not rows for e in case]
            if self._recent(rows[0]) and day not in others and not self.calendar.is_workday(before):
                for event in rows[:-1]:
                    event.occurred_at -= dt.timedelta(days=1)
                    event.recorded_at = event.occurred_at
                return

    def _no_time(self, cases: list[list[SimpleNamespace]]) -> None:
        for rows in [rows for rows in cases if self._recent(rows[-1])][-1:]:
            for event in rows[2:]:
                event.occurred_at = event.recorded_at = rows[1].occurred_at

    def _beforehand(self, decisions: list[SimpleNamespace]) -> None:
        """Recorded two days before it is said to have happened."""
        for event in decisions:
            event.recorded_at = event.occurred_at - dt.timedelta(days=2)

    def _copied(self, template: str, plain: dict) -> None:
        """One decision carries the instant and the number of another project's, where its case allows it."""
        for code, rows in plain.items():
            for other in self.decided.get((template, code), ()):
                if rows[-2].occurred_at < other.occurred_at < rows[-1].occurred_at:
                    rows[-1].occurred_at = rows[-1].recorded_at = other.occurred_at
                    rows[-1].facts = rows[-1].facts | {"document_no": other.facts["document_no"]}
                    return
