"""The ledger book: rows and running totals, pages by cursor, days, replay; held against the account's own totals."""

from datetime import timedelta

import pytest

from factors import book, book_reading, capitals, entries, ledger
from factors.book import Movement
from factors.book_reading import Filters
from factors.models import Account, Posting, Reservation
from tests.factors.world import NOW, TODAY, account
from tests.factors.world import book as book_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNTIL = TODAY + timedelta(days=200)


@pytest.fixture
def pool(db):
    """A pool with 24 vouchers on six days: a grant, reservations, part confirmed, a release, a renewal, a reversal."""
    b = book_of(basis="calorific")
    issuer, pool = account(b, "issuer", "up"), account(b, "pool", "city")
    holdings = [account(b, "holding", f"P{n}") for n in range(3)]
    post([entries.move("grant", issuer, pool, 10_000, key="g", on=TODAY, document_no="省〔2026〕1号")], 0)
    for n in range(18):
        on = TODAY + timedelta(days=n // 4)
        made = entries.reserve(pool, holdings[n % 3], 100 + n, UNTIL, key=f"r{n}", on=on, summary=f"项目{n}")
        post([made], n // 4)
    first, second, third, *_rest = Reservation.objects.order_by("pk")
    last = {"on": TODAY + timedelta(days=5), "document_no": "X"}
    post([entries.confirm(first, 40, key="c", **last)], 5)
    post([entries.release(second, key="f", **last)], 5)
    post([entries.renew(third, UNTIL + timedelta(days=9), key="n", **last)], 5)
    undone = Posting.objects.get(key="r5")
    lines = undone.transfers.select_related("debit", "credit", "reservation")
    post([entries.reverse(undone, lines, key="x", **last)], 5)
    post([entries.move("reduce", pool, issuer, 7, key="d", **last)], 5)
    pool.refresh_from_db()
    return pool


def post(made, days):
    return ledger.post(made, now=NOW + timedelta(days=days))


def totals(row) -> Movement:
    return Movement(row.credits_posted, row.debits_posted, row.debits_pending, row.credits_pending)


def pages(pool, filters=None, size=5):
    """Return all pages, first to last, by the cursors that the page offers."""
    found, cursor = [], 0
    while True:
        page = book_reading.page(pool, filters or Filters(), after=cursor, size=size)
        found.append(page)
        if page.after is None:
            return found
        cursor = page.after


def test_running_totals_end_where_the_account_stands(pool):
    found = pages(pool)
    rows = [row for page in found for row in page.rows]
    assert [row.posting.pk for row in rows] == list(Posting.objects.order_by("pk").values_list("pk", flat=True))
    assert rows[-1].after == totals(pool) == found[-1].closing
    assert (rows[-1].after.balance, rows[-1].after.available) == (pool.balance, pool.available)
    for before, page in zip(found, found[1:], strict=False):
        assert page.opening == before.closing
    for page in found:
        assert page.closing == page.opening + page.moved


def test_a_confirmation_of_part_is_one_row_and_leaves_available_alone(pool):
    row = next(row for page in pages(pool) for row in page.rows if row.posting.key == "c")
    assert row.movement == Movement(outgo=40, held=-40)
    renewal = next(row for page in pages(pool) for row in page.rows if row.posting.key == "n")
    assert renewal.is_renewal and renewal.movement == book.NOTHING
    reversal = next(row for page in pages(pool) for row in page.rows if row.posting.key == "x")
    assert reversal.is_reversal and reversal.movement.held == -105


def test_the_way_back_shows_the_same_pages(pool):
    last = book_reading.page(pool, Filters(), size=5)
    assert last.is_last and last.after is None and last.closing == totals(pool)
    rows, page = [*last.rows], last
    while page.before is not None:
        page = book_reading.page(pool, Filters(), before=page.before, size=5)
        assert page.after is not None
        rows = [*page.rows, *rows]
    assert page.opening == book.NOTHING
    assert [row.posting.pk for row in rows] == [p.pk for p in Posting.objects.order_by("pk")]


def test_totals_from_either_end_agree(pool):
    first, last = book_reading.span(pool.pk)
    for cut in range(first - 1, last + 2):
        assert book_reading.totals_through(pool.pk, cut) == book_reading.sums(pool.pk, pk__lte=cut)


def test_a_span_of_days_opens_with_what_was_before(pool):
    since, until = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    found = pages(pool, Filters(since=since, until=until))
    rows = [row for page in found for row in page.rows]
    assert [row.posting.key for row in rows] == [f"r{n}" for n in range(4, 12)]
    assert found[0].opening == Movement(income=10_000, held=100 + 101 + 102 + 103)
    past = book_reading.totals_through(pool.pk, book_reading.last_through(pool.pk, until))
    assert found[-1].closing == past
    assert book_reading.totals_through(pool.pk, book_reading.last_through(pool.pk, TODAY - timedelta(days=1))) == (
        book.NOTHING
    )


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(kind="reserve", text="项目17"), ["r17"]),
        (Filters(flow="in"), ["g"]),
        (Filters(flow="out"), ["c", "d"]),
        (Filters(text="省〔2026〕"), ["g"]),
        (Filters(text="2"), ["g", "r0", "r2", "r12"]),
        (Filters(maker="nobody"), []),
    ],
)
def test_filters_leave_rows_out_and_say_no_running_totals(pool, filters, keys):
    found = pages(pool, filters, size=50)
    assert [row.posting.key for page in found for row in page.rows] == keys
    assert found[0].opening is None and all(row.after is None for row in found[0].rows)
    assert book_reading.filtered_total(pool, filters) == (len(keys), found[0].moved)


