"""Grants, opening balances and journals as vouchers that wait for a checker. Never posted by an import.

Rows of one document and kind become one voucher: drafted and submitted by the importing person, passed by somebody
else. A row that the journal, or a voucher on its way, holds already is unchanged; so the same file twice, and an export
imported again, change nothing.
"""

import hashlib
import uuid
from collections import Counter, defaultdict
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.utils.translation.trans_null import gettext_noop

from factors import actions, pools, rights
from factors.building import LineDraft
from factors.models import Account, Posting, Transfer, Voucher, VoucherLine
from factors.post_accounts import Accounts
from factors.post_rows import Row as FileRow
from factors.post_rows import Wrong
from factors.refusals import AtRows, LedgerRefused, Refused
from factors.rules import is_legal
from imports import cells
from imports.importers.base import FORBIDDEN, NEW, REPEATED, REQUIRED, UNCHANGED, Column, display, of_choices
from imports.importers.quota import SAID, QuotaImporter, amount_columns, book_columns, figure

NAMESPACE = uuid.UUID("2f3b0b5e-7a43-4b0c-9a0b-5b3f9a1a6d21")
ALIVE = (Voucher.Status.DRAFT, Voucher.Status.SUBMITTED, Voucher.Status.POSTED)
OTHER_AMOUNT = gettext_noop("Document %(document)s moved %(amount)s there already. Change it by a voucher of its own.")
HAS_ENTRIES = gettext_noop("The account has entries already and %(amount)s; an opening balance comes before them.")
BY_HAND = gettext_noop("“%(kind)s” is not imported here: make it on its page, or by `ledger post`.")
ILLEGAL = gettext_noop("This kind of entry cannot move quota from “%(debit)s” to “%(credit)s”.")
IS_CLOSED = gettext_noop("“%(account)s” is closed.")
SAME_AS = gettext_noop("The same as row %(row)s: both are entered.")
NOTHING = gettext_noop("An entry moves more than nothing.")
NOT_OPENING = gettext_noop("Only pools, holdings, total caps and recovered or retired stock have an opening balance.")
AT_ONCE = ("opening", "grant", "earn", "reallocate", "recover", "absorb", "reduce", "expire_year", "carry_over")
"""Kinds of the journal that an import can ask for; reservations and trades are made where their conditions are."""


def _document(required=True, **more) -> Column:
    return Column(
        "document_no", pgettext_lazy("quota", "Document number"), partial(cells.text, most=60), required=required,
        aliases=("文号", "下达文号", "文件号"), example="省发改〔2026〕12号", **more,
    )  # fmt: skip


def _summary(**more) -> Column:
    return Column("summary", _("Summary"), partial(cells.text, most=200), aliases=("摘要", "备注"), **more)


