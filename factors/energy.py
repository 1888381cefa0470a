"""Comprehensive energy consumption by GB/T 2589, who examines it, and projects cut in pieces. Pure.

Two bases that never mix: calorific (当量), where a kWh is worth its heat, and primary (等价), where it is worth the
coal that a power station burns for it in that year. The examination of energy saving goes by the calorific total, the
regional ledger by what is charged: total less use as raw material less renewable power (domain.md §4.1).

Arithmetic is exact in Decimal; the sum of a form is rounded to whole kgce once, at the end, half up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import reduce
from itertools import groupby

from factors.periods import add_months
from factors.quantity import find_unit

ZERO = Decimal(0)
# 18 digits of a quantity times 12 of a coefficient, summed: Decimal's usual 28 digits would round.
EXACT = Context(prec=60)
SPLITTING_MONTHS = 12


class Basis(StrEnum):
    """How power and heat are turned into coal."""

    CALORIFIC = "calorific"
    PRIMARY = "primary"


class Level(StrEnum):
    """Who examines the energy saving of a project, in rising order."""

    EXEMPT = "exempt"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATION = "nation"

    @property
    def rank(self) -> int:
        """0 for exempt, rising."""
        return tuple(Level).index(self)


@dataclass(frozen=True, slots=True)
class Carrier:
    """An energy carrier, its quantities in `unit` a year. Coal is counted in tonnes, power in kWh beside the total."""

    code: str
    name: str
    unit: str
    is_coal: bool = False
    is_power: bool = False


@dataclass(frozen=True, slots=True)
class Coefficient:
    """`kgce` per unit of the carrier on one basis, from `year` until a later row. `checked`: against the standard."""

    carrier: str
    basis: Basis
    year: int
    kgce: Decimal
    source: str
    checked: bool = True


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """A year's use of one carrier, in its unit; `raw_material` and `green` are parts of `quantity`.

    `measured_kgce` per unit overrides the table on both bases; `evidence` says where it was measured.
    """

    carrier: Carrier
    quantity: Decimal
    raw_material: Decimal = ZERO
    green: Decimal = ZERO
    measured_kgce: Decimal | None = None
    evidence: str = ""


class EnergyError(ValueError):
    """A form that cannot be computed. `code` says why, `facts` what a message can name."""

    def __init__(self, code: str, **facts):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class LineEnergy:
    """A line on one basis in exact kgce. `coefficient` is None where a measured value stands in."""

    line: EnergyLine
    kgce_per_unit: Decimal
    coefficient: Coefficient | None
    total: Decimal
    raw_material: Decimal
    green: Decimal

    @property
    def charged(self) -> Decimal:
        """What counts against the quota: the total less raw material and renewable power."""
        return EXACT.subtract(self.total, EXACT.add(self.raw_material, self.green))


@dataclass(frozen=True, slots=True)
class BasisTotals:
    """A form on one basis. `total` and `charged` are whole kgce, each rounded half up once from the exact sums."""

    lines: tuple[LineEnergy, ...]
    total: int
    charged: int
    exact_total: Decimal
    raw_material: Decimal
    green: Decimal


@dataclass(frozen=True, slots=True)
class EnergyTotals:
    """A form on both bases, with its coal in kg (raw-material use included) and its power in kWh (green included)."""

    calorific: BasisTotals
    primary: BasisTotals
    coal_kg: int
    power_kwh: Decimal

    @property
    def size(self) -> "Size":
        """What the examination goes by: the calorific total, coal and power."""
        return Size(EXACT.scaleb(self.calorific.exact_total, -3), Decimal(self.coal_kg).scaleb(-3), self.power_kwh)


def coefficient_for(coefficients: Iterable[Coefficient], carrier: str, basis: Basis, year: int) -> Coefficient:
    """The row in force for `year`: the latest that does not begin after it. EnergyError "no_coefficient" if none."""
    rows = [row for row in coefficients if row.carrier == carrier and row.basis == basis and row.year <= year]
    if not rows:
        raise EnergyError("no_coefficient", carrier=carrier, basis=str(basis), year=year)
    return max(rows, key=lambda row: row.year)


def compute(lines: Sequence[EnergyLine], coefficients: Sequence[Coefficient], year: int) -> EnergyTotals:
    """The energy of a form with the coefficients in force for `year`.

    EnergyError codes: negative, parts_exceed (raw material and green together are more than the quantity), not_positive
    (a measured value), measured_without_evidence, measured_power (a kWh is worth the same everywhere), no_coefficient.
    """
    for line in lines:
        _check(line)
    coal = _sum(_multiply(line, "coal") for line in lines if line.carrier.is_coal)
    power = _sum(_multiply(line, "electricity") for line in lines if line.carrier.is_power)
    bases = {basis: _on_basis(lines, coefficients, basis, year) for basis in Basis}
    return EnergyTotals(bases[Basis.CALORIFIC], bases[Basis.PRIMARY], _whole(coal), power)


def _check(line: EnergyLine) -> None:
    facts = {"carrier": line.carrier.code, "name": line.carrier.name}
    measured = line.measured_kgce
    problems = (
        ("negative", min(line.quantity, line.raw_material, line.green) < 0),
        ("parts_exceed", EXACT.add(line.raw_material, line.green) > line.quantity),
        ("measured_power", measured is not None and line.carrier.is_power),
        ("not_positive", measured is not None and measured <= 0),
        ("measured_without_evidence", measured is not None and not line.evidence.strip()),
    )
    for code, wrong in problems:
        if wrong:
            raise EnergyError(code, **facts)


def _multiply(line: EnergyLine, family: str) -> Decimal:
    """The quantity in the family's smallest unit (kg of coal, kWh)."""
    return EXACT.multiply(line.quantity, Decimal(find_unit(line.carrier.unit, family).factor))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, amounts, ZERO)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP, context=EXACT))


