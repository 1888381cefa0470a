"""The one queryset behind everything that shows what projects lack: list, page, workbenches, exports, overview.

A demand is secured (nothing missing), obtainable (its pool can give what is missing: somebody must act) or blocked.
The ledger keeps the verdict on the demand (`factors.blocks`); here it is read together with pool, amounts and days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from factors import quantity, standing
from factors.blocks import AVAILABLE
from factors.models import Account, Demand, Reservation, StockAmount, StockAsset
from factors.standing import Offer, State, Way
from people.access import visible_to

STATE_LABELS = {
    State.SECURED: gettext_lazy("secured"),
    State.OBTAINABLE: gettext_lazy("to be dealt with"),
    State.BLOCKED: gettext_lazy("blocked"),
}
LIGHTS = {State.SECURED: "green", State.OBTAINABLE: "amber", State.BLOCKED: "blocked"}
"""The shape and colour that each state borrows from the lights."""

EXPIRING_DAYS = 30
OTHERS = 5
"""Reservations, pools and stocks named at most for one demand."""


def demand_states() -> QuerySet[Demand]:
    """Return the open demands with what is shown of them, in one query of one row each.

    Annotations: `state` (secured, obtainable, blocked), `available` of the pool, `confirmed`, `reserved`, `short` (what
    of the gap the pool cannot give) and `since` (when the open block episode began).
    """
    return (
        Demand.objects.filter(closed_on__isnull=True)
        .select_related("book__kind", "book__source", "pool__department", "book__kind__department")
        .alias(episode=FilteredRelation("episodes", condition=Q(episodes__closed_at__isnull=True)))
        .annotate(
            state=Case(
                When(gap__lte=0, then=Value(State.SECURED.value)),
                When(blocked=True, then=Value(State.BLOCKED.value)),
                default=Value(State.OBTAINABLE.value),
                output_field=CharField(),
            ),
            available=Coalesce(AVAILABLE, 0),
            confirmed=Coalesce(F("holding__credits_posted") - F("holding__debits_posted"), 0),
            reserved=Coalesce(F("holding__credits_pending"), 0),
            since=F("episode__opened_at"),
        )
        .order_by("book__kind__position", "book__source__position", "book__basis", "period", "pk")
    )


def missing_demands() -> QuerySet[Demand]:
    """Return the open demands that lack something, blocked or obtainable."""
    return demand_states().filter(gap__gt=0)


def blocked_demands() -> QuerySet[Demand]:
    """Return the blocked demands with their projects, the longest blocked first."""
    return (
        demand_states()
        .filter(blocked=True)
        .select_related("project__enterprise", "project__park", "project__district")
        .order_by("since", "pk")
    )


def visible_states(user) -> QuerySet[Demand]:
    """Return the open demands of projects that the person may see, with their projects."""
    with_projects = demand_states().select_related("project__enterprise", "project__park", "project__district")
    return visible_to(with_projects, user)


def of_projects(projects: Iterable[int]) -> dict[int, list[Demand]]:
    """Return the demands of projects that lack something, by project, blocked ones first. One query."""
    found: dict[int, list[Demand]] = {}
    for demand in missing_demands().filter(project__in=list(projects)):
        found.setdefault(demand.project_id, []).append(demand)
    for demands in found.values():
        demands.sort(key=lambda demand: not demand.blocked)
    return found


# --- words ---------------------------------------------------------------------------------------------------------


def amount(value: int, of: Demand | Account) -> str:
    """Return an amount with its unit and every digit, as it stands in the book of a demand or an account."""
    kind = of.book.kind
    return quantity.exact(value, kind.family, kind.unit)


def factor_name(demand: Demand) -> str:
    """Return the factor, with its source or basis where it has several."""
    return str(demand.book)


def gap_words(demand: Demand) -> str:
    """Return what is missing: “能耗缺 8,600 tce”."""
    return _("%(factor)s short of %(gap)s") % {"factor": demand.book.kind, "gap": amount(demand.gap, demand)}


def pool_words(demand: Demand) -> str:
    """Return what the pool has: “市级池可用 3,200 tce”, or that none serves the project."""
    if demand.pool is None:
        return _("no pool serves the project")
    return _("%(pool)s has %(available)s available") % {
        "pool": demand.pool.name,
        "available": amount(demand.available, demand),
    }


def who(demand: Demand) -> str:
    """Return the department that must act: of the pool, or in charge of the factor."""
    department = (demand.pool and demand.pool.department) or demand.book.kind.department
    return (department.short_name or department.name) if department else ""


def days(demand: Demand, today: date) -> int | None:
    """Return since how many calendar days a demand has been blocked; None when it is not."""
    return (today - timezone.localtime(demand.since).date()).days if demand.since else None


# --- what would free it --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relief:
    """A line of what would free a demand: words, and the address to open, if any."""

    text: str
    account: int | None = None


def ways_out(demand: Demand, today: date) -> standing.WaysOut:
    """Return what would free a blocked demand (annotated as by `demand_states`), the fastest first. Four queries.

    Reservations of the pool that run out within 30 days, recovered stock beside the pool, stock that is still being
    verified (named, never counted), holders with more than they need, and other pools of the book with balance.
    """
    short = max(0, demand.gap - max(0, demand.available))
    return standing.what_frees(
        short, [*_expiring(demand, today), *_stock(demand), *_surplus(demand), *_pools(demand)], today
    )


def _expiring(demand: Demand, today: date) -> list[Offer]:
    rows = (
        Reservation.objects.filter(
            pool=demand.pool_id, resolved_by__isnull=True, twin_of__isnull=True,
            expires_on__lte=today + timedelta(days=EXPIRING_DAYS),
        )
        .exclude(holding=demand.holding_id)
        .select_related("holding")
        .order_by("expires_on", "pk")
    )  # fmt: skip
    return [
        Offer(
            Way.EXPIRY, row.holding.name, row.amount, on=row.expires_on + timedelta(days=1), reference=str(row.pool_id)
        )
        for row in rows[:OTHERS]
    ]


def _stock(demand: Demand) -> list[Offer]:
    """Stock that could come into the pool: what is verified counts, what is still being checked is named."""
    if demand.pool_id is None:
        return []
    rows = (
        StockAmount.objects.filter(
            pool=demand.pool_id,
            book=demand.book_id,
            asset__status__in=[StockAsset.Status.CHECKING, StockAsset.Status.VERIFIED],
        )
        .select_related("asset")
        .order_by("-recoverable", "pk")
    )
    return [
        Offer(
            Way.RECOVER,
            row.asset.name,
            row.recoverable - row.recovered,
            on=row.asset.plan_on,
            verified=row.asset.status == StockAsset.Status.VERIFIED,
        )
        for row in rows[:OTHERS]
    ]


def _surplus(demand: Demand) -> list[Offer]:
    """Holdings of the same book and period with more confirmed than their demand."""
    rows = (
        Demand.objects.filter(book=demand.book_id, period=demand.period, gap__lt=0, holding__closed_on=None)
        .exclude(pk=demand.pk)
        .select_related("holding")
        .annotate(had=F("holding__credits_posted") - F("holding__debits_posted"))
        .order_by("gap")
    )
    return [
        Offer(Way.TRADE, row.holding.name, min(-row.gap, row.had), reference=str(row.holding_id))
        for row in rows[:OTHERS]
    ]


def _pools(demand: Demand) -> list[Offer]:
    rows = (
        Account.objects.filter(role="pool", book=demand.book_id, period=demand.period, closed_on=None)
        .exclude(pk=demand.pool_id)
        .annotate(left=F("credits_posted") - F("debits_posted") - F("debits_pending"))
        .filter(left__gt=0)
        .order_by("-left")
    )
    return [Offer(Way.REALLOCATE, row.name, row.left, reference=str(row.pk)) for row in rows[:OTHERS]]


_SENTENCES = {
    Way.EXPIRY: gettext_lazy("the reservation of %(name)s over %(amount)s ends, on %(date)s"),
    Way.RECOVER: gettext_lazy("recover %(amount)s from %(name)s"),
    Way.TRADE: gettext_lazy("%(name)s has %(amount)s more than it needs"),
    Way.REALLOCATE: gettext_lazy("%(name)s has %(amount)s available"),
}


def what_frees(demand: Demand, today: date) -> list[Relief]:
    """Return the ways out in words, the first what the pool is short of. Four queries.

    Names of projects whose reservation runs out or who have a surplus are told to who may see the demand: they compete
    for the same pool, and the pool's book names them (`factor.view`).
    """
    found = ways_out(demand, today)
    lines = []
    if demand.pool is not None:
        lines.append(
            Relief(_("the pool is short by %(short)s") % {"short": amount(found.short, demand)}, demand.pool_id)
        )
    else:
        lines.append(Relief(_("open a pool for the park or the district")))
    for option in found.options:
        offer = option.offer
        text = _SENTENCES[offer.way] % {
            "name": offer.name,
            "amount": amount(offer.amount, demand),
            "date": f"{offer.on - timedelta(days=1):%m-%d}" if offer.on else "",
        }
        if not offer.verified:
            text = _("%(text)s (not verified yet)") % {"text": text}
        elif option.enough:
            text = _("%(text)s: enough") % {"text": text}
        lines.append(Relief(str(text), int(offer.reference) if offer.reference else None))
    return lines
