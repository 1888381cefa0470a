"""What a voucher would do, without doing it: for the maker's live check and for the checker's panel. Reads only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import building, pools, quantity, refusals
from factors.models import Account, Demand, Voucher, VoucherLine
from factors.refusals import LedgerRefused, Refused
from factors.rules import RETURNS, given, is_legal, received, totals
from projects.models import Project

TAKES = ("reserve", "reallocate", "recover", "absorb", "trade", "reduce", "expire_year", "carry_over")
"""Kinds of waiting vouchers that would take from the account that gives."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about the voucher: `code`, the words, and the form field it concerns."""

    code: str
    words: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an account would have available before and after, and what other waiting vouchers would take from it."""

    account: Account
    before: int
    after: int
    waiting: int


@dataclass(frozen=True, slots=True)
class NeedChange:
    """A demand's gap before and after."""

    demand: Demand
    gap_before: int
    gap_after: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What would happen. With `refusals` nothing would; `notices` do not stop it.

    `changes` begin with the accounts that give, in the order of the lines; `waiting` are the other vouchers that wait
    to take from them.
    """

    changes: tuple[Change, ...]
    needs: tuple[NeedChange, ...]
    waiting: tuple[Voucher, ...]
    notices: tuple[Notice, ...]
    refusals: tuple[Notice, ...]

    @property
    def possible(self) -> bool:
        """Whether it could be posted now."""
        return not self.refusals


def effect(subject, *, now: datetime, kind: str = "", document_no: str = "", reason: str = "", reverses=None) -> Effect:
    """Say what a voucher, or lines (`LineDraft`) with a kind, would do if posted now. About eight queries; reads only.

    What is missing on the paper (document number, reason) is among the refusals, too.
    """
    today = timezone.localtime(now).date()
    voucher = subject if isinstance(subject, Voucher) else None
    if voucher is not None:
        kind, document_no, reason, reverses = voucher.kind, voucher.document_no, voucher.reason, voucher.reverses
        lines = building.lines_of(voucher)
    else:
        lines = building.previewed(kind, subject, today=today)
    wrong: list[Notice] = []
    entries = _tried(wrong, lambda: building.build(kind, lines, key="preview", today=today, reverses=reverses)) or []
    _tried(wrong, lambda: building.check_paper(kind, document_no, reason))
    notices = []
    if kind == "reserve":
        _tried(wrong, lambda: require_wanted(lines))
        before = len(wrong)
        _tried(wrong, lambda: building.check_substitution(lines, reason))
        left = building.substitution(lines) if len(wrong) == before else None
        if left is not None:
            notices.append(Notice("substitution", _("“%(pool)s” still has balance and comes first.") % {"pool": left}))
    trial = Trial(entries)
    _tried(wrong, lambda: trial.run(today))
    others = _waiting(trial.givers(), voucher)
    changes = trial.changes(others)
    needs = trial.needs()
    _tried(wrong, lambda: require_within_need(kind, needs))
    notices += _notices(changes)
    waiting = tuple({line.voucher_id: line.voucher for line in others}.values())
    return Effect(changes, needs, waiting, tuple(notices), tuple(wrong))


def require_possible(entries, *, today: date) -> None:
    """Raise what the ledger would raise if the entries were posted now, and what `require_within_need` raises.

    Two queries, one more for reservations; true for the moment.
    """
    trial = Trial(entries)
    trial.run(today)
    if any(entry.kind == "reserve" for entry in entries):
        require_within_need("reserve", trial.needs())


def needs_met(lines) -> list["NeedChange"]:
    """Return what a reservation that was just posted did to the demands of its holdings. One query."""
    got = defaultdict(int)
    for line in lines:
        got[line.credit_id] += line.amount
    rows = Demand.objects.filter(holding__in=got, closed_on=None)
    rows = rows.select_related("project", "book__kind", "book__source").order_by("pk")
    return [NeedChange(demand, demand.gap + got[demand.holding_id], demand.gap) for demand in rows]


def require_within_need(kind: str, needs) -> None:
    """Refuse to reserve more for a project than it lacks. `needs` are `NeedChange`s. No query.

    What nobody asked for would be missing elsewhere, and the total of demands would no longer be what was registered.
    """
    for need in needs:
        if kind == "reserve" and need.gap_after < 0:
            of = need.demand.book.kind
            lacks = quantity.show(max(0, need.gap_before), of.family, of.unit, with_unit=True)
            message = _("“%(project)s” lacks %(gap)s: reserve no more, or change its demand first.")
            raise Refused("over_gap", message % {"project": need.demand.project, "gap": lacks}, "amount")


def require_wanted(lines) -> None:
    """Refuse to reserve for who does not want it: a cancelled project, a demand given up, the pool of another place.

    Reads anew what it judges: within the posting, the accounts locked, nobody can give up meanwhile. Two queries, and
    one for each level of districts that was not loaded.
    """
    wanting = [
        (line, line.demand.project_id if line.demand else line.credit.project_id) for line in lines if line.credit
    ]
    projects = Project.objects.select_related("district__parent").in_bulk({pk for _line, pk in wanting if pk})
    asked = defaultdict(list)
    for holding, closed_on in Demand.objects.filter(holding__in=[line.credit.pk for line, _pk in wanting]).values_list(
        "holding", "closed_on"
    ):
        asked[holding].append(closed_on)
    for line, pk in wanting:
        if pk is None:
            continue
        project, days = projects[pk], asked[line.credit.pk]
        if project.status == Project.Status.CANCELLED:
            message = _("“%(project)s” is cancelled: nothing is reserved for it.")
            raise Refused("cancelled", message % {"project": project})
        if days and all(days):
            message = _("“%(project)s” gave its demand up on %(date)s: register it anew first.")
            raise Refused("given_up", message % {"project": project, "date": f"{max(days):%Y-%m-%d}"})
        if line.debit is not None and not pools.serves(line.debit, project):
            message = _("“%(pool)s” does not serve the place of “%(project)s”: take the pool of its place.")
            raise Refused("other_place", message % {"pool": line.debit.name, "project": project})


def _tried(wrong: list[Notice], step):
    try:
        return step()
    except Refused as refused:
        wrong.append(Notice(refused.code, refused.words(), refused.field))
    except LedgerRefused as refused:
        field = "amount" if refused.code == "insufficient" else None
        wrong.append(Notice(refused.code, refused.words(), field))
    return None


class Trial:
    """Entries walked line by line over the accounts as they are, by the rules of the posting function."""

    def __init__(self, entries):
        self.entries = entries
        self.lines = [(entry, line) for entry in entries for line in entry.lines]
        ids = {side for _entry, line in self.lines for side in (line.debit, line.credit)}
        self.accounts = Account.objects.select_related("book__kind", "book__source").in_bulk(ids)
        self.left = {pk: account.available for pk, account in self.accounts.items()}
        self.secured = defaultdict(int)
        for _entry, line in self.lines:
            of_credit = totals(line)[1]
            self.secured[line.credit] += of_credit[1] + of_credit[3]
            if line.phase == "posted":
                self.secured[line.debit] -= line.amount

    def run(self, today: date) -> None:
        """Walk the lines. Raises the first refusal, as the ledger would."""
        short = None
        for entry, line in self.lines:
            self._allowed(entry, line, today)
            debit = self.accounts[line.debit]
            before = self.left[line.debit]
            self.left[line.debit] -= given(line)
            self.left[line.credit] += received(line)
            if given(line) > before and not debit.may_overdraw and short is None:
                short = refusals.Insufficient(account=debit.pk, available=before, wanted=given(line))
        if short is not None:  # the walk is complete, so that the change of every account is known
            raise short

    def _allowed(self, entry, line, today) -> None:
        debit, credit = self.accounts[line.debit], self.accounts[line.credit]
        pair = {"debit": debit.pk, "credit": credit.pk}
        if debit.book_id != credit.book_id:
            raise refusals.OtherBook(**pair)
        if debit.period != credit.period and entry.kind not in ("carry_over", "reverse"):
            raise refusals.OtherPeriod(**pair)
        if not is_legal(entry.kind, line.phase, debit.role, credit.role):
            raise refusals.Illegal(kind=entry.kind, phase=line.phase, **pair)
        for account in (debit, credit):
            comes_back = entry.kind in RETURNS and account.role in ("pool", "cap")  # opened again: `pools.reopening`
            if account.closed_on is not None and line.phase in ("posted", "pending") and not comes_back:
                raise refusals.Closed(account=account.pk)
            if account.last_on is not None and account.last_on > today:
                raise refusals.Backdated(account=account.pk, last_on=f"{account.last_on:%Y-%m-%d}")

    def givers(self) -> list[int]:
        """Return the ids of the accounts that give, in the order of the lines."""
        return list(dict.fromkeys(line.debit for _entry, line in self.lines))

    def changes(self, others) -> tuple[Change, ...]:
        """Return every account's change, those that give first."""
        taken = defaultdict(int)
        for line in others:
            taken[line.debit_id] += line.amount or 0
        order = dict.fromkeys([*self.givers(), *(line.credit for _entry, line in self.lines)])
        return tuple(Change(self.accounts[pk], self.accounts[pk].available, self.left[pk], taken[pk]) for pk in order)

    def needs(self) -> tuple[NeedChange, ...]:
        """Return the demands whose gap would change. One query."""
        rows = Demand.objects.filter(holding__in=self.secured, closed_on=None).select_related(
            "project", "book__kind", "book__source"
        )
        return tuple(NeedChange(d, d.gap, d.gap - self.secured[d.holding_id]) for d in rows.order_by("pk"))


def _waiting(accounts, voucher) -> list[VoucherLine]:
    rows = VoucherLine.objects.filter(
        debit__in=accounts, voucher__status=Voucher.Status.SUBMITTED, voucher__kind__in=TAKES
    )
    if voucher is not None and voucher.pk is not None:
        rows = rows.exclude(voucher=voucher.pk)
    return list(rows.select_related("voucher__maker").order_by("voucher_id", "line"))


def _notices(changes) -> list[Notice]:
    found = []
    for change in changes:
        if change.account.role not in ("pool", "cap") or change.after >= change.before:
            continue
        if change.after == 0:
            found.append(Notice("none_left", _("Nothing will be left in “%(pool)s”.") % {"pool": change.account}))
        if change.waiting > change.after >= 0:
            found.append(
                Notice(
                    "others_waiting",
                    _("Other vouchers wait for “%(pool)s”; not all of them can be passed.") % {"pool": change.account},
                )
            )
    return found


def waiting_total(account: Account) -> int:
    """Return what submitted vouchers would take from an account, together. One query."""
    rows = VoucherLine.objects.filter(debit=account, voucher__status=Voucher.Status.SUBMITTED, voucher__kind__in=TAKES)
    return rows.aggregate(total=Sum("amount"))["total"] or 0
