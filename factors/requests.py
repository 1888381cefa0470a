"""The queue for a scarce factor: projects ask, the rule advises an order, a human decides and says why."""

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from factors import actions, quantity, rights, standing
from factors.building import LineDraft
from factors.models import Account, Demand, Posting, QuotaRequest
from factors.refusals import Refused
from people import audit
from people.access import allows, may_manage, visible_to
from projects.models import Project

LEVELS = {"national": 4, "provincial": 3, "city": 2, "county": 1, "none": 0}


@transaction.atomic
def ask(*, by, demand: Demand, amount: int, now: datetime, note: str = "") -> QuotaRequest:
    """Put a demand into the queue of its pool. One waiting request for each demand.

    :raises PermissionDenied: the person neither manages the project nor keeps the pool.
    :raises Refused: the demand is closed, needs less, or waits already.
    """
    _require_asking(by, demand)
    demand = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    if demand.closed_on is not None:
        raise Refused("closed", _("The demand was given up."))
    if not 0 < amount <= demand.gap:
        raise Refused("more_than_gap", _("Ask for no more than what is missing, and for something."), "amount")
    if demand.requests.filter(status=QuotaRequest.Status.WAITING).exists():
        raise Refused("waits_already", _("The demand waits in the queue already."))
    request = QuotaRequest.objects.create(demand=demand, amount=amount, note=note.strip(), asked_by=by, asked_at=now)
    audit.record("ledger.request", by=by, target=request, now=now, after=request.status)
    return request


def _require_asking(by, demand: Demand) -> None:
    if rights.keeps_demand(by, demand):
        return
    if not allows(by, "factor.demand") or not may_manage(by, demand.project):
        raise PermissionDenied("factor.demand")


@transaction.atomic
def withdraw(*, by, request: QuotaRequest, now: datetime) -> QuotaRequest:
    """Take a waiting request back."""
    row = _waiting(request)
    _require_asking(by, row.demand)
    row.status, row.decided_by, row.decided_at = QuotaRequest.Status.WITHDRAWN, by, now
    row.save(update_fields=["status", "decided_by", "decided_at"])
    audit.record("ledger.request", by=by, target=row, now=now, after=row.status)
    return row


@transaction.atomic
def decide(*, by, request: QuotaRequest, grant: bool, reason: str, now: datetime, amount: int | None = None):
    """Decide a request and keep the reason, with the place that the rule gave and its figures.

    A grant makes the draft of a reservation (`request.voucher`), which goes the way of every voucher; `amount` may be
    less than was asked for, and is never more than the demand lacks by now. Returns the request.

    :raises PermissionDenied: the person does not keep the pool.
    :raises Refused: it is decided, without reason, or grants what was not asked for or is not missing.
    """
    row = _waiting(request)
    if not rights.keeps_demand(by, row.demand):
        raise PermissionDenied("factor.make")
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason of the decision."), "reason")
    if grant:
        amount = _granted(row, row.wanted if amount is None else amount)
    row.advice = advice(row)
    if grant:
        row.voucher = actions.draft_voucher(
            by=by,
            now=now,
            kind=Posting.Kind.RESERVE,
            lines=[LineDraft(demand=row.demand, amount=amount)],
            summary=row.demand.project.name[:200],
            reason=reason,
        )
    row.status = QuotaRequest.Status.GRANTED if grant else QuotaRequest.Status.DECLINED
    row.decided_by, row.decided_at, row.decision_reason = by, now, reason.strip()
    row.save()
    audit.record("ledger.request", by=by, target=row, now=now, after=row.status, note=row.decision_reason)
    return row


def _granted(row: QuotaRequest, amount: int) -> int:
    if row.demand.gap <= 0:
        raise Refused(
            "nothing_missing", _("Nothing is missing for this demand any more: decline or withdraw."), "amount"
        )
    if not 0 < amount <= row.amount:
        raise Refused("more_than_asked", _("Grant no more than was asked for, and something."), "amount")
    if amount > row.demand.gap:
        kind = row.demand.book.kind
        left = quantity.show(row.demand.gap, kind.family, kind.unit, with_unit=True)
        raise Refused("more_than_gap", _("Only %(gap)s are missing by now: grant no more.") % {"gap": left}, "amount")
    return amount


def follow(demand: Demand, *, by, now: datetime, reason: str) -> None:
    """Bring the waiting request of a demand that was changed into line: it asks for no more than is missing.

    Where nothing is missing any more it leaves the queue. In the transaction of the change. Two queries at the most.
    """
    row = QuotaRequest.objects.select_for_update().filter(demand=demand, status=QuotaRequest.Status.WAITING).first()
    if row is None or row.amount <= demand.gap:
        return
    if demand.gap <= 0:
        row.status, row.decided_by, row.decided_at = QuotaRequest.Status.WITHDRAWN, by, now
        row.decision_reason = reason[:500]
    else:
        row.amount = demand.gap
    row.save(update_fields=["status", "decided_by", "decided_at", "decision_reason", "amount"])
    audit.record("ledger.request", by=by, target=row, now=now, after=row.status, amount=row.amount, note=reason)