class VoucherImporter(QuotaImporter):
    """The base: each row is a line of a voucher."""

    permissions = ("factor.make",)
    makes_vouchers = True

    def prepare(self, rows):
        """Load books and what the documents of the file moved before. Six queries, and one per book and period."""
        super().prepare(rows)
        self.accounts = Accounts()
        documents = {row.values.get("document_no") for row in rows} - {None, ""}
        self.before: Counter = Counter()
        self.amounts = defaultdict(set)
        on_the_way = VoucherLine.objects.filter(voucher__document_no__in=documents, voucher__status__in=ALIVE)
        posted = Transfer.objects.filter(posting__document_no__in=documents, posting__voucher=None, phase="posted")
        columns = ("debit", "credit", "amount")
        for found in (
            *on_the_way.values_list("voucher__document_no", "voucher__kind", *columns),
            *posted.values_list("posting__document_no", "posting__kind", *columns),
        ):
            self.before[found] += 1
            self.amounts[found[:4]].add(found[4])

    def _refuse_repeated(self, row, seen):
        """Two rows may say the same, since a document can give a pool something twice; but it is said."""
        says = tuple(sorted((name, str(value)) for name, value in row.values.items() if name != "summary"))
        if says in seen and "amount" in row.values:
            row.notes["amount"] = cells.Problem(SAME_AS, {"row": seen[says]})
        seen.setdefault(says, row.number)

    def pair(self, row, book, kind) -> tuple[Account, Account] | None:
        """Return the accounts that give and receive; None with the problem at its cell."""
        raise NotImplementedError

    def kind_of(self, row) -> str:
        """Return the kind of entry of a row, "" with the problem at its cell."""
        raise NotImplementedError

    def check_row(self, row):
        """Judge a row: known already, new, or wrong."""
        book, kind = self.book_of(row), self.kind_of(row)
        pair = self.pair(row, book, kind) if book and kind else None
        amount = self.amount_of(row, book) if book else None
        if pair is None or amount is None:
            return
        document = row.values.get("document_no") or ""
        if not document:
            row.wrong("document_no", REQUIRED, column=str(self.column("document_no").label))
            return
        if amount <= 0:
            row.wrong("amount", NOTHING)
            return
        moved = (document, kind, pair[0].pk, pair[1].pk)
        if self.before[*moved, amount] > 0:
            self.before[*moved, amount] -= 1
            row.verdict = UNCHANGED
            return
        if moved[2] and self.amounts[moved]:
            told = display(figure(max(self.amounts[moved]), book.kind))
            row.wrong("amount", OTHER_AMOUNT, document=document, amount=told)
            return
        self._new(row, kind, pair, amount)

    def _new(self, row, kind, pair, amount) -> None:
        if self.by is not None and not all(rights.keeps(self.by, account) for account in rights.givers([pair])):
            row.wrong(self.key[-1], FORBIDDEN)
            return
        if not is_legal(kind, "posted", pair[0].role, pair[1].role):
            label = dict(Account.Role.choices)
            row.wrong(self.key[-1], ILLEGAL, debit=str(label[pair[0].role]), credit=str(label[pair[1].role]))
            return
        closed = next((account for account in pair if account.closed_on is not None), None)
        if closed is not None:
            row.wrong(self.key[-1], IS_CLOSED, account=closed.name)
            return
        row.plan = (kind, *pair, amount)
        row.changes = {"amount": ""}
        row.verdict = NEW

    def find(self, row, column, book, kind, giver, taker) -> tuple[Account, Account] | None:
        """Return two accounts by their codes or names, as `ledger post` finds them."""
        period = row.values.get("period") or ""
        asked = FileRow(row.number, "", kind, None, book, period, giver, taker, None, "", "", "", None)
        try:
            return self.accounts.pair(asked)
        except Wrong as wrong:
            row.wrong(column.get(wrong.column, self.key[-1]), SAID, message=wrong.words)
        return None

    def write(self, rows, batch):
        """Draft and submit one voucher for each document and kind.

        :raises factors.refusals.AtRows: what the accounts do not allow; nothing of the file is kept.
        """
        groups = defaultdict(list)
        for row in rows:
            groups[row.values["document_no"], row.plan[0]].append(row)
        for (document, kind), members in groups.items():
            lines = [LineDraft(debit, credit, amount) for _kind, debit, credit, amount in self._plans(members)]
            says = ";".join(f"{line.debit.pk}>{line.credit.pk}:{line.amount}" for line in lines)
            digest = hashlib.sha256(f"{batch.pk}:{document}:{kind}:{says}".encode()).hexdigest()
            summaries = dict.fromkeys(row.values["summary"] for row in members if row.values.get("summary"))
            reasons = dict.fromkeys(row.values["reason"] for row in members if row.values.get("reason"))
            try:
                voucher = actions.draft_voucher(
                    by=self.by, now=self.now, kind=kind, lines=lines, document_no=document,
                    summary="；".join(summaries)[:200] or f"导入 #{batch.pk} {batch.file_name}"[:200],
                    reason="；".join(reasons)[:500], key=uuid.uuid5(NAMESPACE, digest),
                )  # fmt: skip
                actions.submit_voucher(by=self.by, voucher=voucher, now=self.now)
            except (Refused, LedgerRefused) as refused:
                raise AtRows(refused, document, [row.number for row in members]) from refused

    def _plans(self, members):
        for row in members:
            kind, debit, credit, amount = row.plan
            if debit.pk is None:
                debit = pools.standing_account("issuer", credit.book, credit.period)
            yield kind, debit, credit, amount

    def issuer(self, book, period) -> Account:
        """Return the issuer of a book and period, not saved where there is none yet."""
        rows = self.accounts._of(book, period).find("issuer")
        return rows[0] if rows else Account(book=book, period=period, role="issuer", code="issuer")


