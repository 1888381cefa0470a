"""Who may make and check vouchers, and who sees which account.

An account is kept by its department, or by the department in charge of its factor. The maker keeps the account that
gives, the checker the one that receives (both of a region that trades with another therefore agree); an issuer and what
is retired are nobody's. The checker is never the maker, whatever was granted to him.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from factors.models import Account, Demand, Transfer, Voucher, VoucherLine
from people import roles
from people.access import VIEW, allows, city_wide, department_ids, granted_tree, visible_to
from people.models import Department, District, User
from projects.models import Project

KEPT = frozenset({"pool", "holding", "recovered", "cap"})


def keepers(account: Account) -> set[int]:
    """Return the ids of the departments that keep an account (`select_related("book__kind")`: no query)."""
    return {pk for pk in (account.department_id, account.book.kind.department_id) if pk is not None}


def keeps(user, account: Account) -> bool:
    """Say whether the person is of a department that keeps the account. One query per person's row."""
    return not department_ids(user).isdisjoint(keepers(account))


def _projects(user) -> QuerySet:
    """Return the ids of the projects with an account that the person may see."""
    seen = visible_to(Project.objects.all(), user).order_by().values("pk")
    return Account.objects.filter(role="holding", project__in=seen).order_by().values("project").distinct()


def _once(user, name: str, ids) -> set[int]:
    """Return a set of ids, read once per person's row (a request).

    Inside the conditions on vouchers and entries these subqueries would nest deeper than SQLite's parser goes, and
    PostgreSQL would plan them for longer than they run.
    """
    known = user.__dict__
    if name not in known:
        known[name] = {pk for row in ids(user) for pk in row.values()}  # each row names one id
    return known[name]


def may_make(user, account: Account) -> bool:
    """Say whether the person may make vouchers by which this account gives (or receives from the upper level)."""
    return allows(user, "factor.make") and keeps(user, account)


def may_make_all(user, pairs) -> bool:
    """Say whether the person may make a voucher of such (debit, credit) pairs."""
    return allows(user, "factor.make") and all(keeps(user, account) for account in givers(pairs))


def may_check(user, voucher: Voucher) -> bool:
    """Say whether the person may pass or refuse the voucher. Never its maker. Two queries, one more per person."""
    if user.pk == voucher.maker_id or not allows(user, "factor.check"):
        return False
    return all(keeps(user, account) for account in receivers(pairs_of(voucher)))


def require_make(user, pairs) -> None:
    """Raise PermissionDenied unless the person may make a voucher of such (debit, credit) pairs."""
    if not may_make_all(user, pairs):
        raise PermissionDenied("factor.make")


def require_check(user, voucher: Voucher) -> None:
    """Raise PermissionDenied unless the person may pass or refuse the voucher."""
    if not may_check(user, voucher):
        raise PermissionDenied("factor.check")


def givers(pairs) -> list[Account]:
    """Return the accounts whose keepers make: what gives; what receives where the giver is nobody's."""
    return [debit if debit.role in KEPT else credit for debit, credit in pairs]


def receivers(pairs) -> list[Account]:
    """Return the accounts whose keepers check: what receives; what gives where the receiver is nobody's."""
    return [credit if credit.role in KEPT else debit for debit, credit in pairs]


def pairs_of(voucher: Voucher) -> list[tuple[Account, Account]]:
    """Return the accounts of the voucher's lines, for a reversal those of the entry it reverses. One query.

    Lines under a total cap that only go with another line are left out: who keeps the pool answers for them.
    """
    rows = (
        Transfer.objects.filter(posting=voucher.reverses_id)
        if voucher.reverses_id
        else VoucherLine.objects.filter(voucher=voucher, debit__isnull=False, credit__isnull=False)
    )
    pairs = [(row.debit, row.credit) for row in rows.select_related("debit__book__kind", "credit__book__kind")]
    return [pair for pair in pairs if not {side.role for side in pair} <= {"cap", "used"}] or pairs


@dataclass(frozen=True, slots=True)
class Officers:
    """Who may make a voucher like this one and who may check it; the maker is never among the checkers."""

    makers: QuerySet
    checkers: QuerySet


