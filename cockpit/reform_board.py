"""How a simulation is told, on the page and on paper: rows of reforms, rows of the gap, its waterfall. No queries."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from django.utils.html import mark_safe
from django.utils.translation import gettext as _

from approvals import compare_svg, reform_data
from approvals.compare import Change, Side, Step, rate
from approvals.models import ChainTemplate
from approvals.reform import Cause, Figures, Gap, tenths
from approvals.reform_data import Reform
from approvals.reform_forecast import Simulation, Single
from approvals.reform_own import OWN
from cockpit import reforming
from cockpit.reforming import Question

BAR = 120


@dataclass(frozen=True)
class ReformRow:
    """A reform in the ranked list. `single` is None for one that is not tried on projects; `bar` is 0 to `BAR` px.

    `without` is the address of the page less this measure of the reader's own.
    """

    reform: Reform
    single: Single | None
    chosen: bool
    bar: int
    without: str = ""

    @property
    def kind(self):
        """Its kind in words."""
        return reforming.KINDS[self.reform.kind]

    @property
    def basis(self):
        """Where its figures come from, in words."""
        return reforming.BASES[self.reform.basis]

    @property
    def is_own(self) -> bool:
        """Whether it is a measure of the reader's own."""
        return self.reform.basis == OWN


@dataclass(frozen=True)
class GapRow:
    """A cause of the gap: its share of each figure, in tenths that add up to the gap. `kind` None: unexplained."""

    name: str
    kind: object
    days: Decimal
    stages: Decimal
    path: Decimal
    stages_of: str
    source: str = ""
    chosen: bool = True
    source_open: bool = False


@dataclass(frozen=True)
class Fall:
    """What `compare_svg.waterfall` draws, with causes in the place of benchmark stages."""

    ours: Side
    theirs: Side
    count: Change
    total: Change
    path: Change
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class GapBoard:
    """The gap of a template: rows that add up, the drawing, and what the chosen reforms reach."""

    ours: ChainTemplate
    theirs: ChainTemplate
    fall: Fall
    rows: tuple[GapRow, ...]
    reached: Figures
    chosen: int

    @property
    def drawing(self) -> str:
        """The waterfall: escaped text and numbers only."""
        return mark_safe(compare_svg.waterfall(self.fall))

    @property
    def is_whole(self) -> bool:
        """Whether the reforms explain the whole gap of days and of stages."""
        return not any(row.kind is None for row in self.rows)


def reform_rows(simulation: Simulation, question: Question) -> list[ReformRow]:
    """Return the reforms in the order of the ranking; last what is not tried on projects."""
    by_code = {one.code: one for one in reforming.reforms_of(question)}
    chosen = {*question.chosen, *question.own}
    most = max((abs(one.days) for one in simulation.singles), default=Decimal(0)) or Decimal(1)
    rows = [
        ReformRow(
            by_code[one.reform],
            one,
            one.reform in chosen,
            int(max(one.days, Decimal(0)) / most * BAR),
            replace(question, own=tuple(text for text in question.own if text != one.reform)).address,
        )
        for one in simulation.singles
    ]
    return rows + [ReformRow(one, None, one.code in chosen, 0) for one in by_code.values() if not one.portfolio]


def gap_board(ours: ChainTemplate, theirs: ChainTemplate, gap: Gap, question: Question) -> GapBoard:
    """Return the gap as rows, the biggest first; causes without any effect on a figure are left out. O(causes).

    Own measures are no cause of the gap; what is reached with the chosen reforms counts them.
    """
    by_code = {one.code: one for one in reform_data.shipped()}
    causes = [one for one in gap.causes if one.days or one.stages or one.path]
    rest, columns = gap.rest, []
    for name, whole in (("days", rest.total), ("stages", Fraction(rest.count)), ("path", rest.path)):
        columns.append(tenths([*(getattr(one, name) for one in causes), Fraction(whole)]))
    stages = reforming.stages_of(ours)
    rows = [
        _gap_row(by_code[cause.reform], cause, ours.code, stages, columns, place, question.chosen)
        for place, cause in enumerate(causes)
    ]
    if rest.total or rest.count or rest.path:
        left = (column[-1] for column in columns)
        rows.append(GapRow(_("Not explained by reforms of this list"), None, *left, ""))
    whole = gap.whole.total
    steps = [Step(row.name, row.days, _share(row.days, whole)) for row in rows if row.days]
    count, total = Change(gap.ours.count, gap.theirs.count), Change(gap.ours.total, gap.theirs.total)
    sides = (Side(str(row), row.code, ()) for row in (ours, theirs))
    fall = Fall(*sides, count, total, Change(gap.ours.path, gap.theirs.path), tuple(steps))
    used = sum(row.chosen for row in rows if row.kind is not None)
    return GapBoard(ours, theirs, fall, tuple(rows), reforming.reached(ours, question), used)


def _gap_row(one: Reform, cause: Cause, template: str, stages, columns, place: int, chosen) -> GapRow:
    """Return a row; it names our stages, those that the template lacks left out."""
    codes = [code for code in one.effects[template].stages if code in stages]
    return GapRow(
        name=one.name,
        kind=reforming.KINDS[one.kind],
        days=columns[0][place],
        stages=columns[1][place],
        path=columns[2][place],
        stages_of=" ".join(codes),
        source=one.source,
        source_open=one.source_open,
        chosen=one.code in chosen,
    )


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    share = rate(part, whole)
    return None if share is None else share.quantize(Decimal("0.1"))
