"""The end of a year: what pools still have expires or is carried over, by the rule of each factor; then they close.

Three steps, each of which can be repeated and then finds nothing left to do:

1. `preview` shows every pool and total cap of the year: what is available, what is in flight, what would become of it.
2. `prepare` drafts and submits one voucher for each book and kind of entry (carry_over, expire_year). A checker passes
   them as any other; nothing moves before.
3. `close`, once the year is over: pools in which nothing is left and nothing is in flight are closed, and what
   projects still lack follows to the next year.

**Reservations in flight are left to run on the old year's pool until they are resolved.** A reservation is a promise
out of that year's plan, by a document of that year, into the project's account of that year; the plan may be used up
after 31 December for what was promised before it. Making it anew on next year's accounts would break the promise for
an instant, lose its day of expiry and its one renewal, and take next year's plan for what this year's plan covers. So
only what is *available* (neither confirmed nor reserved) expires or is carried over; what is reserved stays behind, and
both sides of every account stay as the journal says (I2, I3). Confirmed, it enters the project's account of the old
year. Released or expired, it is available in the old pool again, and the next run of the three steps finds it. A pool
with reservations in flight stays open.

**The demand follows.** Of a demand of the old year the part that is reserved or confirmed stays; what is still missing
becomes a demand of the next year, served by next year's pool (added to one that followed before, when a reservation
ran out since). A demand without anything secured moves as it is, with the time since which it is blocked. Where next
year's demand was registered by hand, nothing is changed and it is named.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factors import actions, blocks, pools, reservations, rights
from factors.building import LineDraft
from factors.models import Account, Demand, FactorKind, Posting, QuotaRequest, Reservation, Voucher, VoucherLine
from factors.refusals import Refused
from people import audit

CARRY, EXPIRE = Posting.Kind.CARRY_OVER, Posting.Kind.EXPIRE_YEAR
OPEN = (Voucher.Status.DRAFT, Voucher.Status.SUBMITTED)
NAMESPACE = uuid.UUID("6b0e2c6e-5d0c-4b27-9c53-0d7f1f0a7f11")
SUMMARY = {CARRY: "年末结转", EXPIRE: "年末失效"}  # texts of the journal, in the language of the house
MOVED = "年末缺口转入下一年度"


@dataclass
class PoolEnd:
    """A pool or cap of the year. `carried` and `expiring` together are what is available and in no voucher yet.

    `waiting` is what vouchers of the year end hold that nobody passed; `in_flight` what open reservations hold.
    """

    account: Account
    rule: str
    available: int
    carried: int
    expiring: int
    waiting: int
    in_flight: int
    reservations: list[Reservation] = field(default_factory=list)

    @property
    def closes(self) -> bool:
        """Whether nothing keeps it open: it is empty, nothing waits and nothing is in flight."""
        return not self.available and not self.in_flight and not self.waiting


@dataclass
class Preview:
    """What the end of a year would do. `stays`: demands whose gap follows, `by_hand`: those with one of next year."""

    year: int
    pools: list[PoolEnd] = field(default_factory=list)
    follows: list[Demand] = field(default_factory=list)
    by_hand: list[Demand] = field(default_factory=list)
    stock: list[Account] = field(default_factory=list)

    @property
    def to_prepare(self) -> list[PoolEnd]:
        """Pools of which something is in no voucher yet."""
        return [row for row in self.pools if row.carried or row.expiring]

    @property
    def to_close(self) -> list[PoolEnd]:
        """Pools that can be closed."""
        return [row for row in self.pools if row.closes]

    @property
    def is_done(self) -> bool:
        """Whether no step finds anything to do: what is left waits for a checker, or is in flight."""
        return not self.to_prepare and not self.to_close and not self.follows


# --- what would happen ---------------------------------------------------------------------------------------------


def preview(year: int, *, approved: dict[int, int] | None = None, keeper=None) -> Preview:
    """Say what the end of `year` would do now. Eight queries; reads only.

    `approved`: what may be carried over by account id, for factors that carry over (else all of it; never more than is
    there). `keeper` limits it to the accounts that this person keeps.
    """
    accounts = _accounts(year)
    if keeper is not None:
        accounts = [account for account in accounts if rights.keeps(keeper, account)]
    waiting = _waiting(accounts)
    flying = {}
    for row in _in_flight(accounts):
        flying.setdefault(row.pool_id, []).append(row)
    result = Preview(year)
    for account in accounts:
        result.pools.append(_end(account, approved or {}, waiting.get(account.pk, 0), flying.get(account.pk, [])))
    books = {account.book_id for account in accounts}
    result.follows, result.by_hand = _demands(year, books)
    stock = Account.objects.filter(role="recovered", period=str(year), book__in=books, closed_on=None)
    result.stock = [account for account in stock.select_related("book__kind", "book__source") if account.available]
    return result


def _accounts(year: int) -> list[Account]:
    rows = Account.objects.filter(role__in=["pool", "cap"], period=str(year), closed_on=None)
    rows = rows.exclude(book__kind__year_end=FactorKind.YearEnd.KEEP)
    rows = rows.select_related("book__kind", "book__source", "district", "park", "department", "cap")
    return list(rows.order_by("book__kind__position", "book", "-tier", "code"))


def _waiting(accounts) -> dict[int, int]:
    lines = VoucherLine.objects.filter(debit__in=accounts, voucher__kind__in=[CARRY, EXPIRE], voucher__status__in=OPEN)
    return {pk: int(total) for pk, total in lines.order_by().values_list("debit").annotate(Sum("amount"))}


def _in_flight(accounts):
    rows = Reservation.objects.filter(resolved_by=None, pool__in=accounts)
    return rows.select_related("holding__project").order_by("expires_on", "pk")


def _end(account: Account, approved, waiting: int, flying) -> PoolEnd:
    rule = account.book.kind.year_end
    rest = max(account.available - waiting, 0)
    carried = min(approved.get(account.pk, rest), rest) if rule == FactorKind.YearEnd.CARRY_OVER else 0
    return PoolEnd(
        account=account,
        rule=rule,
        available=account.available,
        carried=carried,
        expiring=rest - carried,
        waiting=waiting,
        in_flight=account.debits_pending,
        reservations=flying,
    )


def _demands(year: int, books) -> tuple[list[Demand], list[Demand]]:
    rows = Demand.objects.filter(period=str(year), book__in=books, closed_on=None, gap__gt=0)
    rows = list(rows.select_related("project__district__parent", "book__kind", "book__source").order_by("pk"))
    later = Demand.objects.filter(period=str(year + 1), project__in={row.project_id for row in rows})
    of_hand = set(later.exclude(note__startswith=MOVED).values_list("project", "book"))
    by_hand = [row for row in rows if (row.project_id, row.book_id) in of_hand]
    return [row for row in rows if (row.project_id, row.book_id) not in of_hand], by_hand


# --- vouchers ------------------------------------------------------------------------------------------------------


def prepare(
    *, by, now: datetime, year: int, document_no: str, approved: dict[int, int] | None = None, reason: str = ""
) -> list[Voucher]:
    """Draft and submit the vouchers of the year end, one for each book and kind of entry; returns the new ones.

    Pools and caps of the next year are opened where they are missing. Twice makes nothing new while the first vouchers
    wait. Only for accounts that `by` keeps.

    :raises PermissionDenied: without the right to make vouchers.
    :raises Refused: the year is not in its last month yet, no document number, or more approved than is there.
    """
    today = timezone.localtime(now).date()
    if today < date(year, 12, 1):
        raise Refused("too_early", _("The end of a year is prepared from 1 December on."), "year")
    if not document_no.strip():
        raise Refused("no_document", _("Give the document number."), "document_no")
    reservations.sweep(now)
    with transaction.atomic():
        list(Account.objects.select_for_update().filter(pk__in=[a.pk for a in _accounts(year)]).order_by("tier", "pk"))
        found = preview(year, approved=approved, keeper=by)
        _require_approved(found, approved or {})
        kinds = {row.account.book.kind_id for row in found.to_prepare if row.carried}
        if kinds:
            pools.open_year(by=by, now=now, year=year + 1, kinds=kinds)
        made = []
        for (book, kind), lines in _by_voucher(found, year).items():
            made.append(_voucher(by, now, year, book, kind, lines, document_no, reason))
    return [actions.submit_voucher(by=by, voucher=voucher, now=now) for voucher in made]


def _require_approved(found: Preview, approved: dict[int, int]) -> None:
    for row in found.pools:
        if not 0 <= approved.get(row.account.pk, 0) <= row.available:
            message = _("%(pool)s: more would be carried over than is there.")
            raise Refused("more_than_left", message % {"pool": row.account}, f"approved_{row.account.pk}")


def _by_voucher(found: Preview, year: int) -> dict:
    lines = {}
    for row in found.to_prepare:
        account = row.account
        if row.carried:
            target = _next_year(account, year + 1)
            lines.setdefault((account.book, CARRY), []).append(LineDraft(account, target, row.carried))
        if row.expiring:
            retired = pools.standing_account("retired", account.book, account.period)
            lines.setdefault((account.book, EXPIRE), []).append(LineDraft(account, retired, row.expiring))
    return lines


def _next_year(account: Account, year: int) -> Account:
    """Return the same pool of the next year; one without a place is made beside those that `open_year` makes."""
    facts = {name: getattr(account, name) for name in ("role", "name", "district", "park", "department")}
    if account.role == "cap":
        used = account.cap.code if account.cap else f"used:{account.code}"
        facts["cap"] = pools.make_account(account.book, str(year), used, **facts | {"role": "used"})
    elif account.cap is not None:
        facts["cap"] = Account.objects.filter(book=account.cap.book_id, period=str(year), code=account.cap.code).first()
    return pools.make_account(account.book, str(year), account.code, **facts)


def _voucher(by, now, year, book, kind, lines, document_no, reason) -> Voucher:
    """Draft a voucher whose key is what it says, so that two who prepare at once make one."""
    before = Voucher.objects.filter(kind=kind, lines__debit__in=[line.debit for line in lines])
    settled = before.exclude(status__in=OPEN).distinct().count()
    says = [f"{line.debit.pk}>{line.credit.pk}:{line.amount}" for line in lines]
    return actions.draft_voucher(
        by=by,
        now=now,
        kind=kind,
        lines=lines,
        document_no=document_no,
        summary=f"{SUMMARY[kind]} {year} {book}"[:200],
        reason=reason,
        key=uuid.uuid5(NAMESPACE, f"{year}:{book.pk}:{kind}:{settled}:{by.pk}:{','.join(says)}"),
    )


# --- closing -------------------------------------------------------------------------------------------------------


@dataclass
class Closed:
    """What closing did: pools that are closed now, demands that followed to the next year."""

    pools: list[Account] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)


def close(*, by, now: datetime, year: int) -> Closed:
    """Let what projects lack follow to the next year and close the pools in which nothing is left. Twice does nothing.

    Only accounts that `by` keeps, and demands whose pool is among them and has nothing left to give.

    :raises Refused: the year is not over.  :raises PermissionDenied: without the right to make vouchers.
    """
    today = timezone.localtime(now).date()
    if today.year <= year:
        raise Refused("not_over", _("Pools of a year are closed when it is over."), "year")
    reservations.sweep(now)
    result = Closed()
    found = preview(year, keeper=by)
    empty = {row.account.pk for row in found.pools if not row.available}
    books = {row.account.book_id for row in found.pools}
    for demand in found.follows:
        if demand.pool_id in empty or (demand.pool_id is None and demand.book_id in books):
            moved = _follow(demand, by, now, year + 1)
            result.demands += [moved] if moved else []
    for row in found.to_close:
        if row.account.role == "pool":
            result.pools.append(
                pools.close_account(by=by, account=row.account, now=now, on=today, reason=f"{year} 年度结束")
            )
    result.pools += _close_caps(by, now, year, today)
    return result


def _close_caps(by, now, year, today) -> list[Account]:
    """Close total caps under which no pool of the year is open any more."""
    found = preview(year, keeper=by)
    covered = set(Account.objects.filter(role="pool", period=str(year), closed_on=None).values_list("cap", flat=True))
    return [
        pools.close_account(by=by, account=row.account, now=now, on=today, reason=f"{year} 年度结束")
        for row in found.to_close
        if row.account.role == "cap" and row.account.pk not in covered
    ]


@transaction.atomic
def _follow(demand: Demand, by, now: datetime, year: int) -> Demand | None:
    """Make the gap of a demand one of the next year; None when it has none any more."""
    project, book, period = demand.project, demand.book, str(year)
    pool = pools.nearest_pool(project, book, period)
    old_pools = [pk for pk in (demand.pool_id, pool and pool.pk) if pk]
    list(Account.objects.select_for_update().filter(pk__in=old_pools).order_by("tier", "pk"))
    row = Demand.objects.select_for_update(of=("self",)).get(pk=demand.pk)
    if row.closed_on is not None or row.gap <= 0:
        return None
    holding = pools.holding_for(project=project, book=book, period=period)
    gap, note = row.gap, f"{MOVED}（{year - 1}）{row.note}"[:300]
    facts = {"pool": pool, "holding": holding, "secured": holding.secured, "note": note}
    later = Demand.objects.filter(project=project, book=book, period=period).first()
    if later is None and not row.secured:
        Demand.objects.filter(pk=row.pk).update(period=period, **facts)
        moved = row.pk
    else:
        Demand.objects.filter(pk=row.pk).update(amount=F("secured"))
        moved = _more(row, later, gap, now, facts | {"period": period})
        QuotaRequest.objects.filter(demand=row, status=QuotaRequest.Status.WAITING).update(demand=moved)
    blocks.turn(Demand.objects.filter(Q(pk=row.pk) | Q(pk=moved)), now=now, cause="changed")
    moved = Demand.objects.select_related("project", "book__kind", "book__source").get(pk=moved)
    audit.record("ledger.demand", by=by, target=moved, now=now, cause=MOVED, before=str(year - 1), amount=gap)
    return moved


def _more(row: Demand, later: Demand | None, gap: int, now, facts) -> int:
    """Return the id of next year's demand with the gap added to it; made where there is none."""
    if later is None:
        copied = ("project", "book", "gate", "needed_by", "substitution_reason", "registered_by")
        facts |= {name: getattr(row, name) for name in copied}
        return Demand.objects.create(amount=gap, registered_at=now, **facts).pk
    before = 0 if later.closed_on else F("amount")
    Demand.objects.filter(pk=later.pk).update(amount=before + gap, closed_on=None, closed_reason="")
    return later.pk
