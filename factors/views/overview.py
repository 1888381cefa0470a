"""The overview of quota: every pool of every factor, and beside it years, expiring reservations, recoverable stock."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import F, Q
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from factors import overview, reservations, rights
from factors.models import (
    Account,
    BlockEpisode,
    Book,
    Demand,
    FactorKind,
    FactorSource,
    Reservation,
    StockAmount,
    StockAsset,
    Voucher,
)
from factors.views.common import as_of, number, today
from people.access import allows, needs, visible_to
from people.models import District
from projects.models import Park

EXPIRING_DAYS, EXPIRING_SOON = 30, 7
PANEL_ROWS = 8
YEAR_COLUMNS = 4
OLDEST_YEAR, NEWEST_YEAR = 2000, 2100


@require_GET
@needs("factor.view")
def factor_overview(request):
    """Show the pools of a year with their figures. About twenty queries, however many pools and entries there are."""
    reservations.sweep(timezone.now())
    filters = filters_of(request)
    sections = overview.sections(filters)
    rows = [row for section in sections for row in section.rows]
    _attach_demands(request.user, rows, filters)
    first = next((section for section in sections if section.total is not None), None)
    context = {
        "filters": filters,
        "sections": sections,
        "opened": _opened(request, rows),
        "blocked": sum(row.figures.blocked for row in rows if not row.is_cap),
        "blocked_projects": _blocked_projects(filters),
        "choices": _choices(filters),
        "years_panel": _years(filters, first),
        "expiring": _expiring(request.user, rows),
        "stock": _stock(request.user, rows),
        "waiting": Voucher.objects.filter(status=Voucher.Status.SUBMITTED).exclude(maker=request.user).count()
        if allows(request.user, "factor.check")
        else 0,
        "is_past": filters.as_of is not None,
        "may_make": allows(request.user, "factor.make"),
        "may_plan": allows(request.user, "unlock.plan"),
        "breadcrumbs": [],
    }
    return render(request, "factors/overview.html", context)


def filters_of(request) -> overview.Filters:
    """Return the filters of the query string; what is none is left out."""
    query = request.GET
    groups, bases = FactorKind.Group.values, {Book.Basis.CALORIFIC, Book.Basis.PRIMARY}
    year = number(query.get("year", ""), today().year)
    return overview.Filters(
        year=year if OLDEST_YEAR <= year <= NEWEST_YEAR else today().year,
        group=query.get("group", "") if query.get("group") in groups else "",
        basis=query.get("basis") if query.get("basis") in bases else Book.Basis.CALORIFIC,
        source=query.get("source", "")[:20],
        place=query.get("place", "")[:24],
        as_of=as_of(query.get("as_of", "")),
        only_blocked=query.get("only") == "blocked",
    )


def _choices(filters) -> dict:
    """Return what the filters offer. Five small queries."""
    groups = dict(FactorKind.Group.choices)
    used = set(FactorKind.objects.filter(active=True).values_list("group", flat=True))
    years = {p for p in Account.objects.filter(role="pool").values_list("period", flat=True).distinct() if p.isdigit()}
    sources = FactorSource.objects.filter(~Q(code=""), is_cap=False)
    if filters.group:
        sources = sources.filter(kind__group=filters.group)
    return {
        "groups": [(code, label) for code, label in groups.items() if code in used],
        "years": sorted(years | {str(filters.year), str(today().year)}, reverse=True),
        "sources": list(sources.order_by("kind__position", "position").values_list("code", "name")),
        "districts": list(District.objects.filter(accounts__role="pool").distinct().values_list("code", "name")),
        "parks": list(Park.objects.filter(accounts__role="pool").distinct().values_list("code", "name")),
    }


def _attach_demands(user, rows, filters) -> None:
    """Put the open demands that the reader may see under their pools. One query."""
    if filters.as_of:
        return
    lacking = [row.account.pk for row in rows if row.account and row.figures.gap]
    found = defaultdict(list)
    if lacking:
        for demand in overview.open_demands(lacking, visible_to(Demand.objects.all(), user)):
            found[demand.pool_id].append(demand)
    since = _since([demand.pk for demands in found.values() for demand in demands])
    for row in rows:
        if row.account:
            row.demands = found[row.account.pk]
            row.more = row.figures.blocked + row.figures.waiting - len(row.demands)
            for demand in row.demands:
                demand.since = since.get(demand.pk)


def _since(ids) -> dict:
    """Return since when demands are blocked, by their open episodes. One query."""
    rows = BlockEpisode.objects.filter(demand__in=ids, closed_at__isnull=True).order_by()
    return dict(rows.values_list("demand", "opened_at")) if ids else {}


def _opened(request, rows) -> int | None:
    """Return the pool whose demands are shown: the one asked for, else the one that lacks most of the first factor."""
    asked = number(request.GET.get("open", ""))
    if asked is not None:
        return asked
    lacking = [row for row in rows if row.account and row.demands]
    first = [row for row in lacking if row.book.kind_id == lacking[0].book.kind_id]
    return max(first, key=lambda row: row.figures.net).account.pk if first else None


def _blocked_projects(filters) -> int:
    demands = Demand.objects.filter(
        Q(book__basis="") | Q(book__basis=filters.basis), blocked=True, period__in=filters.periods
    )
    if filters.group:
        demands = demands.filter(book__kind__group=filters.group)
    return demands.order_by().values("project").distinct().count()


def _years(filters, section) -> dict | None:
    """Return the panel by year and source of the first factor shown. Three queries."""
    if section is None:
        return None
    lines, this = overview.by_year(filters, section.kind.pk)
    columns = this if len(this) <= YEAR_COLUMNS else []
    handed_on = sum(origins.get("carried", 0) for _account, origins in this) < 0
    carried = _("carried over to %(year)d") if handed_on else _("carried over from %(year)d")
    labels = [("carried", carried % {"year": filters.year + 1 if handed_on else filters.year - 1})]
    labels += [
        ("issued", _("%(year)d granted from above") % {"year": filters.year}),
        ("recovered", _("%(year)d recovered") % {"year": filters.year}),
        ("moved", _("%(year)d between pools") % {"year": filters.year}),
    ]
    table = []
    for origin, label in labels:
        amounts = [(account, origins.get(origin, 0)) for account, origins in columns]
        total = sum(origins.get(origin, 0) for _account, origins in this)
        table.append((label, amounts, total, origin))
    return {
        "kind": section.kind,
        "basis": next((row.book.get_basis_display() for row in section.rows if row.book.basis), ""),
        "lines": lines,
        "scale": max((line.total for line in lines), default=0),
        "columns": [account for account, _origins in columns],
        "table": table,
        "totals": [(account, sum(origins.values())) for account, origins in columns],
        "total": sum(sum(origins.values()) for _account, origins in this),
    }


def _expiring(user, rows) -> dict:
    """Return reservations of the shown pools that run out soon, into accounts that the reader may see. Two queries."""
    ids = [row.account.pk for row in rows if row.account and not row.is_cap]
    now = today()
    found = Reservation.objects.filter(
        pool__in=ids,
        resolved_by__isnull=True,
        twin_of__isnull=True,
        expires_on__lte=now + timedelta(days=EXPIRING_DAYS),
        holding__in=rights.visible_accounts(user).order_by().values("pk"),
    )
    shown = found.select_related("pool__book__kind", "pool__book__source", "holding__project").order_by(
        "expires_on", "pk"
    )[:PANEL_ROWS]
    reservations = list(shown)
    for reservation in reservations:
        reservation.days = (reservation.expires_on - now).days
        reservation.soon = reservation.days <= EXPIRING_SOON
    return {"rows": reservations, "total": found.count(), "days": EXPIRING_DAYS}


def _stock(user, rows) -> dict:
    """Return stock that could be recovered into the shown pools, verified first. One query."""
    ids = [row.account.pk for row in rows if row.account]
    assets = visible_to(StockAsset.objects.filter(status__in=["checking", "verified"]), user).order_by().values("pk")
    amounts = (
        StockAmount.objects.filter(asset__in=assets, pool__in=ids, recoverable__gt=F("recovered"))
        .select_related("asset", "book__kind", "pool")
        .order_by("asset__plan_on", "pk")
    )
    found = list(amounts[:200])
    verified: dict = {}
    for amount in found:
        amount.left = amount.recoverable - amount.recovered
        amount.is_verified = amount.asset.status == "verified"
        if amount.is_verified:
            kind = amount.book.kind
            verified[kind] = verified.get(kind, 0) + amount.left
    return {"rows": found[:PANEL_ROWS], "verified": list(verified.items()), "total": len(found)}
