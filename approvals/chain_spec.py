"""What a chain template says, as frozen data. Pure: no file, no database.

Design overview: a `TemplateSpec` is read from YAML (`approvals.chain_format`) or rows (`approvals.template_rows`); both
are checked by the same `approvals.chain_rules` before a version may be published, and measured by the same `figures`.
Limits are `approvals.track.Limit`: an amount with its unit. Every spec remembers the line it came from (0: none).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal

from approvals.network import Activity, analyse
from approvals.track import Limit, Unit

KINDS = ("city", "benchmark", "import")
CASE_TYPES = ("committed", "instant", "market", "milestone")
FACTORS = ("energy", "water", "land", "emission", "power", "gas", "steam")
WATER_SOURCES = ("ground", "reclaimed", "mine", "surface", "river", "mains")
BASES = ("quoted", "found", "common", "constructed")
"""Where the figures of a stage come from: a report, a public text, common knowledge of the field, our construction."""

MAX_STAGES = 2000
MAX_AMOUNT = Decimal("9999.9")
TEMPLATE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
STAGE_CODE = re.compile(r"[\w.-]{1,20}")
LENGTHS = {
    "name": 120,
    "short_name": 30,
    "department": 60,
    "statutory_note": 120,
    "benchmark_stage": 20,
    "legal_source": 200,
    "applies_to": 200,
    "benchmark": 40,
    "source": 2000,
    "note": 2000,
}
ZERO = Decimal(0)


def _line():
    return field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class PhaseSpec:
    """A phase (阶段); `standard_no` 1–5 is its place in the national exchange standard, 5 runs in parallel."""

    code: str
    name: str
    standard_no: int | None = None
    line: int = _line()


@dataclass(frozen=True)
class MaterialSpec:
    """A document asked for; `source_stage` is the stage whose result it is, "" when it comes from the enterprise."""

    name: str
    required: bool = True
    deferrable: bool = False
    reusable: bool = False
    source_stage: str = ""
    line: int = _line()


@dataclass(frozen=True)
class ProcedureSpec:
    """A special procedure (特别程序) that stops the clock, with its own limit where one is set."""

    name: str
    limit: Limit | None = None
    line: int = _line()


@dataclass(frozen=True)
class StageSpec:
    """What one stage prescribes. `committed` is the limit promised; `lag_days` are working days outside every clock."""

    code: str
    name: str = ""
    short_name: str = ""
    phase: str = ""
    department: str = ""
    case_type: str = "committed"
    statutory: Limit | None = None
    statutory_note: str = ""
    committed: Limit | None = None
    lag_days: Decimal = ZERO
    prerequisites: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    materials: tuple[MaterialSpec, ...] = ()
    special_procedures: tuple[ProcedureSpec, ...] = ()
    valid_months: int | None = None
    extension_days: Decimal | None = None
    commitment_route: bool = False
    benchmark_stage: str = ""
    legal_source: str = ""
    basis: str = ""
    note: str = ""
    line: int = _line()
    lines: dict = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, key: str) -> int:
        """Return the line of one key, or that of the stage."""
        return self.lines.get(key, self.line)


@dataclass(frozen=True)
class TemplateSpec:
    """One version of a chain template."""

    code: str
    name: str
    version: int
    kind: str = "city"
    applies_to: str = ""
    source: str = ""
    benchmark: str = ""
    note: str = ""
    phases: tuple[PhaseSpec, ...] = ()
    stages: tuple[StageSpec, ...] = ()
    line: int = _line()
    lines: dict = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, key: str) -> int:
        """Return the line of one key, or that of the template."""
        return self.lines.get(key, self.line)

    def stage(self, code: str) -> StageSpec | None:
        """Return the stage of that code, or None."""
        return next((stage for stage in self.stages if stage.code == code), None)


@dataclass(frozen=True)
class Problem:
    """One broken rule in words. `line` is that of the file, 0 on a page; `stage`, `key`: where."""

    message: str
    line: int = 0
    stage: str = ""
    key: str = ""


# --- figures --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """Three figures that are never mixed: number of stages, sum of limits, longest path. Days are committed limits.

    `sum_working_days` adds working-day limits only; calendar-day limits stand apart in `sum_calendar_days`. In
    `critical_path_working_days` they are converted at five to seven, rounded up to half a day (`approximate` says so).
    Stages without a committed limit are listed in `without_limit` and take no time. Lags count in none of them.
    """

    stage_count: int
    sum_working_days: Decimal
    sum_calendar_days: Decimal
    critical_path_working_days: Decimal
    critical_path: tuple[str, ...]
    approximate: bool
    without_limit: tuple[str, ...]


def activity(stage: StageSpec) -> Activity:
    """Return the stage as the network sees it."""
    limit = stage.committed or Limit(ZERO)
    return Activity(stage.code, limit.amount, stage.prerequisites, Unit(limit.unit), stage.lag_days)


def figures(stages: Iterable[StageSpec]) -> Figures:
    """Return the figures of a chain. Raises NetworkError for a cycle or an unknown prerequisite."""
    stages = list(stages)
    network = analyse([activity(stage) for stage in stages])
    return Figures(
        stage_count=len(stages),
        sum_working_days=sum_of(stages, Unit.WORKING_DAY),
        sum_calendar_days=sum_of(stages, Unit.CALENDAR_DAY),
        critical_path_working_days=network.length,
        critical_path=tuple(network.critical),
        approximate=network.approximate,
        without_limit=tuple(stage.code for stage in stages if stage.committed is None),
    )


def sum_of(stages: Iterable[StageSpec], unit: Unit) -> Decimal:
    """Return the sum of the committed limits in that unit."""
    return sum((s.committed.amount for s in stages if s.committed and s.committed.unit == unit), ZERO)


# --- identity -------------------------------------------------------------------------------------------------------

_NOT_CONTENT = {"line", "lines", "version"}


def _plain(value):
    if isinstance(value, Limit):
        return f"{value.amount:.1f} {Unit(value.unit).value}"
    if isinstance(value, Decimal):
        return f"{value:.1f}"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in _NOT_CONTENT}
    return value


def content_sha256(spec: TemplateSpec) -> str:
    """Return the hash of everything the template says, its version number and line numbers apart."""
    text = json.dumps(_plain(spec), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
