"""The rows of a file of postings: what each cell means, judged without writing anything. See `factors.post_file`."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _

from factors import amounts, quantity, sheets
from factors.ledger import MOST
from factors.models import Book, FactorKind, Posting
from factors.rules import LEGAL, NEEDS_DOCUMENT

COLUMNS = {
    "date": ("date", "日期", "凭证日期"),
    "kind": ("kind", "种类", "业务", "凭证种类"),
    "factor": ("factor", "要素"),
    "source": ("source", "来源"),
    "basis": ("basis", "口径"),
    "period": ("period", "期间", "年度"),
    "from": ("from", "转出", "转出账户"),
    "to": ("to", "转入", "转入账户"),
    "amount": ("amount", "数量", "额度"),
    "unit": ("unit", "单位"),
    "document_no": ("document number", "document", "文号"),
    "key": ("key", "编号", "唯一编号"),
    "reservation": ("reservation", "预占编号", "预占"),
    "expires_on": ("expires on", "reserved until", "预占至"),
    "summary": ("summary", "摘要"),
}
REQUIRED = ("date", "kind", "factor", "key")
OF_RESERVATION = frozenset({"confirm", "release", "expire", "renew"})
KINDS = tuple(kind for kind in LEGAL if kind != "reverse")
LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, at which column (ours), with what to do instead."""

    number: int
    column: str
    words: str

    def __str__(self):
        heading = COLUMNS[self.column][0] if self.column else ""
        return _("row %(row)s, %(column)s: %(what)s") % {"row": self.number, "column": heading, "what": self.words}


class Wrong(Exception):
    """A cell that cannot be read; `column` is ours."""

    def __init__(self, column: str, words: str):
        super().__init__(column, words)
        self.column, self.words = column, words


@dataclass(slots=True)
class Row:
    """One posting to be made. `debit` and `credit` are filled in when accounts are found (`post_file.Accounts`)."""

    number: int
    key: str
    kind: str
    day: date
    book: Book
    period: str
    giver: str
    taker: str
    amount: int | None
    document_no: str
    summary: str
    reservation: str
    expires_on: date | None
    debit: object = field(default=None)
    credit: object = field(default=None)


