"""Who sees which problem, visit and order, and from whom an enterprise is masked (domain.md G19).

A problem is seen by who sees its project and by the people of the unit that handles it. One that an enterprise asked to
mask is told to the unit it complains of without enterprise, project and names: only while that unit handles it, and
never on a page about the project. Cost: conditions, and three queries a person's row (a request) for his units.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from people.access import allows, city_wide, department_ids, visible_to
from people.models import MAX_DEPTH, Department
from projects.models import Project
from supervision.models import OrderItem, Problem, SupervisionOrder, Visit
from supervision.states import OrderState

UNSIGNED = (OrderState.DRAFT, OrderState.DISCARDED)


def near(user) -> frozenset[int]:
    """Return `department_ids` and the units above his own: what is said of any of them is kept from him. A query."""
    if "_near" not in user.__dict__:
        found, at = set(department_ids(user)), user.department_id
        parents = dict(Department.objects.order_by().values_list("pk", "parent_id")) if at else {}
        for _depth in range(MAX_DEPTH):
            at = parents.get(at)
            if at is None:
                break
            found.add(at)
        user.__dict__["_near"] = frozenset(found)
    return user.__dict__["_near"]


def masked_from(user, problem) -> bool:
    """Say whether the person is told neither enterprise nor names of this problem. No query once `near` is known."""
    return problem.masked and problem.registered_by_id != user.pk and problem.concerns_id in near(user)


def _masked(user) -> Q:
    return Q(masked=True, concerns__in=near(user)) & ~Q(registered_by=user.pk)


def projects(user) -> QuerySet:
    """Return the projects the person sees."""
    return visible_to(Project.objects.all(), user)


def _projects(user) -> QuerySet:
    """Return the ids of the projects the person sees: collected once for a list, not looked for at each row."""
    return visible_to(Project.objects.all(), user, all_read=True).order_by().values("pk")


def problems(user) -> QuerySet:
    """Return the problems the person sees."""
    if not allows(user, "problem.register"):
        return Problem.objects.none()
    where = ~_masked(user)
    if not city_wide(user):
        where &= Q(project__in=_projects(user))
    if allows(user, "problem.handle"):
        where |= Q(department__in=department_ids(user))
    return Problem.objects.filter(where)


def named(user) -> QuerySet:
    """Return the problems whose enterprise the person may know: for filters, searches and pages about a project."""
    return problems(user).exclude(_masked(user))


def visits(user) -> QuerySet:
    """Return the visits the person sees."""
    if not allows(user, "project.view"):
        return Visit.objects.none()
    return Visit.objects.all() if city_wide(user) else Visit.objects.filter(project__in=_projects(user))


def orders(user) -> QuerySet:
    """Return the supervision orders the person sees; drafts only who drafts."""
    if not allows(user, "problem.register"):
        return SupervisionOrder.objects.none()
    items = OrderItem.objects.filter(order=OuterRef("pk"))
    about = Q(Exists(items.filter(project__in=_projects(user))))
    if allows(user, "order.sign"):
        about |= ~Q(Exists(items.filter(project__isnull=False)))
    if not allows(user, "order.draft"):
        about &= ~Q(state__in=UNSIGNED)
    where = about | Q(drafted_by=user) | Q(leader=user) & ~Q(state__in=UNSIGNED)
    if allows(user, "order.answer"):
        joined = SupervisionOrder.co_units.through.objects.filter(
            supervisionorder=OuterRef("pk"), department__in=department_ids(user)
        )
        where |= (Q(lead__in=department_ids(user)) | Q(Exists(joined))) & ~Q(state__in=UNSIGNED)
    return SupervisionOrder.objects.filter(where)


def one(rows: QuerySet, pk: int):
    """Return the row or raise Http404: a stranger cannot tell whether there is one. One query."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
