"""The energy form of a project: saving one (the one before is kept), who examines it, the demand that it gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import demands, energy, pools
from factors.models import (
    Book,
    Demand,
    EnergyCarrier,
    EnergyCoefficient,
    EnergyForm,
    EnergyLine,
    ReviewRule,
)
from factors.refusals import Refused
from people import audit
from projects.models import Project

CODE = re.compile(r"(\d\d)(0[1-9]|1[0-2])-")
"""The first block of a national project code: year and month in which the project was filed."""


def carriers() -> dict[str, EnergyCarrier]:
    """Return the carriers by code in the order of the form. One query."""
    return {row.code: row for row in EnergyCarrier.objects.all()}


def pure(carrier: EnergyCarrier) -> energy.Carrier:
    """Return a carrier as the rules know it."""
    return energy.Carrier(carrier.code, carrier.name, carrier.unit, carrier.is_coal, carrier.is_power)


def coefficients() -> tuple[energy.Coefficient, ...]:
    """Return the stored coefficients. One query."""
    rows = EnergyCoefficient.objects.select_related("carrier")
    return tuple(
        energy.Coefficient(
            row.carrier.code, energy.Basis(row.basis), row.year, row.kgce_per_unit, row.source, row.checked
        )
        for row in rows
    )


def rules() -> tuple[energy.ReviewRule, ...]:
    """Return the stored review rules. One query."""
    return tuple(
        energy.ReviewRule(
            row.effective_from, energy.Level(row.level), row.min_tce, row.min_coal_t, row.min_kwh, row.source,
            row.checked,
        )
        for row in ReviewRule.objects.all()
    )  # fmt: skip


def current(project: Project) -> EnergyForm | None:
    """Return the form that holds: the latest that none replaced. One query."""
    return EnergyForm.objects.filter(project=project, superseded_by=None).select_related("made_by", "demand").first()


def lines_of(form: EnergyForm) -> list[energy.EnergyLine]:
    """Return the lines of a saved form as the rules know them. One query."""
    return [
        energy.EnergyLine(
            pure(row.carrier), row.quantity, row.raw_material, row.green, row.measured_kgce, row.evidence
        )
        for row in form.lines.select_related("carrier").order_by("carrier__position", "pk")
    ]  # fmt: skip


def totals_of(form: EnergyForm) -> energy.EnergyTotals:
    """Return a saved form computed with the coefficients as they are stored today. Two queries.

    :raises EnergyError: a coefficient was taken away since.
    """
    return energy.compute(lines_of(form), coefficients(), form.year)


# --- who examines --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Examination:
    """Who examines a project of this size on a day, and the groups of projects that look like one cut in pieces.

    `review` is None where no rule is stored for the day. `projects` are the rows behind the codes in `splits`.
    """

    review: energy.Review | None
    splits: tuple[energy.Split, ...]
    projects: dict[str, Project]

    @property
    def level(self) -> str:
        """The level by code, blank where no rule says."""
        return str(self.review.level) if self.review else ""


def examine(project: Project, size: energy.Size, on: date) -> Examination:
    """Judge a project of `size` by the rules in force on a day, its sister projects beside it. Two queries."""
    known = rules()
    try:
        review = energy.review_level(size, on, known)
    except energy.EnergyError:
        return Examination(None, (), {})
    sisters = _sisters(project)
    filed = [_filed(project, size), *(_filed(form.project, size_of(form)) for form in sisters)]
    splits = tuple(
        split
        for split in energy.splitting(filed, known)
        if any(one.code == project.code for one in split.projects)
    )  # fmt: skip
    return Examination(review, splits, {form.project.code: form.project for form in sisters})


def size_of(form: EnergyForm) -> energy.Size:
    """Return the size of a saved form, from its stored totals."""
    return energy.Size(
        Decimal(form.total_calorific).scaleb(-3), Decimal(form.coal_kg).scaleb(-3), Decimal(form.power_kwh)
    )


def _sisters(project: Project) -> list[EnergyForm]:
    """Forms of the same enterprise's other projects in the same park."""
    if project.enterprise_id is None or project.park_id is None:
        return []
    return list(
        EnergyForm.objects.filter(
            superseded_by=None, project__enterprise=project.enterprise_id, project__park=project.park_id
        )
        .exclude(project=project)
        .exclude(project__status=Project.Status.CANCELLED)
        .select_related("project")
        .order_by("project__code")
    )


def filed_on(project: Project) -> date:
    """Return when a project was filed: the month in its code (its first day), else the day it was recorded here."""
    match = CODE.match(project.code)
    if match:
        return date(2000 + int(match[1]), int(match[2]), 1)
    return timezone.localtime(project.created_at).date()


def _filed(project: Project, size: energy.Size) -> energy.Filed:
    return energy.Filed(project.code, str(project.enterprise_id), str(project.park_id), filed_on(project), size)


