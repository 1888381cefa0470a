"""What workbenches show of quota: a project manager's blocked demands and reservations that run out, an officer's
cases that a gate holds up, and what waits for a factor officer. A list that is cut says how many there are in all.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from approvals.models import Stage
from approvals.states import State
from factors import blocked, reservations, rights
from factors.demands import serves
from factors.models import Demand, FactorKind, QuotaRequest, Voucher
from people.access import allows, department_ids
from people.prepared import Prepared
from projects.models import Project

LIMIT = 10
FIRST_BLOCKED = Prepared(lambda: Project.objects.filter(blocked=True).order_by().values_list("pk")[:1])
FIRST_TO_END = Prepared(lambda: reservations.open_ones().order_by("expires_on").values_list("expires_on")[:1])


@dataclass(frozen=True)
class Shortage:
    """A blocked demand of one's project: what is missing, what the pool has, since how many days."""

    demand: Demand
    gap: str
    pool: str
    days: int | None


def shortages(projects, today, held_up: list[int] | None = None) -> dict:
    """Return the blocked demands of projects (a queryset), the longest blocked first. One query if none is, else 4.

    `held_up`: ids of those that are blocked, where the caller knows them: then one query less, none if none is.
    """
    if held_up == [] or held_up is None and not FIRST_BLOCKED():
        return {"rows": [], "total": 0}
    rows = blocked.blocked_demands()
    if projects.query.where:  # else all projects of the city
        if held_up is None:
            held_up = list(projects.order_by().filter(blocked=True).values_list("pk", flat=True))
        if not held_up:
            return {"rows": [], "total": 0}
        rows = rows.filter(project__in=held_up)
    shown = list(rows[: LIMIT + 1])
    return {
        "rows": [
            Shortage(d, blocked.gap_words(d), blocked.pool_words(d), blocked.days(d, today)) for d in shown[:LIMIT]
        ],
        "total": len(shown) if len(shown) <= LIMIT else rows.count(),
    }


def ending(projects, now) -> dict:
    """Return what is reserved for projects (a queryset) or their enterprises and runs out within 7 days, first first.

    One query where nothing in the city runs out, three at the most. Who confirms or renews it is the keeper of the
    pool; who has to ask him is the manager.
    """
    first = FIRST_TO_END()
    if not first or str(first[0][0]) > f"{now.date() + timedelta(days=reservations.NOTICE_DAYS)}":
        return {"rows": [], "total": 0}
    rows = reservations.expiring(now=now).filter(
        Q(holding__project__isnull=False) | Q(holding__enterprise__isnull=False)
    )
    if projects.query.where:  # else all projects of the city
        mine = projects.order_by()
        rows = rows.filter(
            Q(holding__project__in=mine.values("pk")) | Q(holding__enterprise__in=mine.values("enterprise"))
        )
    cut = _cut(rows)
    for row in cut["rows"]:
        row.days = (row.expires_on - now.date()).days
    return cut


def held_cases(departments) -> list[tuple[Stage, list[Demand]]]:
    """Return the open cases of departments that a blocked factor holds up, with the demands. Two queries."""
    stages = list(
        Stage.objects.filter(department__in=departments, closed_at__isnull=True, chain__project__blocked=True)
        .exclude(stage_template__gates=[])
        .exclude(state=State.NOT_APPLICABLE)
        .select_related("chain__project__enterprise", "stage_template")
        .order_by("chain__project__blocked_since", "id")
    )
    if not stages:
        return []
    demands: dict[int, list[Demand]] = {}
    for demand in blocked.demand_states().filter(blocked=True, project__in={s.chain.project_id for s in stages}):
        demands.setdefault(demand.project_id, []).append(demand)
    found = []
    for stage in stages:
        short = [
            demand
            for demand in demands.get(stage.chain.project_id, ())
            if any(serves(gate, demand) for gate in stage.stage_template.gates)
        ]
        if short:
            found.append((stage, short))
    return found


def case_context(user, departments, now) -> dict:
    """Return what the workbench of cases adds: held cases for everybody, the ledger's work for a factor officer.

    One query while there are no factors, else three, and six more for a factor officer.
    """
    if not FactorKind.objects.filter(active=True).exists():
        return {"held": [], "desk": None}
    held = [
        {"stage": stage, "short": [blocked.gap_words(d) for d in short], "pool": blocked.pool_words(short[0])}
        for stage, short in held_cases(departments)
    ]
    return {"held": held[:LIMIT], "held_total": len(held), "desk": _desk(user, now)}


def _desk(user, now) -> dict | None:
    """Return requests to decide, reservations that run out within 7 days, and vouchers to check."""
    if not allows(user, "factor.make") and not allows(user, "factor.check"):
        return None
    mine = department_ids(user)

    def kept(path):
        return Q(**{f"{path}__department__in": mine}) | Q(**{f"{path}__book__kind__department__in": mine})

    asked = (
        QuotaRequest.objects.filter(kept("demand__pool"), status=QuotaRequest.Status.WAITING)
        .select_related("demand__project", "demand__book__kind", "demand__book__source", "demand__pool")
        .order_by("asked_at", "pk")
    )
    ending = reservations.expiring(now=now).filter(kept("pool"))
    waiting = (
        rights.visible_vouchers(user, Voucher.objects.filter(status=Voucher.Status.SUBMITTED))
        .exclude(maker=user)
        .select_related("maker")
        .order_by("submitted_at", "pk")
        if allows(user, "factor.check")
        else Voucher.objects.none()
    )
    return {"asked": _cut(asked), "ending": _cut(ending), "waiting": _cut(waiting)}


def _cut(rows) -> dict:
    shown = list(rows[: LIMIT + 1])
    return {"rows": shown[:LIMIT], "total": len(shown) if len(shown) <= LIMIT else rows.count()}