def _on_basis(lines: Sequence[EnergyLine], coefficients: Sequence[Coefficient], basis: Basis, year: int) -> BasisTotals:
    results = []
    for line in lines:
        row = None
        if line.measured_kgce is None:
            row = coefficient_for(coefficients, line.carrier.code, basis, year)
        factor = line.measured_kgce if row is None else row.kgce
        parts = (EXACT.multiply(part, factor) for part in (line.quantity, line.raw_material, line.green))
        results.append(LineEnergy(line, factor, row, *parts))
    total = _sum(result.total for result in results)
    charged = _sum(result.charged for result in results)
    raw_material = _sum(result.raw_material for result in results)
    green = _sum(result.green for result in results)
    return BasisTotals(tuple(results), _whole(total), _whole(charged), total, raw_material, green)


@dataclass(frozen=True, slots=True)
class Size:
    """A project's yearly size for the examination: tce on the calorific basis, tonnes of coal, kWh."""

    tce: Decimal
    coal_t: Decimal = ZERO
    kwh: Decimal = ZERO

    def __add__(self, other: "Size") -> "Size":
        pairs = ((self.tce, other.tce), (self.coal_t, other.coal_t), (self.kwh, other.kwh))
        return Size(*(EXACT.add(a, b) for a, b in pairs))


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """From `effective_from`, projects that reach any of the thresholds (None: not tested) are examined at `level`.

    The rules of one date are a version and replace all earlier ones together. The row of level EXEMPT has no threshold.
    """

    effective_from: date
    level: Level
    min_tce: Decimal | None = None
    min_coal_t: Decimal | None = None
    min_kwh: Decimal | None = None
    source: str = ""
    checked: bool = True

    def reached(self, size: Size) -> tuple[str, ...]:
        """Which thresholds `size` reaches (a threshold itself is reached): of "tce", "coal_t", "kwh"."""
        tests = (
            ("tce", size.tce, self.min_tce),
            ("coal_t", size.coal_t, self.min_coal_t),
            ("kwh", size.kwh, self.min_kwh),
        )
        return tuple(name for name, value, least in tests if least is not None and value >= least)


