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
from people.access import allows, departments_of, visible_to
from people.models import Department, User
from projects.models import Enterprise, Project

KEPT = frozenset({"pool", "holding", "recovered", "cap"})


def keepers(account: Account) -> set[int]:
    """Return the ids of the departments that keep an account (`select_related("book__kind")`: no query)."""
    return {pk for pk in (account.department_id, account.book.kind.department_id) if pk is not None}


def keeps(user, account: Account) -> bool:
    """Say whether the person is of a department that keeps the account. One query per person's row."""
    mine = user.__dict__.setdefault("_departments_handled", None)
    if mine is None:
        mine = user.__dict__["_departments_handled"] = set(departments_of(user).values_list("pk", flat=True))
    return not mine.isdisjoint(keepers(account))


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
    """Narrow accounts to what the person may see: pools and the like with `factor.view`; holdings of projects or
    enterprises that he may see, and those that his department keeps. Adds conditions only.
    """
    accounts = Account.objects.all() if accounts is None else accounts
    if not allows(user, "factor.view"):
        return accounts.none()
    where = ~Q(role="holding") | Q(project__isnull=True, enterprise__isnull=True)
    where |= Q(project__in=visible_to(Project.objects.all(), user).order_by().values("pk"))
    where |= Q(project__isnull=True, enterprise__in=visible_to(Enterprise.objects.all(), user).order_by().values("pk"))
    if allows(user, "factor.make"):
        mine = departments_of(user)
        where |= Q(department__in=mine) | Q(book__kind__department__in=mine)
    return accounts.filter(where)


def visible_vouchers(user, vouchers: QuerySet | None = None) -> QuerySet:
    """Narrow vouchers to those of which the person sees every account; his own always. Adds conditions only."""
    vouchers = Voucher.objects.all() if vouchers is None else vouchers
    if not allows(user, "factor.view"):
        return vouchers.none()
    seen = visible_accounts(user).order_by().values("pk")
    shown = Q()
    for rows, mine in (
        (VoucherLine.objects.filter(voucher=OuterRef("pk")), "debit"),
        (VoucherLine.objects.filter(voucher=OuterRef("pk")), "credit"),
        (Transfer.objects.filter(posting=OuterRef("reverses")), "debit"),
        (Transfer.objects.filter(posting=OuterRef("reverses")), "credit"),
    ):  # one condition for each side: nested deeper, the statement would be more than SQLite's parser takes
        shown &= ~Exists(rows.filter(**{f"{mine}__role": "holding"}).exclude(**{f"{mine}__in": seen}))
    return vouchers.filter(Q(maker=user) | shown)


def keeps_demand(user, demand: Demand) -> bool:
    """Say whether the person may decide about quota for a demand: he keeps its pool, or its factor."""
    if not allows(user, "factor.make"):
        return False
    if demand.pool is not None:
        return keeps(user, demand.pool)
    department = demand.book.kind.department_id
    return department is not None and departments_of(user).filter(pk=department).exists()