class Words:
    """What the cells of a file can name: kinds of entries, factors, sources, books. Two queries."""

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kinds of entries by code and by label in either language."""
        found = {code: code for code in KINDS}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                found |= {sheets.normal(str(Posting.Kind(code).label)): code for code in KINDS}
        return found | {sheets.normal(code): code for code in KINDS}

    @cached_property
    def factors(self) -> dict[str, FactorKind]:
        """Factors by code and by name."""
        rows = list(FactorKind.objects.all())
        return {row.name: row for row in rows} | {row.code: row for row in rows}

    @cached_property
    def books(self) -> dict[int, list[Book]]:
        """Books by the id of their factor."""
        found = {}
        for book in Book.objects.select_related("kind", "source"):
            found.setdefault(book.kind_id, []).append(book)
        return found

    def book(self, factor: str, source: str, basis: str) -> Book:
        """Return the book that the cells name.

        :raises Wrong: there is none, or the factor has several and the cells do not say which.
        """
        kind = self.factors.get(factor)
        if kind is None:
            known = _(", ").join(dict.fromkeys(f"{row.name} {row.code}" for row in self.factors.values()))
            raise Wrong("factor", _("there is no factor “%(name)s”; known are %(known)s") % {
                "name": factor, "known": known})  # fmt: skip
        books = self.books.get(kind.pk, [])
        fitting = [book for book in books if source in (book.source.code, book.source.name)]
        if not fitting:
            known = _(", ").join(
                dict.fromkeys(f"{book.source.name} {book.source.code}" for book in books if book.source.code)
            )
            raise Wrong("source", _("“%(source)s” is no source of %(factor)s; its sources: %(known)s") % {
                "source": source, "factor": kind.name, "known": known or "—"})  # fmt: skip
        fitting = [book for book in fitting if basis in (book.basis, str(book.get_basis_display()))]
        if not fitting:
            known = _(", ").join(sorted(f"{book.get_basis_display()} {book.basis}" for book in books if book.basis))
            if not basis:
                raise Wrong("basis", _("say the basis of %(factor)s: %(known)s") % {
                    "factor": kind.name, "known": known})  # fmt: skip
            raise Wrong("basis", _("“%(basis)s” is no basis of %(factor)s; its bases: %(known)s") % {
                "basis": basis, "factor": kind.name, "known": known or "—"})  # fmt: skip
        return fitting[0]


def judge(sheet: sheets.Sheet, words: Words) -> tuple[list[Row], list[Problem]]:
    """Read every row and tell all that is wrong in it. A row with a problem is no row; each key stands once."""
    rows, problems, keys = [], [], {}
    for line in sheet.lines:
        reading = _Reading(line, words, keys)
        row = reading.row()
        if reading.problems:
            problems += reading.problems
            continue
        keys[row.key] = row.number
        rows.append(row)
    return rows, problems


class _Reading:
    """One row as it is read: what is wrong in a cell does not keep the others from being judged."""

    def __init__(self, line: sheets.Line, words: Words, keys: dict[str, int]):
        self.line, self.words, self.keys = line, words, keys
        self.problems: list[Problem] = []

    def told(self, read, *args):
        """Return what `read` makes of the cells, or nothing and keep what it says is wrong."""
        try:
            return read(*args)
        except Wrong as wrong:
            self.problems.append(Problem(self.line.number, wrong.column, wrong.words))
            return None

    def row(self) -> Row:
        """Return the row; it is good if there are no problems afterwards."""
        cells, told = self.line.cells, self.told
        kind = told(_kind, cells, self.words)
        day = told(_posted_on, cells)
        book = told(self.words.book, cells["factor"], cells.get("source", ""), cells.get("basis", ""))
        if kind in OF_RESERVATION:
            told(_require_reservation, cells)
        elif kind:
            told(_require_account, cells, "from")
            told(_require_account, cells, "to")
        return Row(
            number=self.line.number,
            key=told(_key, cells, self.keys),
            kind=kind,
            day=day,
            book=book,
            period=cells.get("period", ""),
            giver=cells.get("from", ""),
            taker=cells.get("to", ""),
            amount=told(_amount, kind, cells, book) if kind and book else None,
            document_no=told(_document, kind, cells),
            summary=cells.get("summary", "")[:200],
            reservation=cells.get("reservation", ""),
            expires_on=told(_until, kind, cells, day, book) if day and book else None,
        )


def _kind(cells, words: Words) -> str:
    kind = words.kinds.get(sheets.normal(cells["kind"]))
    if kind is None:
        raise Wrong("kind", _("“%(kind)s” is no kind of entry; write one of %(known)s") % {
            "kind": cells["kind"], "known": ", ".join(KINDS)})  # fmt: skip
    return kind


def _posted_on(cells) -> date:
    day = _day(cells, "date")
    if day is None:
        raise Wrong("date", _("the date is missing"))
    return day


def _require_reservation(cells) -> None:
    if not cells.get("reservation"):
        raise Wrong("reservation", _("name the reservation: the key of the row that made it"))


def _require_account(cells, column: str) -> None:
    if not cells.get(column):
        raise Wrong(column, _("name the account"))


def _key(cells, keys: dict[str, int]) -> str:
    key = cells["key"]
    if not key:
        raise Wrong("key", _("every row needs a key of its own, the same one whenever the file is posted again"))
    if len(key) > LONGEST_KEY:
        raise Wrong("key", _("a key has %(most)s characters at the most") % {"most": LONGEST_KEY})
    if key in keys:
        raise Wrong("key", _("“%(key)s” stands in row %(row)s already; every row needs a key of its own") % {
            "key": key, "row": keys[key]})  # fmt: skip
    return key


def _document(kind, cells) -> str:
    number = cells.get("document_no", "")
    if not number and kind in NEEDS_DOCUMENT:
        raise Wrong("document_no", _("give the document number"))
    if len(number) > 60:
        raise Wrong("document_no", _("a document number has %(most)s characters at the most") % {"most": 60})
    return number


def _amount(kind, cells, book) -> int | None:
    text = cells.get("amount", "")
    if kind in ("release", "expire", "renew") or (kind == "confirm" and not text):
        return None
    family = book.kind.family
    try:
        unit = quantity.find_unit(cells["unit"], family) if cells.get("unit") else None
    except quantity.QuantityError as error:
        raise Wrong("unit", amounts.words(error)) from error
    try:
        amount = quantity.parse(text, family, unit)
        if unit is None:
            _require_unit(text, family, book)
    except quantity.QuantityError as error:
        raise Wrong("amount", amounts.words(error)) from error
    if not 0 < amount.smallest <= MOST:
        raise Wrong("amount", _("an entry moves more than nothing, and no more than the ledger can count"))
    return amount.smallest


def _require_unit(text: str, family: str, book) -> None:
    """A bare number is in nobody's unit: the same digits read in two units would differ."""
    units = quantity.family_of(family).units
    try:
        same = quantity.parse(text, family, units[0]).smallest == quantity.parse(text, family, units[-1]).smallest
    except quantity.QuantityError:
        same = False
    if not same:
        raise Wrong("unit", _("say the unit, %(unit)s for instance") % {"unit": _label(book)})


def _label(book) -> str:
    return quantity.family_of(book.kind.family).unit(book.kind.unit).label


def _until(kind, cells, day, book) -> date | None:
    if kind not in ("reserve", "renew"):
        return None
    until = _day(cells, "expires_on")
    if until is None and kind == "renew":
        raise Wrong("expires_on", _("say until when the reservation is renewed"))
    if until is None:
        return day + timedelta(days=book.kind.reservation_days)
    if until < day:
        raise Wrong("expires_on", _("a reservation holds at least through the day on which it is made"))
    last = day + timedelta(days=book.kind.reservation_days)
    if kind == "reserve" and until > last:
        raise Wrong("expires_on", _("a reservation holds until %(last)s at the most") % {"last": f"{last:%Y-%m-%d}"})
    return until


def _day(cells, column) -> date | None:
    text = cells.get(column, "")
    found = sheets.day(text) if text else None
    if text and found is None:
        raise Wrong(column, _("“%(text)s” is no day; write 2026-11-20") % {"text": text})
    return found
