"""Why the ledger says no. Each refusal carries facts; `words()` makes the sentence, with what to do instead."""

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from factors import quantity
from factors.models import Account, Posting, Reservation


class LedgerRefused(Exception):
    """The ledger refused an entry; nothing of it was written. Inside a transaction the caller lets it roll back."""

    code = "refused"

    def __init__(self, **facts):
        super().__init__(f"{self.code} {facts}")
        self.facts = facts

    def words(self) -> str:
        """Return the sentence for the user. At most two queries."""
        return _("The entry is not possible.")


class Refused(Exception):
    """A step of the workflow that is not possible now. `code` says what, `words()` how to say it, `field` where.

    Not for missing rights: those are `PermissionDenied`.
    """

    def __init__(self, code: str, message, field: str | None = None, **facts):
        super().__init__(f"{code} {facts}")
        self.code, self.message, self.field, self.facts = code, message, field, facts

    def words(self) -> str:
        """Return the sentence for the user."""
        return str(self.message)


class AtRows(Refused):
    """What was refused of a file, with the document and the rows that asked for it (an import's voucher)."""

    def __init__(self, refused: "Refused | LedgerRefused", document: str, rows: list[int]):
        super().__init__(refused.code, "", document=document, rows=rows)
        self.refused = refused

    def words(self) -> str:
        rows = _(", ").join(str(row) for row in self.facts["rows"][:20])
        said = {"document": self.facts["document"], "rows": rows, "why": self.refused.words()}
        return _("%(document)s, row %(rows)s: %(why)s") % said


class Insufficient(LedgerRefused):
    """More was asked for than the account has left: facts account, available, wanted (smallest units)."""

    code = "insufficient"

    def words(self) -> str:
        account = Account.objects.select_related("book__kind", "book__source").get(pk=self.facts["account"])
        kind = account.book.kind
        return _("%(account)s has only %(available)s left, %(wanted)s were asked for. Nothing was taken.") % {
            "account": account,
            "available": quantity.exact(self.facts["available"], kind.family, kind.unit),
            "wanted": quantity.exact(self.facts["wanted"], kind.family, kind.unit),
        }


class NotOpen(LedgerRefused):
    """The reservation was resolved before, or its amount is another by now: fact reservation."""

    code = "not_open"

    def words(self) -> str:
        try:
            reservation = Reservation.objects.select_related("resolved_by__posting").get(pk=self.facts["reservation"])
        except ObjectDoesNotExist:
            return _("There is no such reservation.")
        if reservation.resolved_by is None and reservation.renewed:
            return _("A reservation can be renewed once only.")
        if reservation.resolved_by is None:
            return _("The reservation changed in the meantime. Look at it again.")
        posting = reservation.resolved_by.posting
        return _("The reservation was resolved by entry %(number)s of %(date)s (%(kind)s).") % {
            "number": posting.label,
            "date": f"{posting.occurred_on:%Y-%m-%d}",
            "kind": posting.get_kind_display(),
        }


class Illegal(LedgerRefused):
    """The kind of entry cannot move between such accounts: facts kind, debit, credit, phase."""

    code = "illegal"

    def words(self) -> str:
        roles = dict(
            Account.objects.filter(pk__in=[self.facts["debit"], self.facts["credit"]]).values_list("pk", "role")
        )
        label = dict(Account.Role.choices)
        return _("This kind of entry cannot move quota from “%(debit)s” to “%(credit)s”.") % {
            "debit": label.get(roles.get(self.facts["debit"]), "?"),
            "credit": label.get(roles.get(self.facts["credit"]), "?"),
        }


class OtherBook(LedgerRefused):
    """The two accounts are not of one book (factor, source, basis): facts debit, credit."""

    code = "other_book"

    def words(self) -> str:
        books = {
            a.pk: a.book
            for a in Account.objects.select_related("book__kind", "book__source").filter(
                pk__in=[self.facts["debit"], self.facts["credit"]]
            )
        }
        return _("“%(debit)s” and “%(credit)s” are different account books; quota never moves between them.") % {
            "debit": books.get(self.facts["debit"], "?"),
            "credit": books.get(self.facts["credit"], "?"),
        }


class OtherPeriod(LedgerRefused):
    """The two accounts are of different periods and the entry is no carry-over: facts debit, credit."""

    code = "other_period"

    def words(self) -> str:
        return _("The two accounts belong to different periods; only a carry-over moves quota from year to year.")


class Backdated(LedgerRefused):
    """The entry's date lies before the latest entry of an account: facts account, last_on."""

    code = "backdated"

    def words(self) -> str:
        return _(
            "Entries are made in order: %(account)s already has one of %(date)s. Use that date or a later one."
        ) % {
            "account": Account.objects.get(pk=self.facts["account"]).name,
            "date": self.facts["last_on"],
        }


class Postdated(LedgerRefused):
    """The entry's date lies after the day on which it is posted: facts on, today.

    Entries are made in order, so one of next year would keep its accounts from everything until then.
    """

    code = "postdated"

    def words(self) -> str:
        return _("The day %(date)s is still to come: entries are dated up to today, %(today)s.") % {
            "date": self.facts["on"],
            "today": self.facts["today"],
        }


class Closed(LedgerRefused):
    """The account was closed, at year end for instance: fact account."""

    code = "closed"

    def words(self) -> str:
        return _("“%(account)s” is closed.") % {"account": Account.objects.get(pk=self.facts["account"])}


class Unknown(LedgerRefused):
    """An account that does not exist: fact account."""

    code = "unknown"

    def words(self) -> str:
        return _("There is no such account.")


class KeyUsed(LedgerRefused):
    """The key belongs to an entry with other lines: facts key, posting. A key names one entry for ever."""

    code = "key_used"

    def words(self) -> str:
        posting = Posting.objects.get(pk=self.facts["posting"])
        return _("The key %(key)s belongs to entry %(number)s of %(date)s, which says something else.") % {
            "key": self.facts["key"],
            "number": posting.label,
            "date": f"{posting.occurred_on:%Y-%m-%d}",
        }


class Reversed(LedgerRefused):
    """The entry was reversed before: facts posting, by (the ids of both)."""

    code = "reversed"

    def words(self) -> str:
        number = Posting.objects.get(pk=self.facts["by"]).label
        return _("The entry was reversed already, by entry %(number)s.") % {"number": number}


_ALL = (
    Insufficient, NotOpen, Illegal, OtherBook, OtherPeriod, Backdated, Postdated, Closed, Unknown, KeyUsed, Reversed,
)  # fmt: skip
BY_CODE = {c.code: c for c in _ALL}
