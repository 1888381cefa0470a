"""Reading an account's ledger book from the journal: pages by cursor, and the totals before them by sums in SQL.

A cursor is the id of a transfer. For one account ids follow the order of entries (its row is locked while they are
written) and entries follow the calendar, so pages and days are ranges of ids. The totals before a page are summed over
the index from whichever end is nearer: the journal's beginning, or the account's running totals of now.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Q, Sum, Value, When

from factors import document_numbers, overview
from factors.book import NOTHING, Movement, Row, rows_of, run, total_of, with_renewals
from factors.models import Account, Posting, Reservation, Transfer, VoucherLine

SIDES = ("debit", "credit")
ROW = (
    "posting__maker", "posting__checker", "posting__reverses", "resolves",
    "debit__project__enterprise", "credit__project__enterprise",
)  # fmt: skip
BIG = BigIntegerField()
TRIES = 3


@dataclass(frozen=True)
class Filters:
    """What the book is narrowed to. A span of days keeps running totals; the others leave gaps, so there are none."""

    since: date | None = None
    until: date | None = None
    kind: str = ""
    flow: str = ""  # "in", "out", "hold", or a figure of the overview: "granted" and its origins
    project: str = ""
    maker: str = ""
    text: str = ""

    @property
    def is_consecutive(self) -> bool:
        """Whether every voucher of the span is in the list."""
        return not (self.kind or self.flow or self.project or self.maker or self.text)


@dataclass
class Page:
    """A page of the book in order. Totals are None where rows are left out; cursors None where there is no page."""

    rows: list[Row]
    opening: Movement | None
    moved: Movement
    closing: Movement | None
    before: int | None
    after: int | None
    is_last: bool
    number_before: int | None = None


# --- sums ----------------------------------------------------------------------------------------------------------


def _held(field: str = "amount"):
    return Case(
        When(phase="pending", then=F(field)),
        When(phase__in=["post", "void", "expire"], then=-F("resolves__amount")),
        default=Value(0),
        output_field=BIG,
    )


def _posted():
    return Case(When(phase__in=["posted", "post"], then=F("amount")), default=Value(0), output_field=BIG)


def sums(account_id: int, **where) -> Movement:
    """Return what the account's transfers (narrowed by look-ups) moved together. Two queries."""
    parts = {}
    for side in SIDES:
        found = Transfer.objects.filter(**{side: account_id}, **where).aggregate(
            posted=Sum(_posted()), held=Sum(_held())
        )
        parts[side] = (found["posted"] or 0, found["held"] or 0)
    return Movement(parts["credit"][0], parts["debit"][0], parts["debit"][1], parts["credit"][1])


def live(account_id: int) -> Movement:
    """Return the account's running totals as they are now. One query, by hand: it is asked with every look.

    :raises Account.DoesNotExist: no such account.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT credits_posted, debits_posted, debits_pending, credits_pending FROM factors_account WHERE id = %s",
            [account_id],
        )
        found = cursor.fetchone()
    if found is None:
        raise Account.DoesNotExist(account_id)
    return Movement(*found)


def totals_through(account_id: int, transfer_id: int | None) -> Movement:
    """Return the totals after a transfer (inclusive); None: now. At most six queries; sums the shorter side."""
    if transfer_id is None:
        return live(account_id)
    if transfer_id <= 0:
        return NOTHING
    first, last = span(account_id)
    if last is None or transfer_id >= last:
        return live(account_id) if last is not None else NOTHING
    if transfer_id - first <= last - transfer_id:
        return sums(account_id, pk__lte=transfer_id)
    for _attempt in range(TRIES):  # entries may be posted between the two looks
        now = live(account_id)
        later = sums(account_id, pk__gt=transfer_id)
        if live(account_id) == now:
            return now - later
    return sums(account_id, pk__lte=transfer_id)


def span(account_id: int) -> tuple[int | None, int | None]:
    """Return the ids of the account's first and last transfer. Four queries on the ends of the indexes."""
    ends = []
    for side in SIDES:  # each end by itself: asked for both at once, SQLite walks the whole index
        rows = Transfer.objects.filter(**{side: account_id}).values_list("pk", flat=True)
        last = rows.order_by("-pk").first()
        if last is not None:
            ends.append((rows.order_by("pk").first(), last))
    return (min(e[0] for e in ends), max(e[1] for e in ends)) if ends else (None, None)


def last_through(account_id: int, day: date) -> int:
    """Return the id of the account's last transfer of a day or before; 0 when there is none. Two queries."""
    found = [
        Transfer.objects.filter(**{side: account_id}, posting__occurred_on__lte=day)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
        or 0
        for side in SIDES
    ]
    return max(found)


def is_longer(account_id: int, than: int) -> bool:
    """Say whether the account has more than so many transfers on one side. Two queries over at most so many rows."""
    sides = (Transfer.objects.filter(**{side: account_id}).order_by("pk") for side in SIDES)
    return any(rows.values_list("pk")[than : than + 1].exists() for rows in sides)