def makers_and_checkers_for(voucher: Voucher) -> Officers:
    """Return the people a form may offer. Two queries, and one for each list that is read."""
    pairs = pairs_of(voucher)
    return Officers(
        officers("factor.make", givers(pairs)),
        officers("factor.check", receivers(pairs)).exclude(pk=voucher.maker_id),
    )


def officers(permission: str, accounts) -> QuerySet:
    """Return active people whose role has the permission and who keep all of the accounts, by name. One query first."""
    codes = [role.code for role in roles.ROLES.values() if permission in role.permissions]
    found = User.objects.filter(is_active=True, role__in=codes).select_related("department").order_by("display_name")
    above = dict(Department.objects.values_list("pk", "parent"))
    for kept in {frozenset(keepers(account)) for account in accounts}:
        found = found.filter(pk__in=_handling(_with_ancestors(kept, above)))
    return found


def _handling(departments: set[int]) -> QuerySet:
    mine = get_user_obj_perms_model(Department).objects.filter(
        content_object__in=departments, permission__codename="handle_cases"
    )
    ours = get_group_obj_perms_model(Department).objects.filter(
        content_object__in=departments, permission__codename="handle_cases"
    )
    where = Q(department__in=departments) | Q(pk__in=mine.values("user")) | Q(groups__in=ours.values("group"))
    return User.objects.filter(where).order_by().values("pk")


def _with_ancestors(departments, above: dict[int, int | None]) -> set[int]:
    found = set()
    for pk in departments:
        while pk is not None and pk not in found:
            found.add(pk)
            pk = above.get(pk)
    return found


def visible_accounts(user, accounts: QuerySet | None = None) -> QuerySet:
    """Narrow accounts to what the person may see: pools and the like with `factor.view`; holdings of projects that he
    may see, of enterprises in districts granted to him, and those that his department keeps. Adds conditions, none
    where a grant covers every district; three small queries per person's row.
    """
    accounts = Account.objects.all() if accounts is None else accounts
    if not allows(user, "factor.view"):
        return accounts.none()
    where = _seen_holdings(user)
    return accounts if where is None else accounts.filter(~Q(role="holding") | where)


def touching_hidden(user, rows: QuerySet) -> QuerySet:
    """Narrow voucher lines or transfers to those with an account that the person may not see, for `~Exists(…)`.

    One condition for both sides, so that the statement stays small: databases take long over large ones.
    """
    where = _seen_holdings(user)
    if where is None:
        return rows.none()
    hidden = Account.objects.filter(role="holding", pk__in=[OuterRef("debit"), OuterRef("credit")]).exclude(where)
    return rows.filter(Exists(hidden))


def _seen_holdings(user) -> Q | None:
    """Return the condition that the person may see a holding; None when there is none that he may not."""
    if allows(user, "project.view") and city_wide(user):
        return None
    where = Q(project__isnull=True, enterprise__isnull=True)
    where |= Q(project__in=_once(user, "_projects_with_quota", _projects))
    if allows(user, "project.view"):
        where |= Q(project__isnull=True, district__in=granted_tree(District, user, VIEW))
    if allows(user, "factor.make"):
        mine = department_ids(user)
        where |= Q(department__in=mine) | Q(book__kind__department__in=mine)
    return where


def visible_vouchers(user, vouchers: QuerySet | None = None) -> QuerySet:
    """Narrow vouchers to those of which the person sees every account; his own always. Costs as `visible_accounts`."""
    vouchers = Voucher.objects.all() if vouchers is None else vouchers
    if not allows(user, "factor.view"):
        return vouchers.none()
    lines = touching_hidden(user, VoucherLine.objects.filter(voucher=OuterRef("pk")))
    undone = touching_hidden(user, Transfer.objects.filter(posting=OuterRef("reverses")))
    return vouchers.filter(Q(maker=user) | (~Exists(lines) & ~Exists(undone)))


def keeps_demand(user, demand: Demand) -> bool:
    """Say whether the person may decide about quota for a demand: he keeps its pool, or its factor."""
    if not allows(user, "factor.make"):
        return False
    if demand.pool is not None:
        return keeps(user, demand.pool)
    return demand.book.kind.department_id in department_ids(user)