def test_months_and_holdings_add_up(pool):
    months = book_reading.by_month(pool)
    assert months[-1][2] == totals(pool)
    held = book_reading.by_holding(pool)
    assert sum(reserved for _pk, reserved, _confirmed in held) == pool.debits_pending
    assert sum(confirmed for _pk, _reserved, confirmed in held) == 40


def test_a_holding_has_a_book_of_its_own(pool):
    holding = Account.objects.get(code="P0")
    last = book_reading.page(holding, Filters(), size=50)
    assert last.closing == totals(holding)
    assert last.rows[0].movement == Movement(coming=100)


def test_replay_agrees_and_tells_when_it_does_not(pool):
    check = book_reading.replay(pool)
    assert check.agrees and check.entries == Posting.objects.count() - 1  # the renewal moves nothing
    Account.objects.filter(pk=pool.pk).update(credits_posted=pool.credits_posted + 1)
    assert not book_reading.replay(pool).agrees


def test_sheets_carry_totals_from_page_to_page(pool):
    rows = list(book_reading.all_rows(pool, Filters(), at_most=100))
    sheets = book.sheets(rows, book.NOTHING, size=10)
    assert len(sheets) == 3 and sheets[-1].closing == totals(pool)
    assert [sheet.opening for sheet in sheets[1:]] == [sheet.closing for sheet in sheets[:-1]]
    assert book.sheets([], book.NOTHING)[0].rows == ()


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("10,600", "壹万零陆佰"),
        ("1,860", "壹仟捌佰陆拾"),
        ("0", "零"),
        ("100,000,005", "壹亿零伍"),
        ("20,010,300", "贰仟零壹万零叁佰"),
        ("35.60", "叁拾伍点陆"),
        ("10,000,000", "壹仟万"),
    ],
)
def test_capital_numerals(figure, words):
    assert capitals.capitals(figure) == words


def test_digits_stand_in_their_columns():
    whole, decimals = capitals.columns("10,600.5")
    assert "".join(whole) == "    10600" and decimals == ["5", "0", "0"]
    assert capitals.columns("1.2345") is None