def entry_count(account_id: int, through: int | None = None) -> int:
    """Return how many vouchers the account has, up to a transfer. Two queries over the indexes."""
    where = {} if through is None else {"pk__lte": through}
    return sum(
        Transfer.objects.filter(**{side: account_id}, **where).aggregate(n=Count("posting", distinct=True))["n"]
        for side in SIDES
    )


# --- pages ---------------------------------------------------------------------------------------------------------


def _narrowed(account: Account, side: str, filters: Filters):
    rows = Transfer.objects.filter(**{side: account.pk})
    if filters.kind:
        rows = rows.filter(posting__kind=filters.kind)
    if filters.flow == "in":
        rows = rows.filter(phase__in=["posted", "post"]) if side == "credit" else rows.none()
    elif filters.flow == "out":
        rows = rows.filter(phase__in=["posted", "post"]) if side == "debit" else rows.none()
    elif filters.flow == "hold":
        rows = rows.exclude(phase="posted")
    elif filters.flow:
        rows = rows.filter(overview.granting(side, filters.flow))
    if filters.project:
        other = "credit" if side == "debit" else "debit"
        mine = Account.objects.filter(book=account.book_id, project__code=filters.project).values("pk")
        rows = rows.filter(**{f"{other}__in": mine})
    if filters.maker:
        rows = rows.filter(posting__maker__username=filters.maker)
    if filters.text:
        text = filters.text
        words = Q(posting__summary__icontains=text) | document_numbers.matching(text, "posting__document_no")
        if text.isascii() and text.isdigit() and len(text) < 9:
            words |= Q(posting__number=int(text))
        rows = rows.filter(words)
    return rows


def _lines(account: Account, filters: Filters, lower: int, upper: int | None, limit: int, newest: bool) -> list:
    """Return up to `limit` of the account's transfers in (lower, upper], from one end, in ascending order."""
    found = []
    for side in SIDES:
        rows = _narrowed(account, side, filters).filter(pk__gt=lower)
        if upper is not None:
            rows = rows.filter(pk__lte=upper)
        found += rows.select_related(*ROW).order_by("-pk" if newest else "pk")[:limit]
    found.sort(key=lambda line: line.pk)
    return found[-limit:] if newest else found[:limit]


def page(account: Account, filters: Filters, *, after: int | None = None, before: int | None = None, size: int = 20):
    """Return a page: the vouchers behind cursor `after`, or up to cursor `before`; neither: the last page of the span.

    At most eleven queries; the sums of the totals grow with the nearer end of the book only.
    """
    lower, upper = _bounds(account, filters)
    newest = after is None
    first_bound = max(lower, after or 0)
    last_bound = upper if before is None else before if upper is None else min(upper, before)
    limit = 2 * size + 4
    lines = _lines(account, filters, first_bound, last_bound, limit, newest)
    rows = rows_of(account.pk, lines)
    full = len(lines) == limit
    if full and len(rows) > 1:  # the row at the open end may lack lines
        rows = rows[1:] if newest else rows[:-1]
    more = full or len(rows) > size
    rows = rows[-size:] if newest else rows[:size]
    start = _start(account, filters, rows, lower) if rows else first_bound
    has_before, has_after = (start > lower if rows else False), (before is not None if newest else more)
    result = Page(rows, None, total_of(rows), None, start if has_before else None, None, not has_after)
    if rows and has_after:
        result.after = rows[-1].last_transfer
    if filters.is_consecutive:
        result.opening = totals_through(account.pk, start)
        result.rows = with_renewals(rows, renewals(account, rows, result.is_last and upper is None))
        result.rows = list(run(result.rows, result.opening))
        result.closing = result.opening + result.moved
    return result


def _bounds(account: Account, filters: Filters) -> tuple[int, int | None]:
    """Return the transfers (lower, upper] between which the span of days lies. Two queries at the most."""
    lower = last_through(account.pk, filters.since.fromordinal(filters.since.toordinal() - 1)) if filters.since else 0
    return lower, last_through(account.pk, filters.until) if filters.until else None


def filtered_total(account: Account, filters: Filters) -> tuple[int, Movement]:
    """Return how many vouchers the filters leave on all pages, and what they move together.

    Two queries over the account's journal, and two for a span of days.
    """
    lower, upper = _bounds(account, filters)
    moved, postings = NOTHING, set()
    for side in SIDES:
        rows = _narrowed(account, side, filters).filter(pk__gt=lower)
        if upper is not None:
            rows = rows.filter(pk__lte=upper)
        for posting, posted, held in rows.order_by().values_list("posting").annotate(p=Sum(_posted()), h=Sum(_held())):
            postings.add(posting)
            moved += Movement(outgo=posted, held=held) if side == "debit" else Movement(income=posted, coming=held)
    return len(postings), moved


