"""What is done with a combination of reforms: kept under a name, thrown away by who kept it. No project is changed."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy

from approvals.reform_forecast import Simulation
from cockpit.models import ReformSet
from cockpit.reforming import Question
from factors.refusals import Refused
from people import audit
from people.access import require

LISTED = 100
LONGEST = ReformSet._meta.get_field("query").max_length


def listed(user) -> list[ReformSet]:
    """Return the kept sets, the latest first, 100 at most. One query.

    Everybody who may simulate sees name, maker and reforms; the figures are those of the maker's projects and stay his.
    """
    require(user, "reform.simulate")
    return list(ReformSet.objects.select_related("made_by")[:LISTED])


def figures_of(simulation: Simulation, count: int) -> dict:
    """Return what is kept of a simulation, as JSON holds it."""
    return {
        "days": str(simulation.days),
        "stages": simulation.stages,
        "projects": simulation.projects,
        "looked_at": count,
        "singles": {one.reform: str(one.days) for one in simulation.singles},
    }


@transaction.atomic
def keep(*, by, now: datetime, name: str, question: Question, result: dict, request=None) -> ReformSet:
    """Keep a question and its figures under a name; the same person's set of that name is replaced.

    :raises PermissionDenied: the role simulates nothing.  :raises Refused: no name, no reform, too long.
    """
    require(by, "reform.simulate")
    name = " ".join(name.split())[:60]
    if not name:
        raise Refused("no_name", gettext_lazy("Give the set a name."), "name")
    if not (question.chosen or question.own):
        raise Refused("no_reform", gettext_lazy("Choose at least one reform."), "reform")
    if len(question.address) > LONGEST:
        raise Refused("too_long", gettext_lazy("That are too many conditions to keep: choose fewer filters."), "query")
    ReformSet.objects.filter(made_by=by, name=name).delete()
    row = ReformSet.objects.create(
        name=name,
        made_by=by,
        made_at=now,
        query=question.address,
        reforms=[*question.chosen, *question.own],
        result=result,
    )
    audit.record("reform.kept", by=by, request=request, target=row, now=now, name=name)
    return row


@transaction.atomic
def discard(*, by, now: datetime, row: ReformSet, request=None) -> None:
    """Throw a kept set away.

    :raises PermissionDenied: somebody else kept it.
    """
    require(by, "reform.simulate")
    if row.made_by_id != by.pk:
        raise PermissionDenied
    audit.record("reform.discarded", by=by, request=request, target=row, now=now, name=row.name)
    row.delete()
