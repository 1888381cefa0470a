"""Writes on projects that touch several rows: registering, editing, assigning and handing over."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import audit
from people.access import allows, manageable_by, visible_to
from projects import search
from projects.models import Assignment, MonthlyFigure, Park, Project
from projects.tallies import tally

TASK_ROLES = (Assignment.Role.SPONSOR, Assignment.Role.TASK_FORCE, Assignment.Role.SERVICE_OFFICER)
"""The three that must stand within 15 working days of signing (三落实)."""

THREE_WITHIN_DAYS = 15
"""Working days after signing. Source: 黑龙江招商引资项目服务保障暂行办法 (domain.md §6.4)."""


class Forbidden(Exception):
    """The actor lacks the right."""


class Refused(Exception):
    """Not possible now; `message` says why, `field` names the form field."""

    def __init__(self, message, field: str | None = None):
        super().__init__(str(message))
        self.message, self.field = message, field


# Apps above register here in ready(): a function gets the id of a project that moved to another district or park, after
# the move is committed. Not within it: this transaction holds the project's row, which others take after theirs.
after_move: list[Callable[[int], None]] = []

# Likewise with the id of a project that was cancelled and who did it.
after_cancel: list[Callable[[int, object], None]] = []

# Likewise for the ids of projects whose point is new or changed, but within the transaction: what is derived from the
# point changes with it.
after_point: list[Callable[[list[int]], None]] = []


def _pointed(projects) -> None:
    ids = [project.pk for project in projects if project.longitude is not None]
    for hook in after_point if ids else ():
        hook(ids)


def _day_of(instant: dt.datetime) -> dt.date:
    """Return the day of an aware instant in the city."""
    return instant.astimezone(timezone.get_current_timezone()).date()


@transaction.atomic
def register(*, by, project: Project) -> Project:
    """Save a new, validated project and count it. Its manager is the person who registered it, if he is one.

    :raises Forbidden: `by` may not register projects.
    """
    if not allows(by, "project.create"):
        raise Forbidden
    project.save()
    _pointed([project])
    tally(project.district_id, project.park_id, project.light, +1)
    if allows(by, "stage.advance"):
        Assignment.objects.create(
            project=project,
            role=Assignment.Role.MANAGER,
            user=by,
            department=by.department,
            started_on=project.signed_on or _day_of(project.created_at),
            made_by=by,
        )
    audit.record("project.create", by=by, target=project)
    return project


@transaction.atomic
def register_many(*, by, projects: list[Project], manage: bool = True) -> list[Project]:
    """Save new, validated projects at once and count them: a few queries per 500, one entry in the audit log.

    `manage` makes `by` their manager, as `register` does, if he advances stages.

    :raises Forbidden: `by` may neither register nor import projects.
    """
    if not (allows(by, "project.create") or allows(by, "project.import")):
        raise Forbidden
    for project in projects:
        project.search_text = search.index_text(*project.searchable())
    made = Project.objects.bulk_create(projects, batch_size=500)
    _pointed(made)
    for place, number in Counter((p.district_id, p.park_id, p.light) for p in made).items():
        tally(*place, number)
    if manage and allows(by, "stage.advance"):
        Assignment.objects.bulk_create(
            (
                Assignment(
                    project=project,
                    role=Assignment.Role.MANAGER,
                    user=by,
                    department=by.department,
                    started_on=project.signed_on or _day_of(project.created_at),
                    made_by=by,
                )
                for project in made
            ),
            batch_size=500,
        )
    audit.record("project.create", by=by, target=f"{len(made)}", codes=[p.code for p in made][:1000])
    return made


@transaction.atomic
def edit(*, by, project: Project, changed: dict) -> Project:
    """Store `changed` (field → value) on a project, moving its unit between the tallies when it moves.

    :raises Forbidden: `by` may not manage the project.
    """
    before = Project.objects.select_for_update().get(pk=project.pk)
    if not allows(by, "project.edit") or not manageable_by(Project.objects.filter(pk=project.pk), by).exists():
        raise Forbidden
    detail = {}
    for name, value in changed.items():
        old = getattr(before, name)
        if old != value:
            detail[name] = [str(old), str(value)]
            setattr(before, name, value)
    if not detail:
        return before
    old_place = Project.objects.values_list("district_id", "park_id").get(pk=project.pk)
    before.save()
    if old_place != (before.district_id, before.park_id):
        tally(*old_place, before.light, -1)
        tally(before.district_id, before.park_id, before.light, +1)
        for hook in after_move:
            transaction.on_commit(partial(hook, before.pk))
    if "status" in detail and before.status == Project.Status.CANCELLED:
        for hook in after_cancel:
            transaction.on_commit(partial(hook, before.pk, by))
    if detail.keys() & {"longitude", "latitude"}:
        for hook in after_point:
            hook([before.pk])
    audit.record("project.edit", by=by, target=before, changed=detail)
    return before


@transaction.atomic
def assign(
    *, by, project: Project, role: str, user, started_on: dt.date, department=None, note: str = ""
) -> Assignment:
    """Make `user` responsible for a project in `role` from `started_on`; who held the role before hands over that day.

    :raises Forbidden: `by` may not assign, or not see the project.  :raises Refused: the day lies before the start
        of the present assignment, or nothing would change.
    """
    if not allows(by, "project.assign") or not visible_to(Project.objects.filter(pk=project.pk), by).exists():
        raise Forbidden
    department = department or user.department
    current = Assignment.objects.select_for_update().filter(project=project, role=role, ended_on__isnull=True).first()
    if current is not None:
        if current.user_id == user.pk and current.department_id == (department.pk if department else None):
            raise Refused(_("%(who)s already holds this role.") % {"who": user}, "user")
        if started_on < current.started_on:
            raise Refused(_("The day lies before the start of the present assignment."), "started_on")
        current.ended_on, current.hand_over_note = started_on, note
        current.save(update_fields=["ended_on", "hand_over_note"])
    made = Assignment.objects.create(
        project=project,
        role=role,
        user=user,
        department=department,
        started_on=started_on,
        made_by=by,
    )
    audit.record("project.assign", by=by, target=project, role=role, user=user.username)
    return made


@transaction.atomic
def report_figure(*, by, project: Project, month: dt.date, investment_done_wan, jobs=None, note="") -> MonthlyFigure:
    """Store the figures of a month. Investment is cumulative within the year and may not fall.

    What changes goes to the audit log with the value before; the same figures again change nothing.

    :raises Forbidden: `by` may not manage the project.  :raises Refused: the sum would fall against an earlier month,
        or exceed a later one.
    """
    if not manageable_by(Project.objects.filter(pk=project.pk), by).exists():
        raise Forbidden
    Project.objects.select_for_update().get(pk=project.pk)
    month = month.replace(day=1)
    year = MonthlyFigure.objects.filter(project=project, month__year=month.year)
    earlier = year.filter(month__lt=month).order_by("-month").first()
    later = year.filter(month__gt=month).order_by("month").first()
    if earlier and investment_done_wan < earlier.investment_done_wan:
        raise Refused(
            _("Investment is counted from January: it cannot be below the %(sum)s of %(month)s.")
            % {"sum": earlier.investment_done_wan, "month": f"{earlier.month:%Y-%m}"},
            "investment_done_wan",
        )
    if later and investment_done_wan > later.investment_done_wan:
        raise Refused(
            _("Investment is counted from January: it cannot be above the %(sum)s of %(month)s.")
            % {"sum": later.investment_done_wan, "month": f"{later.month:%Y-%m}"},
            "investment_done_wan",
        )
    figure = MonthlyFigure.objects.filter(project=project, month=month).first() or MonthlyFigure(
        project=project, month=month
    )
    changed = {}
    for name, value in {"investment_done_wan": investment_done_wan, "jobs": jobs, "note": note}.items():
        before = getattr(figure, name) if figure.pk else None
        if before != value and (before, value) != (None, ""):
            changed[name] = [_written(before), _written(value)]
        setattr(figure, name, value)
    if changed or figure.pk is None:
        figure.reported_by = by
        figure.save()
        audit.record("project.figure", by=by, target=project, month=f"{month:%Y-%m}", changed=changed)
    return figure


def _written(value) -> str:
    return "" if value is None else str(value)


def park_code_for(district_code: str) -> str:
    """Return the next free park code of a district: its 6 digits, PK and two digits. One query.

    Parks have no national code (domain.md §3.3), so this one is ours.
    """
    used = set(Park.objects.filter(code__startswith=f"{district_code}PK").values_list("code", flat=True))
    return next(code for n in range(1, 100) if (code := f"{district_code}PK{n:02d}") not in used)
