"""What is done with an unlock plan: kept as a scenario, and turned into quota requests that people then check.

A scenario holds nothing of any pool. Requests are made only for projects that the pools hold for today, in the ordinary
queue (`factors.requests`): who keeps a pool grants or declines them there, and only a checked voucher reserves.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit import unlocking
from cockpit.models import Scenario, ScenarioRequest
from cockpit.unlock_board import Board
from factors import requests, rights
from factors.models import Demand, QuotaRequest
from factors.refusals import Refused
from people import audit
from people.access import allows, city_wide, manageable_by, require, visible_to
from projects.models import Project

LISTED = 200


# --- who sees which ------------------------------------------------------------------------------------------------


def visible(user, scenarios=None) -> list[Scenario]:
    """Return the scenarios whose every project the person may see, the latest first, 200 at most. Three queries.

    `scenarios`: among these; the default is all that are not retired.
    """
    require(user, "unlock.plan")
    rows = Scenario.objects.filter(retired_at=None) if scenarios is None else scenarios
    rows = rows.select_related("made_by", "department", "retired_by")
    rows = rows.defer("facts") if scenarios is None else rows
    found = list(rows[:LISTED])
    if city_wide(user):
        return found
    asked = {pk for row in found for pk in row.projects}
    seen = set(visible_to(Project.objects.filter(pk__in=asked), user).values_list("pk", flat=True))
    return [row for row in found if seen.issuperset(row.projects)]


# --- kept ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(*, by, now: datetime, name: str, facts: dict, result: dict, note: str = "", request=None) -> Scenario:
    """Keep facts and result under a name. The same person, name and facts again: the scenario that is there.

    :raises PermissionDenied: the role plans nothing.  :raises Refused: no name.
    """
    require(by, "unlock.plan")
    name = " ".join(name.split())[:60]
    if not name:
        raise Refused("no_name", gettext_lazy("Give the scenario a name."), "name")
    facts, result = (json.loads(json.dumps(one)) for one in (facts, result))
    row, made = Scenario.objects.get_or_create(
        made_by=by,
        name=name,
        digest=unlocking.digest(facts),
        retired_at=None,
        defaults={
            "made_at": now,
            "department": by.department,
            "note": note.strip()[:300],
            "projects": [int(row["key"]) for row in facts["candidates"]],
            "facts": facts,
            "result": result,
        },
    )
    if made:
        audit.record(
            "unlock.saved", by=by, request=request, target=row, now=now, rows=len(row.projects), check=row.digest[:16]
        )
    return row


def may_retire(user, scenario: Scenario) -> bool:
    """Say whether the person may retire it: who kept it, and colleagues of the department for which he did."""
    if scenario.retired_at or not allows(user, "unlock.plan"):
        return False
    return user.pk == scenario.made_by_id or (
        scenario.department_id is not None and user.department_id == scenario.department_id
    )


@transaction.atomic
def retire(*, by, now: datetime, scenario: Scenario, request=None) -> Scenario:
    """Take a scenario out of every list. It stays with its requests and in the audit log; a second time does nothing.

    :raises PermissionDenied: not his own, nor of his department.
    """
    scenario = Scenario.objects.select_for_update(of=("self",)).get(pk=scenario.pk)
    if scenario.retired_at:
        return scenario
    if not may_retire(by, scenario):
        raise PermissionDenied("unlock.plan")
    scenario.retired_at, scenario.retired_by = now, by
    scenario.save(update_fields=["retired_at", "retired_by"])
    audit.record("unlock.retired", by=by, request=request, target=scenario, now=now, check=scenario.digest[:16])
    return scenario


# --- made into requests --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A demand that a request can be made for: who may ask, whether one waits already, who else is to do it."""

    demand: Demand
    amount: int
    mine: bool
    waits: bool
    who: str


def due(user, board: Board) -> list[Due]:
    """Return the demands of the projects that the pools hold for today. Three queries, four per person's row more.

    A person may ask for what he keeps the pool of, and for projects that he manages (`factors.requests.ask`).
    """
    needs = {need["demand"]: need for need in board.ready_needs}
    rows = (
        Demand.objects.filter(pk__in=list(needs), closed_on__isnull=True, gap__gt=0)
        .select_related("project__district", "book__kind__department", "book__source", "pool__department")
        .select_related("pool__book__kind")
        .order_by("project_id", "pk")
    )
    waiting = QuotaRequest.objects.filter(demand__in=list(needs), status=QuotaRequest.Status.WAITING)
    waits = set(waiting.values_list("demand", flat=True))
    managed = set()
    if allows(user, "factor.demand"):
        wanted = Project.objects.filter(demands__in=list(needs))
        managed = set(manageable_by(wanted, user).values_list("pk", flat=True))
    return [
        Due(
            row,
            needs[row.pk]["amount"],
            row.project_id in managed or rights.keeps_demand(user, row),
            row.pk in waits,
            _keeper(row),
        )
        for row in rows
    ]


def _keeper(demand: Demand) -> str:
    department = (demand.pool and demand.pool.department) or demand.book.kind.department
    return (department.short_name or department.name) if department else ""


@transaction.atomic
def generate(*, by, now: datetime, scenario: Scenario, reason: str, request=None) -> list[ScenarioRequest]:
    """Make the quota requests of a scenario that are due and that the person may make; the reason goes with each.

    Made twice, the second time makes none: what waits already stays as it is. All of them or none; one audit entry.

    :raises PermissionDenied: the role plans nothing, or keeps none of the pools.
    :raises Refused: no reason; retired; a balance or a gap moved since it was computed; nothing is due.
    """
    require(by, "unlock.plan")
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise Refused("no_reason", gettext_lazy("Give the reason: it is kept with every request."), "reason")
    scenario = Scenario.objects.select_for_update(of=("self",)).get(pk=scenario.pk)
    if scenario.retired_at:
        raise Refused("retired", gettext_lazy("This scenario was retired: nothing more is made of it."))
    if unlocking.moved(scenario.facts):
        raise Refused("stale", gettext_lazy("A balance or a gap has moved since this was computed: compute it again."))
    rows = due(by, Board(scenario.facts, scenario.result))
    if not rows:
        raise Refused("nothing_due", gettext_lazy("Today's quota is enough for none of the chosen projects."))
    if not any(row.mine for row in rows):
        raise PermissionDenied("factor.demand")
    note = (_("Unlock scenario “%(name)s”: %(reason)s") % {"name": scenario.name, "reason": reason})[:500]
    made = []
    for row in rows:
        if row.mine and not row.waits:
            asked = requests.ask(by=by, demand=row.demand, amount=row.amount, now=now, note=note)
            made.append(ScenarioRequest.objects.create(scenario=scenario, request=asked, reason=reason, by=by, at=now))
    if made:
        audit.record("unlock.requests", by=by, request=request, target=scenario, now=now, rows=len(made), note=reason)
    return made
