"""Who sees and keeps parcels, stock, replacement sources.

Seen by who has grants on their district or park, sees the project they are tied to, or is of a department that keeps
them; kept by officers of the department in charge of the factor (for stock also of its own department).
"""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from factors.models import Account, FactorKind, Parcel, ReplacementSource, StockAsset
from people.access import allows, department_ids, visible_to
from people.models import AuditEntry, AuditHead
from projects.models import Project

LAND = FactorKind.Group.LAND


def _seen(model, user, kept: Q | None) -> QuerySet:
    rows = model.objects.all()
    if not allows(user, "factor.view"):
        return rows.none()
    where = Q(pk__in=visible_to(model.objects.all(), user).order_by().values("pk"))
    if kept is not None and allows(user, "factor.make"):
        where |= kept
    return rows.filter(where)


def _require(found: bool, permission: str) -> None:
    if not found:
        raise PermissionDenied(permission)


def one(rows: QuerySet, pk: int):
    """Return the row of a narrowed queryset. Raises Http404: a stranger cannot tell. One query."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def take_turn(*accounts: Account) -> None:
    """Take the locks that a posting takes, in its order: the accounts named, then the head of the audit log.

    A posting counts stock and trades after it has locked these, so whoever changes them does the same, or two could
    wait for each other. Inside a transaction. Two queries.
    """
    ids = [account.pk for account in accounts if account is not None]
    if ids:
        list(Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("tier", "pk"))
    AuditHead.objects.select_for_update().filter(pk=1).first()


# --- parcels -------------------------------------------------------------------------------------------------------


def keeps_land(user) -> bool:
    """Say whether the person is an officer of the department in charge of land. Two queries at the most."""
    if not allows(user, "factor.make"):
        return False
    return FactorKind.objects.filter(group=LAND, department__in=department_ids(user)).exists()


def parcels(user) -> QuerySet:
    """Narrow parcels to those that the person may see: all for who keeps land."""
    if keeps_land(user):
        return Parcel.objects.all()
    mine = Q(project__in=visible_to(Project.objects.all(), user).order_by().values("pk"))
    rows = _seen(Parcel, user, None)
    return rows | Parcel.objects.filter(mine) if allows(user, "factor.view") else rows


def require_land(user) -> None:
    """Raise PermissionDenied unless the person keeps land."""
    _require(keeps_land(user), "factor.make")


# --- stock and replacement sources ---------------------------------------------------------------------------------


def stock(user) -> QuerySet:
    """Narrow stock assets to those that the person may see."""
    ids = department_ids(user)
    amounts = StockAsset.objects.filter(amounts__book__kind__department__in=ids).order_by().values("pk")
    return _seen(StockAsset, user, Q(department__in=ids) | Q(pk__in=amounts))


def keeps_stock(user, department, kinds, permission="factor.make") -> bool:
    """Say whether the person is an officer of the asset's department, or of those in charge of all its factors."""
    if not allows(user, permission):
        return False
    ids = department_ids(user)
    if department is not None and department.pk in ids:
        return True
    return bool(kinds) and all(kind.department_id in ids for kind in kinds)


def sources(user) -> QuerySet:
    """Narrow replacement sources to those that the person may see."""
    return _seen(ReplacementSource, user, Q(book__kind__department__in=department_ids(user)))


def authors(row) -> set[int]:
    """Return the ids of who recorded or changed the row, from the audit log. One query."""
    entries = AuditEntry.objects.filter(
        kind="ledger.asset", target_type=row._meta.label_lower, target_id=str(row.pk), detail__wrote=True
    )
    return set(entries.exclude(by=None).order_by().values_list("by", flat=True))