class GrantImporter(VoucherImporter):
    """What the upper level granted (下达文件): a document, a pool, an amount."""

    kind = "grants"
    title = pgettext_lazy("quota", "Grants")
    key = ("document_no", "factor", "account")

    def make_columns(self):
        """Return the columns in the order of the template."""

        def book_of(transfer):
            return transfer.credit.book, transfer.credit.period

        return [
            _document(show=lambda transfer: transfer.posting.document_no),
            *book_columns(book_of),
            Column(
                "account", _("Pool"), partial(cells.text, most=120), required=True, aliases=("账户", "池", "资源池"),
                example="pool:159900", help=_("Code of the pool, or its name where only one has it."),
                show=lambda transfer: transfer.credit.code,
            ),
            Column("account_name", _("Name of the account"), read_only=True, show=lambda t: t.credit.name,
                   help=_("For your own reading; not imported.")),
            *amount_columns(book_of, lambda transfer: transfer.amount),
            _summary(show=lambda transfer: transfer.posting.summary),
        ]  # fmt: skip

    def kind_of(self, row):
        """Grants only."""
        return "grant"

    def pair(self, row, book, kind):
        """From the issuer to the pool or total cap."""
        found = _one(self, row, book, "account", row.values.get("account") or "")
        return found and (self.issuer(book, row.values.get("period") or ""), found)

    def export_queryset(self, queryset):
        """Join what the columns show."""
        return _joined(queryset)


class OpeningImporter(GrantImporter):
    """Balances with which accounts begin. An export of balances has the same columns."""

    kind = "openings"
    title = _("Opening balances")
    key = ("factor", "account")

    def make_columns(self):
        """Return the columns in the order of the template; the other totals of an export are not read."""

        def book_of(balance):
            return balance.account.book, balance.account.period

        def total(name, label):
            return Column(name, label, export_only=True,
                          show=lambda b: figure(getattr(b, name), b.account.book.kind))  # fmt: skip

        return [
            _document(required=False, show=lambda balance: ""),
            *book_columns(book_of),
            Column(
                "account", pgettext_lazy("quota", "Account"), partial(cells.text, most=120), required=True,
                aliases=("账户", "账户编号"), example="pool:159900",
                help=_("Code of the account, or its name where only one has it."),
                show=lambda balance: balance.account.code,
            ),
            Column("account_name", _("Name of the account"), read_only=True, show=lambda b: b.account.name,
                   help=_("For your own reading; not imported.")),
            *amount_columns(book_of, lambda balance: balance.balance),
            _summary(show=lambda balance: ""),
            total("received", pgettext_lazy("quota", "Received")),
            total("given", _("Given away")),
            total("reserved", _("Reserved")),
            total("available", _("Available")),
        ]  # fmt: skip

    def kind_of(self, row):
        """Opening balances only."""
        return "opening"

    def check_row(self, row):
        """An account with entries has its balance; anything else would be a second beginning."""
        book = self.book_of(row)
        account = _one(self, row, book, "account", row.values.get("account") or "") if book else None
        amount = self.amount_of(row, book) if account else None
        if amount is None:
            return
        if account.role in ("issuer", "used"):
            row.wrong("account", NOT_OPENING)
        elif account.balance == amount and (account.last_on is not None or not amount):
            row.verdict = UNCHANGED
        elif account.last_on is not None:
            row.wrong("amount", HAS_ENTRIES, amount=display(figure(account.balance, book.kind)))
        else:
            super().check_row(row)

    def export_queryset(self, queryset):
        """Balances are no queryset of accounts: made as they are now."""
        return queryset


