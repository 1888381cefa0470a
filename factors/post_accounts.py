"""The accounts that the rows of a file name, found per book and period, or opened. See `factors.post_file`."""

from django.utils.translation import gettext as _

from factors import pools
from factors.models import Account, Book
from factors.post_rows import Wrong
from factors.rules import is_next_year
from people.models import District
from projects.models import Enterprise, Park, Project

PREFIXES = {
    "issuer": "issuer",
    "retired": "retired",
    "recovered": "recovered",
    "pool": "pool",
    "cap": "cap",
    "used": "used",
    "holding": "holding",
    "project": "holding",
    "enterprise": "holding",
}
"""What stands before the colon of a code says the kind of account, whatever the entry is."""

ROLES = {
    "opening": ("issuer", "pool"),
    "grant": ("issuer", "pool"),
    "earn": ("issuer", "pool"),
    "reallocate": ("pool", "pool"),
    "reserve": ("pool", "holding"),
    "recover": ("holding", "pool"),
    "absorb": ("recovered", "pool"),
    "trade": ("holding", "holding"),
    "reduce": ("pool", "issuer"),
    "expire_year": ("pool", "retired"),
    "carry_over": ("pool", "pool"),
}
"""For other codes the kind of entry says it: what the account that gives is, what the one that receives."""

LONGEST = 60


class Shelf:
    """The accounts of one book and period, by code and by name."""

    def __init__(self, accounts=()):
        self.by_code: dict[str, Account] = {}
        self.by_name: dict[str, list[Account]] = {}
        for account in accounts:
            self.add(account)

    def add(self, account: Account) -> None:
        """Put an account on the shelf."""
        self.by_code[account.code] = account
        self.by_name.setdefault(account.name, []).append(account)

    def find(self, word: str) -> list[Account]:
        """Return the account with this code, or else all of this name."""
        return [self.by_code[word]] if word in self.by_code else self.by_name.get(word, [])


class Accounts:
    """Accounts by code, or by a name that only one has, within a book and period. One query per book and period."""

    def __init__(self, open_missing: bool = False):
        self.open_missing = open_missing
        self.opened: list[Account] = []
        self._known: dict[tuple[int, str], Shelf] = {}

    def pair(self, row) -> tuple[Account, Account]:
        """Return the accounts that give and receive of a row that names both.

        :raises Wrong: one is not there (and is not to be opened), or the name is that of several.
        """
        found = []
        for column, text, other, role in (
            ("from", row.giver, row.taker, ROLES[row.kind][0]),
            ("to", row.taker, row.giver, ROLES[row.kind][1]),
        ):
            found.append(self._find(row, column, text, other, role))
        if found[0].pk == found[1].pk:
            raise Wrong("to", _("the account that gives and the one that receives are the same"))
        if row.kind == "carry_over" and not is_next_year(found[0].period, found[1].period):
            raise Wrong("to", _("what is carried over goes to the year after: write the account as code@year"))
        return found[0], found[1]

    def _find(self, row, column, text, other, role) -> Account:
        code, _at, period = text.partition("@")
        code, period = code.strip(), period.strip() or row.period
        rows = self._of(row.book, period).find(code)
        if len(rows) > 1:
            raise Wrong(column, _("several accounts are called “%(name)s”; write the code of one: %(codes)s") % {
                "name": code, "codes": _(", ").join(account.code for account in rows)})  # fmt: skip
        if rows:
            return rows[0]
        if not self.open_missing:
            raise Wrong(column, _(
                "there is no account “%(name)s” of %(book)s %(period)s; open it first, or post with --open-accounts"
            ) % {"name": code, "book": row.book, "period": period})  # fmt: skip
        return self._open(row.book, period, column, code, other.partition("@")[0].strip(), role)

    def _of(self, book: Book, period: str) -> Shelf:
        where = (book.pk, period)
        if where not in self._known:
            rows = list(Account.objects.select_related("cap").filter(book=book, period=period).order_by("pk"))
            for account in rows:
                account.book = book
            self._known[where] = Shelf(rows)
        return self._known[where]

    # --- opening -----------------------------------------------------------------------------------------------------

    def _open(self, book, period, column, code, other, role) -> Account:
        if len(code) > LONGEST:
            raise Wrong(column, _("the code of an account has %(most)s characters at the most") % {"most": LONGEST})
        word, _colon, rest = code.partition(":")
        role = PREFIXES.get(word, role)
        account = self._of_row(book, period, column, word, rest) if rest else None
        if account is None:
            account = pools.make_account(book, period, code, **self._facts(book, period, role, word, code, rest, other))
        account.book = book
        self._of(book, period).add(account)
        self.opened.append(account)
        return account

    def _of_row(self, book, period, column, word, rest) -> Account | None:
        """Return the account of a project or enterprise, made with its place and cap."""
        if word == "project":
            project = Project.objects.select_related("district", "park", "enterprise").filter(code=rest).first()
            if project is None:
                raise Wrong(column, _("there is no project %(code)s") % {"code": rest})
            return pools.holding_for(project=project, book=book, period=period)
        if word == "enterprise":
            enterprise = Enterprise.objects.select_related("district").filter(credit_code=rest).first()
            if enterprise is None:
                raise Wrong(column, _("there is no enterprise %(code)s") % {"code": rest})
            return pools.enterprise_holding(enterprise=enterprise, book=book, period=period)
        return None

    def _facts(self, book, period, role, word, code, rest, other) -> dict:
        """Return what a new account is: its place when the code names one, the cap above it, who keeps it."""
        facts = {"role": role, "name": (rest or code)[:120], "department": book.kind.department}
        if role in pools.NAMES and code == role:
            return {"role": role, "name": pools.NAMES[role]}
        if rest and word in ("pool", "cap", "used"):
            park = Park.objects.select_related("district").filter(code=rest).first()
            district = park.district if park else District.objects.filter(code=rest).first()
            facts |= {"park": park, "district": district, "name": str(park or district or rest)[:120]}
            if role == "pool":
                facts["cap"] = pools.nearest_cap(book, period, district)
            if role == "cap":
                facts["cap"] = pools.make_account(
                    book, period, f"used:{rest}", **facts | {"role": "used", "name": f"{facts['name']} · 总量内已用"}
                )
        if role == "holding" and other:  # what is taken under a cap goes back under the same one
            giver = self._of(book, period).find(other)
            facts["cap"] = giver[0].cap if len(giver) == 1 and giver[0].role == "pool" else None
        return facts