@dataclass(frozen=True, slots=True)
class Review:
    """Who examines, under which row (None where a version has none for exemption), for which thresholds, since when."""

    level: Level
    rule: ReviewRule | None
    reached: tuple[str, ...]
    since: date


def rules_on(rules: Iterable[ReviewRule], on: date) -> tuple[ReviewRule, ...]:
    """The version in force on a day, from the highest level down. EnergyError "no_rule" before the first."""
    rules = [rule for rule in rules if rule.effective_from <= on]
    if not rules:
        raise EnergyError("no_rule", on=on)
    since = max(rule.effective_from for rule in rules)
    return tuple(sorted((rule for rule in rules if rule.effective_from == since), key=lambda rule: -rule.level.rank))


def review_level(size: Size, on: date, rules: Iterable[ReviewRule]) -> Review:
    """Which level examines a project of this size on this day: the highest that it reaches, else it is exempt."""
    version = rules_on(rules, on)
    for rule in version:
        if reached := rule.reached(size):
            return Review(rule.level, rule, reached, rule.effective_from)
    exempt = next((rule for rule in version if rule.level == Level.EXEMPT), None)
    return Review(Level.EXEMPT, exempt, (), version[0].effective_from)


@dataclass(frozen=True, slots=True)
class Filed:
    """A project as it was filed: by whom, where, when, how big."""

    code: str
    enterprise: str
    park: str
    filed_on: date
    size: Size


@dataclass(frozen=True, slots=True)
class Split:
    """Projects, in order of filing, that together reach the threshold of `rule` and none of them alone."""

    enterprise: str
    park: str
    projects: tuple[Filed, ...]
    total: Size
    rule: ReviewRule
    reached: tuple[str, ...]


def splitting(projects: Iterable[Filed], rules: Sequence[ReviewRule]) -> tuple[Split, ...]:
    """Groups of projects of one enterprise in one park that look like one project cut in pieces.

    For each level: projects below it, filed within twelve months (the day a year after the first filing still
    belongs, 《民法典》 art. 202), whose sum reaches it under the rules in force when the last of them was filed. Only
    groups that are not part of a larger one, by enterprise, park, first filing, level from the highest down.
    """

    def place(project: Filed) -> tuple[str, str]:
        return project.enterprise, project.park

    found = []
    ordered = sorted(projects, key=lambda project: (*place(project), project.filed_on, project.code))
    for _, group in groupby(ordered, key=place):
        found += _largest(_windows(tuple(group), rules))
    return tuple(found)


def _windows(filed: tuple[Filed, ...], rules: Sequence[ReviewRule]) -> Iterable[Split]:
    for start, first in enumerate(filed):
        last_day = add_months(first.filed_on, SPLITTING_MONTHS)
        window = [project for project in filed[start:] if project.filed_on <= last_day]
        for end in sorted({project.filed_on for project in window}):
            inside = [project for project in window if project.filed_on <= end]
            for rule in rules_on(rules, end) if any(rule.effective_from <= end for rule in rules) else ():
                pieces = tuple(project for project in inside if not rule.reached(project.size))
                total = sum((project.size for project in pieces), Size(ZERO))
                if len(pieces) > 1 and (reached := rule.reached(total)):
                    yield Split(first.enterprise, first.park, pieces, total, rule, reached)


def _largest(splits: Iterable[Split]) -> list[Split]:
    """Those that are not part of another one of the same level; each once."""
    kept: dict[tuple[Level, frozenset[str]], Split] = {}
    for split in splits:
        kept.setdefault((split.rule.level, frozenset(project.code for project in split.projects)), split)
    largest = [
        split
        for (level, codes), split in kept.items()
        if not any(level == other_level and codes < others for other_level, others in kept)
    ]
    return sorted(largest, key=lambda split: (split.projects[0].filed_on, -split.rule.level.rank))