class JournalImporter(VoucherImporter):
    """Rows of a journal. Those that the journal holds are unchanged; what moves at once becomes vouchers."""

    kind = "journal"
    title = _("Journal entries")
    key = ("kind", "factor", "from")

    def make_columns(self):
        """Return the columns, which are those of `ledger post` as well."""
        self._parse_kind, options, show_kind = of_choices(Posting.Kind)

        def book_of(transfer):
            return transfer.debit.book, transfer.debit.period

        def posting(name):
            return lambda transfer: getattr(transfer.posting, name)

        return [
            Column("date", _("Date"), cells.day, aliases=("日期", "凭证日期"), show=posting("occurred_on"),
                   help=_("New entries bear the day on which their checker passes them.")),
            Column("kind", _("Kind of entry"), self._parse_kind, required=True, aliases=("种类", "业务", "凭证种类"),
                   options=options, example="reallocate", show=lambda t: show_kind(t.posting.kind)),
            *book_columns(book_of),
            Column("from", _("From account"), partial(cells.text, most=120), required=True,
                   aliases=("转出", "转出账户"), example="pool:159900", show=lambda t: t.debit.code),
            Column("to", _("To account"), partial(cells.text, most=120), required=True, aliases=("转入", "转入账户"),
                   example="pool:159901", show=_taker),
            *amount_columns(book_of, lambda transfer: transfer.amount),
            _document(required=False, show=posting("document_no")),
            Column("key", _("Key"), partial(cells.text, most=90), aliases=("编号", "唯一编号"), show=_key,
                   help=_("An entry of the journal is known by it.")),
            Column("reservation", _("Reservation"), partial(cells.text, most=90), aliases=("预占编号", "预占"),
                   show=lambda t: t.resolves.posting.key if t.resolves else ""),
            Column("expires_on", _("Reserved until"), cells.day, aliases=("预占至",), show=lambda t: t.expires_on),
            _summary(show=posting("summary")),
            Column("reason", _("Reason"), partial(cells.text, most=500), aliases=("理由", "原因"), show=lambda t: ""),
            Column("number", _("Voucher number"), export_only=True, show=lambda t: t.posting.label),
        ]  # fmt: skip

    def prepare(self, rows):
        """Load also the entries that the keys name. One query per 500 keys."""
        super().prepare(rows)
        keys = sorted({(row.values.get("key") or "").partition("#")[0] for row in rows} - {""})
        self.known = {}
        for start in range(0, len(keys), 500):
            found = Transfer.objects.filter(posting__key__in=keys[start : start + 500])
            for key, line, *rest in found.values_list("posting__key", "line", "posting__kind", "debit__code", "amount"):
                self.known[key, line] = tuple(rest)

    def _refuse_repeated(self, row, seen):
        """A key stands once; without keys as for other vouchers."""
        key = row.values.get("key")
        if not key:
            super()._refuse_repeated(row, seen)
        elif key in seen:
            row.wrong("key", REPEATED, column=str(self.column("key").label), row=seen[key])
        else:
            seen[key] = row.number

    def kind_of(self, row):
        """Kinds that move at once."""
        kind = row.values["kind"]
        if kind not in AT_ONCE:
            row.wrong("kind", BY_HAND, kind=str(Posting.Kind(kind).label))
            return ""
        return kind

    def check_row(self, row):
        """An entry that the journal holds is unchanged, of whatever kind."""
        key, _mark, line = (row.values.get("key") or "").partition("#")
        known = self.known.get((key, int(line) if line.isascii() and line.isdecimal() else 1))
        if known is not None:
            book = self.book_of(row)
            amount = self.amount_of(row, book) if book else None
            if amount is None:
                return
            if known == (row.values["kind"], row.values["from"], amount):
                row.verdict = UNCHANGED
            else:
                row.wrong("key", gettext_noop("This key belongs to another entry of the journal."))
            return
        super().check_row(row)

    def pair(self, row, book, kind):
        """The two accounts that the row names."""
        if not row.values.get("to"):
            row.wrong("to", REQUIRED, column=str(self.column("to").label))
            return None
        return self.find(row, {"from": "from", "to": "to"}, book, kind, row.values["from"], row.values["to"])

    def export_queryset(self, queryset):
        """Join what the columns show."""
        return _joined(queryset)


def _one(importer, row, book, column, word) -> Account | None:
    """Return the account that a cell names; None with the problem at it."""
    period = row.values.get("period") or ""
    rows = importer.accounts._of(book, period).find(word)
    if len(rows) == 1:
        return rows[0]
    if rows:
        row.wrong(column, gettext_noop("“%(value)s” names more than one. Write its code."), value=word)
    else:
        msgid = gettext_noop("There is no account “%(value)s” of %(book)s %(period)s. Open it first.")
        row.wrong(column, msgid, value=word, book=str(book), period=period)
    return None


def _joined(queryset):
    accounts = [f"{side}__book__{part}" for side in ("debit", "credit") for part in ("kind", "source")]
    return queryset.select_related("posting", "resolves__posting", *accounts)


def _taker(transfer) -> str:
    code = transfer.credit.code
    return code if transfer.credit.period == transfer.debit.period else f"{code}@{transfer.credit.period}"


def _key(transfer) -> str:
    return transfer.posting.key if transfer.line == 1 else f"{transfer.posting.key}#{transfer.line}"