def _start(account: Account, filters: Filters, rows: list[Row], lower: int) -> int:
    """Return the cursor before the first row: the transfer that the page before ends with, or the span's bound."""
    first = rows[0].posting.pk
    found = lower
    for side in SIDES:
        previous = (
            _narrowed(account, side, filters)
            .filter(pk__gt=lower, pk__lt=rows[0].last_transfer)
            .exclude(posting=first)
            .order_by("-pk")
            .values_list("pk", flat=True)
            .first()
        )
        found = max(found, previous or 0)
    return found


def renewals(account: Account, rows: list[Row], is_last: bool):
    """Return the renewals of the account's reservations among the rows: they move nothing and have no transfers."""
    if not rows:
        return Posting.objects.none()
    found = Posting.objects.filter(renews__pool=account, pk__gte=rows[0].posting.pk)
    if not is_last:
        found = found.filter(pk__lte=rows[-1].posting.pk)
    return found.select_related("maker", "checker").order_by("pk")


def all_rows(account: Account, filters: Filters, *, at_most: int):
    """Yield the rows of the span in order with running totals, page by page, `at_most` of them."""
    cursor, shown = 0, 0
    while shown < at_most:
        part = page(account, filters, after=cursor, size=min(500, at_most - shown))
        yield from part.rows
        shown += len(part.rows)
        if part.after is None:
            return
        cursor = part.after


def waiting(account: Account, filters: Filters):
    """Return the lines of vouchers that wait for their checker and would move something here. One query.

    Narrowed as the book is; what is not posted is part of no figure, of no day and of no project's account.
    """
    rows = VoucherLine.objects.all()
    if filters.flow or filters.project or filters.until:
        rows = rows.none()
    if filters.kind:
        rows = rows.filter(voucher__kind=filters.kind)
    if filters.maker:
        rows = rows.filter(voucher__maker__username=filters.maker)
    if filters.text:
        found = document_numbers.matching(filters.text, "voucher__document_no")
        rows = rows.filter(Q(voucher__summary__icontains=filters.text) | found)
    return (
        rows.filter(Q(debit=account) | Q(credit=account) | Q(reservation__pool=account), voucher__status="submitted")
        .select_related("voucher__maker", "voucher__asked_checker", "credit__project", "debit__project")
        .order_by("voucher_id", "line")
    )


# --- other views ---------------------------------------------------------------------------------------------------


def by_month(account: Account, until: date | None = None) -> list[tuple[date, Movement, Movement]]:
    """Return (month, moved, totals at its end) for each month with entries. Two queries over the account's journal."""
    moved: dict[date, Movement] = {}
    for side in SIDES:
        rows = Transfer.objects.filter(**{side: account.pk})
        if until:
            rows = rows.filter(posting__occurred_on__lte=until)
        days = rows.order_by().values_list("posting__occurred_on").annotate(posted=Sum(_posted()), held=Sum(_held()))
        for day, posted, held in days:
            one = Movement(outgo=posted, held=held) if side == "debit" else Movement(income=posted, coming=held)
            month = day.replace(day=1)
            moved[month] = moved.get(month, NOTHING) + one
    total, made = NOTHING, []
    for month in sorted(moved):
        total += moved[month]
        made.append((month, moved[month], total))
    return made


def by_holding(account: Account, until: date | None = None) -> list[tuple[int, int, int]]:
    """Return (holding, reserved, confirmed net of what came back) for each project. Two queries over the journal."""
    found: dict[int, list[int]] = {}
    for side, other, sign in (("debit", "credit", 1), ("credit", "debit", -1)):
        rows = Transfer.objects.filter(**{side: account.pk, f"{other}__role": "holding"})
        if until:
            rows = rows.filter(posting__occurred_on__lte=until)
        for pk, posted, held in rows.order_by().values_list(other).annotate(posted=Sum(_posted()), held=Sum(_held())):
            pair = found.setdefault(pk, [0, 0])
            pair[0] += held if side == "debit" else 0
            pair[1] += sign * posted
    return [(pk, reserved, confirmed) for pk, (reserved, confirmed) in found.items() if reserved or confirmed]


@dataclass(frozen=True)
class Check:
    """Whether the account's totals are the sum of its journal, and its open reservations what is held."""

    entries: int
    agrees: bool
    expected: Movement
    found: Movement
    held_by_reservations: int


def replay(account: Account) -> Check:
    """Sum the account's journal anew and compare it with its totals and its open reservations. Seven queries."""
    for attempt in range(TRIES):
        now = live(account.pk)
        found = sums(account.pk)
        held = (
            Reservation.objects.filter(pool=account, resolved_by__isnull=True).aggregate(total=Sum("amount"))["total"]
            or 0
        )
        if live(account.pk) == now or attempt == TRIES - 1:
            break
    agrees = found == now and held == now.held
    return Check(entry_count(account.pk), agrees, now, found, held)
