"""What is done with visits, problems and orders drafted elsewhere. Each action locks, checks, moves, appends an event.

:raises PermissionDenied: the person has no right to it at all.  :raises Refused: not possible now, with the reason.
"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from approvals.refusals import Refused
from calendars import store
from people import audit
from people.access import allows, department_ids, require
from people.models import Department
from projects.uploads import Upload
from supervision import lights, trail, visible
from supervision.models import Problem, ProblemEvent, ProblemFile, Series, Visit
from supervision.order_actions import Offer
from supervision.states import problem_legal

HANDLING = ("claim", "progress", "ask", "hand_back")
CHECKING = ("assign", "confirm", "close", "return", "escalate", "suspend", "resume", "review")


# --- registering --------------------------------------------------------------------------------------------------


@transaction.atomic
def log_visit(*, by, now: datetime, visit: Visit, problems=(), request=None) -> Visit:
    """Log a visit with the problems it raised: (problem, handling unit or None) each. `visit.project` must be seen."""
    require(by, "visit.log")
    if not visible.projects(by).filter(pk=visit.project_id).exists():
        raise PermissionDenied
    visit.visitor, visit.logged_at = by, now
    visit.save(force_insert=True)
    audit.record("visit.logged", by=by, request=request, target=visit, now=now)
    for problem, department in problems:
        problem.visit, problem.project = visit, visit.project
        register(by=by, now=now, problem=problem, department=department, request=request)
    return visit


@transaction.atomic
def register(
    *, by, now: datetime, problem: Problem, department: Department | None = None, upload: Upload | None = None,
    request=None,
) -> Problem:  # fmt: skip
    """Register a problem; with `department`, who may assign assigns it at once. Gives number and due date."""
    require(by, "problem.register")
    if not visible.projects(by).filter(pk=problem.project_id).exists():
        raise PermissionDenied
    today, calendar = localdate(now), store.current()
    problem.number = f"{today.year}-{Series.next('problem', today.year):04d}"
    problem.registered_by, problem.registered_at = by, now
    problem.due_on = problem.due_on or lights.due(problem.level, today, calendar)
    problem.claim_due_on = calendar.add(today, lights.CLAIM_DAYS).date
    problem.save(force_insert=True)
    trail.note(problem, "register", by, now, text=problem.text, day=problem.due_on, upload=upload)
    audit.record("problem.registered", by=by, request=request, target=problem, now=now)
    if department is not None and allows(by, "problem.check"):
        return assign(by=by, now=now, problem=problem, department=department, request=request)
    return problem


# --- who may what -------------------------------------------------------------------------------------------------


def offers(user, problem: Problem) -> list[Offer]:
    """Return what the person can do with the problem now, in the order of the work. A few queries."""
    found = []
    for action in (*HANDLING, *CHECKING):
        if problem_legal(action, problem.state) and _permitted(user, problem, action):
            found.append(Offer(action, _refused(user, problem, action)))
    return found


def _permitted(user, problem, action: str) -> bool:
    if action in HANDLING:
        return allows(user, "problem.handle") and problem.department_id in department_ids(user)
    if not allows(user, "problem.check") or visible.masked_from(user, problem):
        return False
    return visible.projects(user).filter(pk=problem.project_id).exists()


def _refused(user, problem, action: str):
    """Return why the person may not do it although his role could: whoever handled or registered does not close."""
    if action in ("close", "return", "confirm"):
        if user.pk == problem.asked_by_id:
            return _("You asked for the close-out: somebody else checks it.")
        touched = ProblemEvent.objects.filter(problem=problem, by=user, kind__in=("claim", "progress", "ask"))
        if user.pk == problem.claimed_by_id or touched.exists():
            return _("You handled it: somebody else checks it.")
    if action == "close" and user.pk == problem.registered_by_id:
        return _("You registered it: somebody else closes it. You can note what the enterprise says.")
    if action == "escalate" and problem.level not in lights.NEXT_LEVEL:
        return _("There is no level above.")
    return ""


def _begin(problem: Problem, action: str, by) -> Problem:
    """Lock the problem and check state and right."""
    row = Problem.objects.select_for_update().get(pk=problem.pk)
    if not _permitted(by, row, action):
        raise PermissionDenied
    if not problem_legal(action, row.state):
        raise Refused(
            _("The problem stands at “%(state)s” now: somebody was first.") % {"state": row.get_state_display()}
        )
    reason = _refused(by, row, action)
    if reason:
        raise Refused(reason)
    return row


def _done(row: Problem, kind, by, now, request, **event) -> Problem:
    return trail.done(row, kind, by, now, request, log="problem", **event)


# --- handling -----------------------------------------------------------------------------------------------------


@transaction.atomic
def assign(*, by, now: datetime, problem: Problem, department: Department, text: str = "", request=None) -> Problem:
    """Assign a problem to the unit that handles it, or to another one; it is to be claimed within a working day."""
    row = _begin(problem, "assign", by)
    row.department, row.claimed_by = department, None
    row.claim_due_on = store.current().add(localdate(now), lights.CLAIM_DAYS).date
    row.move_assign()
    return _done(row, "assign", by, now, request, text=text, department=department, day=row.claim_due_on)


@transaction.atomic
def claim(*, by, now: datetime, problem: Problem, text: str = "", request=None) -> Problem:
    """Claim a problem for one's unit: from now on it is handled."""
    row = _begin(problem, "claim", by)
    row.claimed_by = by
    row.move_claim()
    return _done(row, "claim", by, now, request, text=text)


