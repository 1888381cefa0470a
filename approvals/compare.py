"""A chain beside a benchmark: stages and days row by row, gaps, compression rates, and where the gap comes from. Pure.

Three figures stand apart and are never mixed: the number of stages, the sum of committed limits, the critical path.
Rows and waterfall are about the sum, so their total equals the head's. Limits in calendar days are not added to working
days: a row shows them apart. Rates are rounded half up to two decimals, with what was divided by what beside them.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.chain_spec import Figures, StageSpec, figures, sum_of
from approvals.track import Unit

CENT = Decimal("0.01")


def rate(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return part / whole in per cent, two decimals, half up; None for a whole of zero. rate(13, 19) = 68.42."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(CENT, ROUND_HALF_UP)


def number_of(code: str) -> str:
    """Return how a stage is numbered in a drawing: "1" as "01", other codes as they are."""
    return code.zfill(2) if code.isdecimal() else code


@dataclass(frozen=True)
class Side:
    """One of the two chains: its label, code and stages (those that do not apply are left out already)."""

    label: str
    code: str
    stages: tuple[StageSpec, ...]
    benchmark: str = ""

    @property
    def figures(self) -> Figures:
        """The three figures of this side. Raises NetworkError for broken stages."""
        return figures(self.stages)


@dataclass(frozen=True)
class Change:
    """One figure on both sides. `less` is how much smaller the benchmark is; `rate` per cent of ours."""

    ours: Decimal | int
    theirs: Decimal | int

    @property
    def less(self):
        """Ours minus theirs: negative when the benchmark takes more."""
        return self.ours - self.theirs

    @property
    def rate(self) -> Decimal | None:
        """The compression rate in per cent."""
        return rate(self.less, self.ours)


@dataclass(frozen=True)
class Segment:
    """One of our stages in a row: a box of `days` working days."""

    code: str
    name: str
    days: Decimal


@dataclass(frozen=True)
class Row:
    """A benchmark stage with our stages that it stands for; `code` "" for those without a counterpart."""

    code: str
    name: str
    segments: tuple[Segment, ...]
    count: Change
    days: Change
    our_calendar_days: Decimal
    their_calendar_days: Decimal
    words: str


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall: a gap of a row, with its share of the whole gap in per cent (one decimal)."""

    name: str
    days: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """What the page shows. `rows` follow the benchmark's order, what has no counterpart last."""

    ours: Side
    theirs: Side
    count: Change
    total: Change
    path: Change
    our_figures: Figures
    their_figures: Figures
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    unchanged: tuple[str, ...]
    """Names of rows without a gap: not in the waterfall."""


def compare(ours: Side, theirs: Side) -> Comparison:
    """Return the comparison. Our stages are matched by their `benchmark_stage` when our template names the other as its
    benchmark, else by equal code. Raises NetworkError for a broken chain. O(stages).
    """
    mine, other = ours.figures, theirs.figures
    rows = tuple(_rows(ours, theirs))
    gaps = sorted((row for row in rows if row.days.less), key=lambda row: -row.days.less)
    whole = mine.sum_working_days - other.sum_working_days
    return Comparison(
        ours=ours,
        theirs=theirs,
        count=Change(mine.stage_count, other.stage_count),
        total=Change(mine.sum_working_days, other.sum_working_days),
        path=Change(mine.critical_path_working_days, other.critical_path_working_days),
        our_figures=mine,
        their_figures=other,
        rows=rows,
        steps=tuple(Step(row.name, row.days.less, _share(row.days.less, whole)) for row in gaps),
        unchanged=tuple(row.name for row in rows if not row.days.less and row.code),
    )


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def _rows(ours: Side, theirs: Side):
    known = {stage.code for stage in theirs.stages}
    mapped = ours.benchmark == theirs.code and any(stage.benchmark_stage for stage in ours.stages)
    matched: dict[str, list[StageSpec]] = {}
    for stage in ours.stages:
        code = stage.benchmark_stage if mapped else stage.code
        matched.setdefault(code if code in known else "", []).append(stage)
    for stage in theirs.stages:
        mine = matched.get(stage.code, [])
        yield _row(stage.code, stage.short_name or stage.name, mine, [stage], stage.note)
    if "" in matched:
        yield _row("", _("No counterpart in the benchmark"), matched[""], [], "")


def _row(code: str, name: str, mine: list[StageSpec], other: list[StageSpec], note: str) -> Row:
    count = Change(len(mine), len(other))
    days = Change(sum_of(mine, Unit.WORKING_DAY), sum_of(other, Unit.WORKING_DAY))
    return Row(
        code=code,
        name=name,
        segments=tuple(Segment(s.code, s.short_name or s.name, sum_of([s], Unit.WORKING_DAY)) for s in mine),
        count=count,
        days=days,
        our_calendar_days=sum_of(mine, Unit.CALENDAR_DAY),
        their_calendar_days=sum_of(other, Unit.CALENDAR_DAY),
        words=(count.ours and note) or _words(count, days),
    )


def _words(count: Change, days: Change) -> str:
    """Say what differs when the benchmark does not say it itself."""
    if not count.theirs:
        return _("The benchmark has no such stage")
    if not count.ours:
        return _("Only the benchmark has this stage")
    if count.ours > count.theirs:
        return ngettext("%(count)d stage merged into one", "%(count)d stages merged into one", count.ours) % {
            "count": count.ours
        }
    if not days.less:
        return _("The same")
    return _("Shorter limit") if days.less > 0 else _("Longer limit")