# --- saving --------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(
    *,
    by,
    now: datetime,
    project: Project,
    year: int,
    lines: Sequence[energy.EnergyLine],
    note: str = "",
    seen: int | None = None,
) -> EnergyForm:
    """Save a form; the one that held is kept and marked as replaced. `seen`: the form that the writer began from.

    :raises PermissionDenied: without the right to register the project's demands.
    :raises Refused: no line, a line that cannot be computed, or somebody saved another form meanwhile.
    """
    _require(by, project)
    if not lines:
        raise Refused("no_lines", _("Fill in at least one energy carrier."))
    try:
        totals = energy.compute(lines, coefficients(), year)
    except energy.EnergyError as error:
        raise Refused(error.code, words(error)) from error
    old = EnergyForm.objects.select_for_update().filter(project=project, superseded_by=None).first()
    if (old and old.pk) != seen:
        raise Refused("changed", _("Somebody saved another form meanwhile. Look at it and write yours anew."))
    form = EnergyForm.objects.create(
        project=project,
        demand=old and old.demand,
        year=year,
        note=note.strip()[:300],
        total_calorific=totals.calorific.total,
        total_primary=totals.primary.total,
        charged_calorific=totals.calorific.charged,
        charged_primary=totals.primary.charged,
        coal_kg=totals.coal_kg,
        power_kwh=totals.power_kwh,
        review_level=examine(project, totals.size, timezone.localtime(now).date()).level,
        made_by=by,
        made_at=now,
    )
    rows = carriers()
    EnergyLine.objects.bulk_create(
        EnergyLine(
            form=form,
            carrier=rows[line.carrier.code],
            quantity=line.quantity,
            raw_material=line.raw_material,
            green=line.green,
            measured_kgce=line.measured_kgce,
            evidence=line.evidence,
        )
        for line in lines
    )
    if old is not None:
        EnergyForm.objects.filter(pk=old.pk).update(superseded_by=form)
    audit.record(
        "ledger.asset",
        by=by,
        target=form,
        now=now,
        on="energy_form",
        code=project.code,
        calorific=form.charged_calorific,
        primary=form.charged_primary,
    )
    return form


def _require(by, project) -> None:
    if not demands.may_register(by, project):
        raise PermissionDenied("factor.demand")


def words(error: energy.EnergyError) -> str:
    """Return the sentence for a form that cannot be computed."""
    sentences = {
        "negative": _("%(name)s: amounts are never below zero."),
        "parts_exceed": _("%(name)s: raw material and renewable use together are more than the quantity."),
        "not_positive": _("%(name)s: a measured value is above zero."),
        "measured_without_evidence": _("%(name)s: say where the value was measured."),
        "measured_power": _("%(name)s: a kWh is worth the same everywhere, no measured value is taken."),
        "no_coefficient": _("No coefficient of %(carrier)s is stored for %(year)s."),
    }
    return sentences.get(error.code, _("The form cannot be computed.")) % error.facts


# --- the demand ----------------------------------------------------------------------------------------------------


def books() -> list[Book]:
    """Return the books of energy that a form can register a demand in: one for each basis. One query."""
    rows = Book.objects.filter(kind__family="energy", kind__active=True, source__is_cap=False).exclude(basis="")
    return list(rows.select_related("kind", "source").order_by("kind__position", "basis"))


def charged(form: EnergyForm, book: Book) -> int:
    """Return what the form charges on the book's basis, in kgce."""
    return form.charged_calorific if book.basis == Book.Basis.CALORIFIC else form.charged_primary


@transaction.atomic
def register(
    *, by, now: datetime, form: EnergyForm, book: Book, year: int, reason: str = "", needed_by: date | None = None
) -> Demand:
    """Register what the form charges on the book's basis as the project's demand, or change the one there is.

    :raises PermissionDenied: without the right.
    :raises Refused: the form was replaced, nothing is charged, or a change without a reason.
    """
    form = EnergyForm.objects.select_for_update(of=("self",)).select_related("project").get(pk=form.pk)
    project = Project.objects.select_related("district__parent", "park", "enterprise").get(pk=form.project_id)
    _require(by, project)
    if form.superseded_by_id is not None:
        raise Refused("superseded", _("A later form replaced this one."))
    amount = charged(form, book)
    if amount == 0:
        raise Refused("nothing", _("Nothing is charged on this basis; declare that the project needs no quota."))
    period = pools.period_of(book.kind, year)
    open_one = (
        Demand.objects.select_related("book__kind", "project")
        .filter(project=project, book=book, period=period, closed_on=None)
        .first()
    )
    if open_one is None:
        note = _("From the energy form of %(day)s") % {"day": f"{timezone.localtime(form.made_at):%Y-%m-%d}"}
        demand = demands.register(
            by=by, now=now, project=project, book=book, period=period, amount=amount, needed_by=needed_by, note=note
        )
    else:
        demand = demands.change(
            by=by,
            now=now,
            demand=open_one,
            amount=amount,
            reason=reason,
            needed_by=needed_by or open_one.needed_by,
            note=open_one.note,
        )
    EnergyForm.objects.filter(pk=form.pk).update(demand=demand)
    return demand