@transaction.atomic
def hand_back(*, by, now: datetime, problem: Problem, text: str, request=None) -> Problem:
    """Hand a problem back that is not the unit's: it waits to be assigned anew, its due date stays."""
    row = _begin(problem, "hand_back", by)
    unit, row.department, row.claimed_by = row.department, None, None
    row.claim_due_on = store.current().add(localdate(now), lights.CLAIM_DAYS).date
    row.move_hand_back()
    return _done(row, "hand_back", by, now, request, text=_needed(text), department=unit)


@transaction.atomic
def progress(*, by, now: datetime, problem: Problem, text: str, upload: Upload | None = None, request=None) -> Problem:
    """Note a step of the handling."""
    row = _begin(problem, "progress", by)
    return _done(row, "progress", by, now, request, text=_needed(text), upload=upload)


@transaction.atomic
def ask(*, by, now: datetime, problem: Problem, text: str, upload: Upload | None, request=None) -> Problem:
    """Ask for the close-out: what was done, with evidence (a file now, or one that came with a step before)."""
    row = _begin(problem, "ask", by)
    if upload is None and not ProblemFile.objects.filter(event__problem=row, event__kind="progress").exists():
        raise Refused(_("A close-out needs evidence: a reply, a permit, a photo."), "file")
    row.result, row.asked_by, row.asked_on = _needed(text), by, localdate(now)
    row.move_ask()
    return _done(row, "ask", by, now, request, text=text, upload=upload)


def _needed(text: str) -> str:
    if not text.strip():
        raise Refused(_("Say it in a sentence."), "text")
    return text


# --- checking -----------------------------------------------------------------------------------------------------


@transaction.atomic
def confirm(*, by, now: datetime, problem: Problem, satisfaction: str, text: str = "", request=None) -> Problem:
    """Note what the enterprise says of the result, before somebody closes the problem."""
    row = _begin(problem, "confirm", by)
    row.satisfaction = Problem.Satisfaction(satisfaction)
    return _done(row, "confirm", by, now, request, text=text, value=satisfaction)


@transaction.atomic
def return_(*, by, now: datetime, problem: Problem, text: str, request=None) -> Problem:
    """Turn a close-out down: the unit goes on, the due date stays."""
    row = _begin(problem, "return", by)
    row.times_returned, row.satisfaction = row.times_returned + 1, ""
    row.move_return()
    return _done(row, "return", by, now, request, text=_needed(text), department=row.department)


@transaction.atomic
def close(*, by, now: datetime, problem: Problem, satisfaction: str, text: str = "", request=None) -> Problem:
    """Close a problem out (销号): by somebody who neither registered nor handled it, with the enterprise's word."""
    row = _begin(problem, "close", by)
    if satisfaction == Problem.Satisfaction.NOT:
        raise Refused(_("The enterprise is not satisfied: return it instead."), "satisfaction")
    row.satisfaction = Problem.Satisfaction(satisfaction)
    row.closed_by, row.closed_on = by, localdate(now)
    row.move_close()
    return _done(row, "close", by, now, request, text=text, value=satisfaction)


@transaction.atomic
def escalate(
    *, by, now: datetime, problem: Problem, text: str, due_on: date | None = None, request=None
) -> Problem:  # fmt: skip
    """Bring a problem to the next level, with that level's limit from today (the city's meeting may set a day)."""
    row = _begin(problem, "escalate", by)
    row.level = lights.NEXT_LEVEL[row.level]
    today = localdate(now)
    if due_on is not None and due_on < today:
        raise Refused(_("The day lies in the past."), "due_on")
    row.due_on = due_on or lights.due(row.level, today, store.current())
    return _done(row, "escalate", by, now, request, text=_needed(text), day=row.due_on, value=row.level)


@transaction.atomic
def suspend(*, by, now: datetime, problem: Problem, text: str, review_on: date, request=None) -> Problem:
    """Suspend a problem (挂账) that only a higher level can solve: why, and when it is looked at again."""
    row = _begin(problem, "suspend", by)
    row.suspended_reason, row.review_on = _needed(text)[:300], _ahead(review_on, now)
    row.move_suspend()
    return _done(row, "suspend", by, now, request, text=text, day=review_on)


@transaction.atomic
def review(*, by, now: datetime, problem: Problem, text: str, review_on: date, request=None) -> Problem:
    """Note that a suspended problem was looked at, and when it is looked at next."""
    row = _begin(problem, "review", by)
    row.review_on = _ahead(review_on, now)
    return _done(row, "review", by, now, request, text=_needed(text), day=review_on)


@transaction.atomic
def resume(*, by, now: datetime, problem: Problem, text: str = "", due_on: date | None = None, request=None) -> Problem:
    """Take a suspended problem up again, with a new due date: where it stood before, or what its level gives."""
    row = _begin(problem, "resume", by)
    today = localdate(now)
    row.due_on = _ahead(due_on, now, "due_on") if due_on else lights.due(row.level, today, store.current())
    row.claim_due_on = store.current().add(today, lights.CLAIM_DAYS).date
    row.suspended_reason, row.review_on = "", None
    if row.department_id is None:
        row.move_resume_unassigned()
    elif row.claimed_by_id is None:
        row.move_resume_unclaimed()
    else:
        row.move_resume()
    return _done(row, "resume", by, now, request, text=text, day=row.due_on)


def _ahead(day: date, now: datetime, field: str = "review_on") -> date:
    if day is None or day <= localdate(now):
        raise Refused(_("Choose a day after today."), field)
    return day
