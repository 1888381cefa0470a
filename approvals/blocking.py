"""Projects blocked by quota: what a demand that turns writes on its project, and the verdict that lists show.

The ledger says which demands turned (`factors.blocks.after_flips`); what a project's light becomes of it is
`snapshot.with_quota`, in one place.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db.models import Min

from factors.models import BlockEpisode

_held_back: ContextVar[set[int] | None] = ContextVar("projects_held_back", default=None)


def since(projects: Iterable[int]) -> dict[int, datetime]:
    """Return since when each of the projects that are blocked has been. One query."""
    rows = BlockEpisode.objects.filter(demand__project__in=projects, closed_at__isnull=True)
    return dict(rows.values_list("demand__project").annotate(since=Min("opened_at")).order_by())


def projects_turned(projects: set[int], now: datetime) -> None:
    """Write the light of projects whose demands turned (registered in `factors.blocks.after_flips`). Five queries."""
    from approvals import snapshot

    waiting = _held_back.get()
    if waiting is None:
        snapshot.write_projects({}, also=projects)
    else:
        waiting |= projects


@contextmanager
def held_back() -> Iterator[set[int]]:
    """Collect the projects that turn within the block, to be written together with what the caller writes himself.

    Rows of projects and tallies are locked once in a transaction, in the order of their keys: twice is a deadlock.
    """
    token = _held_back.set(set())
    try:
        yield _held_back.get()
    finally:
        _held_back.reset(token)
