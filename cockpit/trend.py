"""How many projects were stuck at the end of each of the last weeks. Counting is pure; `weekly` reads the intervals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Stage
from cockpit.scope import Scope
from factors.models import BlockEpisode
from people.models import Department

WEEKS = 12


@dataclass(frozen=True)
class Point:
    """One week's end: projects blocked by quota, those stuck by a stage only, and both together."""

    at: datetime
    blocked: int
    late: int

    @property
    def stuck(self) -> int:
        """Projects stuck, each once."""
        return self.blocked + self.late


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (inclusive) to `end` (exclusive, None: still) something held the project."""

    project: int
    start: datetime
    end: datetime | None


def counted(blocked: Iterable[Span], late: Iterable[Span], instants: Sequence[datetime]) -> list[Point]:
    """Return how many projects were held at each instant (ascending). O(spans × weeks they last)."""
    quota: list[set] = [set() for _instant in instants]
    stages: list[set] = [set() for _instant in instants]
    for spans, held in ((blocked, quota), (late, stages)):
        for span in spans:
            last = len(instants) if span.end is None else bisect_left(instants, span.end)
            for place in range(bisect_left(instants, span.start), last):
                held[place].add(span.project)
    return [
        Point(at, len(by_quota), len(by_stage - by_quota))
        for at, by_quota, by_stage in zip(instants, quota, stages, strict=True)
    ]


def weekly(scope: Scope, now: datetime, calendar, weeks: int = WEEKS) -> list[Point]:
    """Return the last weeks, the latest (now) last. Four queries. By the due dates known today."""
    instants = [now - timedelta(weeks=back) for back in reversed(range(weeks))]
    episodes = BlockEpisode.objects.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=instants[0]), opened_at__lte=now)
    rows = scope.within(episodes, "demand__project").order_by()
    blocked = [Span(*row) for row in rows.values_list("demand__project", "opened_at", "closed_at")]
    departments = list(Department.objects.values_list("pk", flat=True))
    begun = Stage.objects.filter(accepted_at__isnull=False, due_half__lt=calendar.begun(now))
    running = begun.filter(closed_at__isnull=True)
    ended = begun.filter(department__in=departments, closed_at__gt=instants[0], due_on__lt=F("closed_at"))
    halves = [calendar.begun(at) for at in instants]
    late = []
    for stages in (running, ended):
        rows = scope.within(stages, "chain__project").order_by()
        for project, due, due_on, closed_at in rows.values_list("chain__project", "due_half", "due_on", "closed_at"):
            if closed_at is not None and due_on >= timezone.localtime(closed_at).date():
                continue
            first = bisect_right(halves, due)  # the first instant by which a later half-day has begun
            if first < len(instants):
                late.append(Span(project, instants[first], closed_at))
    return counted(blocked, late, instants)