def _waiting(request: QuotaRequest) -> QuotaRequest:
    row = QuotaRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if row.status != QuotaRequest.Status.WAITING:
        message = _("The request is settled already: %(status)s.")
        raise Refused("settled", message % {"status": row.get_status_display()})
    row.demand = Demand.objects.select_related(
        "project__enterprise", "project__district", "book__kind", "book__source", "pool__book__kind", "pool__cap"
    ).get(pk=row.demand_id)
    return row


# --- the advice ----------------------------------------------------------------------------------------------------


def queue(pool: Account | None = None):
    """Return waiting requests, all or those for a pool, with what the list shows; the longest wait first."""
    rows = QuotaRequest.objects.filter(status=QuotaRequest.Status.WAITING).select_related(
        "demand__project__enterprise", "demand__book__kind", "demand__book__source", "demand__pool", "asked_by"
    )
    return rows.filter(demand__pool=pool) if pool is not None else rows


def ranked(rows, needs: dict | None = None) -> tuple[standing.Ranked, ...]:
    """Return the order that the rule advises for requests of one pool (`standing.PRIORITY`).

    No query with `needs` of their projects, else one.
    """
    rows = list(rows)
    known = needs_of(rows) if needs is None else needs
    return standing.advisory_order(standing.Request(str(row.pk), figures(row, known)) for row in rows)


def figures(row: QuotaRequest, needs: dict) -> dict:
    """Return what the rule compares: key level, yearly tax per 亩, yearly output per tce, and since when. No query.

    Tax and output are those of the project at full production, 10,000 yuan, rounded to two places as they are shown;
    land and energy (`needs`, of `needs_of`) are what it has registered. What is not on record is left out, and such
    requests come behind those that have it.
    """
    project = row.demand.project
    found = {"key_level": LEVELS[project.key_level], "waiting_since": row.asked_at.date()}
    for code, value, group in (
        ("tax_per_mu", project.tax_wan, "land"),
        ("output_per_tce", project.output_wan, "energy"),
    ):
        need = needs.get((project.pk, group))
        if value is not None and need:
            found[code] = (Decimal(value) / need).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return found


SITE = ("land", "stock")
"""Kinds of land that a project stands on; quota for balance, linking or forest is no area of its own."""
ENERGY = "energy"


def needs_of(rows) -> dict[tuple[int, str], Decimal]:
    """Return 亩 of site and tce of energy registered by the projects of requests. One query.

    By (project, "land" or "energy"). Land of several years adds up. Energy is used every year: the largest year counts,
    as the calorific value, and as the primary where a project has registered no other.
    """
    projects = {row.demand.project_id for row in rows}
    demands = Demand.objects.filter(project__in=projects, closed_on=None, book__kind__code__in=(*SITE, ENERGY))
    names = (
        "project_id",
        "amount",
        "period",
        "book__basis",
        "book__kind__code",
        "book__kind__family",
        "book__kind__unit",
    )
    land, energy = defaultdict(Decimal), defaultdict(Decimal)
    for project, amount, period, basis, kind, family, unit in demands.values_list(*names):
        measured = Decimal(amount) / quantity.family_of(family).unit(unit).factor
        if kind == ENERGY:
            energy[project, basis, period] += measured
        else:
            land[project, "land"] += measured
    found = dict(land)
    for basis in ("primary", "calorific"):  # the calorific value, where there is one, stands in the end
        years = defaultdict(Decimal)
        for (project, told, _period), measured in energy.items():
            if told == basis:
                years[project, "energy"] = max(years[project, "energy"], measured)
        found |= years
    return found


def advice(row: QuotaRequest) -> dict:
    """Return the place that the rule gives a request among those that wait for its pool, as it is kept with the
    decision: place, of how many, the figures, and the criterion that put it behind the one before. Two queries.
    """
    rows = list(queue(row.demand.pool)) if row.demand.pool_id else [row]
    order = ranked(rows)
    mine = next(r for r in order if r.request.code == str(row.pk))
    known = {code: str(value) for code, value in mine.request.figures.items()}
    return {"place": mine.place, "of": len(order), "because": mine.because, "figures": known}


def visible_requests(user):
    """Return the requests of projects that the person may see. Adds conditions only."""
    if not allows(user, "factor.view"):
        return QuotaRequest.objects.none()
    projects = visible_to(Project.objects.all(), user).order_by().values("pk")
    return QuotaRequest.objects.filter(demand__project__in=projects)
