"""Stages as rows for forecasts, read from the database: whole, or only what is left of them. Two queries each."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Case, CharField, ExpressionWrapper, F, Field, Q, QuerySet, When
from django.db.models.functions import Cast

from approvals.models import StageTemplate
from approvals.states import PASSED


class Row(NamedTuple):
    """A stage as it is read: see `read`."""

    pk: int
    project: int
    template: int
    started_on: date
    stage_template: int
    code: str
    name: str
    department: int | None
    department_name: str
    committed: Any
    committed_unit: str
    statutory: Any
    statutory_unit: str
    state: int
    ready_on: date | None
    accepted_at: datetime | None
    closed_at: datetime | None
    statutory_red_from: datetime | None
    case_type: str
    lag: Any
    special: list
    gates: list
    template_kind: str


_OWN = (
    *("pk", "chain__project_id", "chain__template_id", "chain__started_on", "stage_template_id", "code", "name"),
    *("department_id", "department_name", "committed_amount", "committed_unit", "statutory_amount", "statutory_unit"),
    *("state", "ready_on", "accepted_at", "closed_at", "statutory_red_from"),
)
_OF_TEMPLATE = ("case_type", "lag_days", "special_procedures", "gates", "template__kind")
COLUMNS = (*_OWN, *(f"stage_template__{name}" for name in _OF_TEMPLATE))
"""Of a stage, for a `Row` in one query; `read` needs two and is cheaper for many."""


def read(stages: QuerySet) -> Iterator[Row]:
    """Yield the stages as rows. Two queries: what the templates say is read once, not with every stage."""
    cards: dict[int, tuple] = {}
    for pk, *card in StageTemplate.objects.values_list("pk", *_OF_TEMPLATE):
        cards[pk] = tuple(card)
    for values in stages.values_list(*_OWN).iterator(chunk_size=5000):
        yield Row._make((*values, *cards[values[4]]))


_DATES = ("ready_on", "accepted_at", "closed_at", "statutory_red_from")


def read_left(stages: QuerySet, now: datetime) -> Iterator[Row]:
    """Yield the stages as rows, for what is left of them: one that was passed by `now` has no dates but `now` itself.

    Two queries, and half the time of `read`: most stages of a city are over or have not begun, and no instant of theirs
    is made out of the database's text.
    """
    over = Q(state__in=PASSED, closed_at__lte=now)
    left = {f"left_{name}": Case(When(~over, then=F(name)), default=None) for name in _DATES}
    plain = Field()  # what the database's driver gives, with no conversion of two hundred thousand values
    limits = {f"{name}_raw": ExpressionWrapper(F(f"{name}_amount"), plain) for name in ("committed", "statutory")}
    stages = stages.annotate(over=Case(When(over, then=1), default=0, output_field=plain))
    stages = stages.annotate(begun=Cast("chain__started_on", CharField(max_length=10)), **left, **limits)
    names = {"committed_amount": "committed_raw", "statutory_amount": "statutory_raw"}
    names |= {"chain__started_on": "begun", **{name: f"left_{name}" for name in _DATES}}
    cards: dict[int, tuple] = {}
    for pk, *card in StageTemplate.objects.values_list("pk", *_OF_TEMPLATE):
        cards[pk] = tuple(card)
    day = lru_cache(date.fromisoformat)
    closed = _OWN.index("closed_at")
    for over, *values in stages.values_list("over", *(names.get(name, name) for name in _OWN)).iterator(
        chunk_size=5000
    ):
        values[3] = day(values[3])
        if over:
            values[closed] = now
        yield Row(*values, *cards[values[4]])
