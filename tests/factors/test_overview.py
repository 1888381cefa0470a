"""The overview: figures obey their rules, queries do not grow, projects show to whom they belong."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from factors import bars, blocks, book_reading, entries, ledger, overview, pages, quantity
from factors.models import Account, Demand, Posting, Reservation
from factors.templatetags import quota
from people import actions
from people.models import District
from projects.models import Project
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNTIL = TODAY + timedelta(days=20)


def project(number: int, district) -> Project:
    return Project.objects.create(
        code=f"2601-159901-04-01-{number:06d}", name=f"项目{number}", district=district, signed_on=TODAY
    )


def demand(pool, holding, owner, amount) -> Demand:
    holding.refresh_from_db()
    row = Demand.objects.create(
        project=owner,
        book=pool.book,
        period=pool.period,
        amount=amount,
        pool=pool,
        holding=holding,
        registered_at=NOW,
        secured=holding.secured,
    )
    blocks.turn(Demand.objects.filter(pk=row.pk), now=NOW, cause="registered")
    return row


@pytest.fixture
def city(db):
    """Two energy pools: 100 and 50 granted, 10 moved, 30 reserved, 20 confirmed, 5 recovered, one demand blocked."""
    root = District.objects.create(code="159900", name="云川市")
    b = book(basis="calorific")
    issuer, pool, park = account(b, "issuer", "up"), account(b, "pool", "city"), account(b, "pool", "park")
    last = account(b, "pool", "city", period="2025")
    owners = [project(n, root) for n in (1, 2)]
    holdings = [account(b, "holding", o.code, project=o) for o in owners]
    doc = {"on": TODAY, "document_no": "X"}
    ledger.post(
        [
            entries.move("grant", account(b, "issuer", "up", period="2025"), last, 7, key="0", **doc),
            entries.move("carry_over", last, pool, 7, key="1", **doc),
            entries.move("grant", issuer, pool, 100, key="2", **doc),
            entries.move("grant", issuer, park, 50, key="3", **doc),
            entries.move("reallocate", pool, park, 10, key="4", **doc),
            entries.reserve(pool, holdings[0], 50, UNTIL, key="5", on=TODAY),
        ],
        now=NOW,
    )
    reservation = Reservation.objects.select_related("pool", "holding").get()
    ledger.post([entries.confirm(reservation, 20, key="6", on=TODAY, document_no="X")], now=NOW)
    holdings[0].refresh_from_db()
    ledger.post([entries.move("recover", holdings[0], pool, 5, key="7", on=TODAY, document_no="X")], now=NOW)
    demand(pool, holdings[0], owners[0], 60)
    demand(pool, holdings[1], owners[1], 500)
    return root, pool, park, owners


def rows_of(year=2026, **more):
    sections = overview.sections(overview.Filters(year, **more))
    return sections, {row.account.code: row for section in sections for row in section.rows}


def test_figures_add_up(city):
    sections, rows = rows_of()
    figures = rows["city"].figures
    assert figures.granted == 7 + 100 - 10 + 5
    assert (figures.confirmed, figures.reserved, figures.available) == (20, 30, 52)
    assert figures.granted == figures.confirmed + figures.reserved + figures.available
    assert figures.gap == (60 - 45) + 500
    assert figures.demanded == figures.confirmed + figures.reserved + figures.gap
    assert (figures.blocked, figures.waiting, figures.blocked_gap) == (1, 1, 500)
    assert figures.net == 515 - 52
    assert rows["city"].origins == {"carried": 7, "issued": 100, "moved": -10, "recovered": 5}
    total = sections[0].total
    assert (total.granted, total.net) == (figures.granted + 60, figures.net)  # pools do not lend


def test_moves_between_pools_cancel_out_and_years_stand_apart(city):
    lines, this = overview.by_year(overview.Filters(2026), city[1].book.kind_id)
    assert {line.year: line.total for line in lines} == {"2025": 0, "2026": 162}
    assert [line.passed_on for line in lines] == [7, 0]  # says why a year of which nothing is left has a bar
    assert lines[-1].origins["moved"] == 0
    assert {a.code for a, _origins in this} == {"city", "park"}


def test_a_reversed_confirmation_is_not_a_grant(city):
    _root, pool, _park, _owners = city
    confirmation = Posting.objects.get(key="6")
    before = rows_of()[1]["city"].figures
    with pytest.raises(ValueError):
        entries.reverse(confirmation, _transfers(Posting.objects.get(key="5")), key="x", on=TODAY)
    recovery = Posting.objects.get(key="7")
    ledger.post([entries.reverse(recovery, _transfers(recovery), key="8", on=TODAY, document_no="X")], now=NOW)
    figures = rows_of()[1]["city"].figures
    assert (figures.granted, figures.confirmed) == (before.granted - 5, before.confirmed)
    lines = [line for line in _transfers(confirmation) if line.phase == "post"]
    ledger.post([entries.reverse(confirmation, lines, key="9", on=TODAY, document_no="X")], now=NOW)
    figures = rows_of()[1]["city"].figures
    assert (figures.granted, figures.confirmed) == (before.granted - 5, 0)


@pytest.mark.usefixtures("that_day")
def test_what_was_granted_opens_the_entries_that_it_is_the_sum_of(city, clients):
    root, pool, park, _owners = city
    recovery = Posting.objects.get(key="7")
    ledger.post([entries.move("recover", Account.objects.get(code="2601-159901-04-01-000001"), pool, 3, key="7b",
                              on=TODAY, document_no="X")], now=NOW)  # fmt: skip
    ledger.post([entries.reverse(recovery, _transfers(recovery), key="8", on=TODAY, document_no="X")], now=NOW)
    accounts = [pool, park, Account.objects.get(code="city", period="2025")]
    origins = overview.grants(accounts)
    for one in accounts:
        for flow in (*sorted(set(overview.ORIGIN.values())), "granted"):
            shown = book_reading.all_rows(one, book_reading.Filters(flow=flow), at_most=100)
            moved = sum(row.movement.balance for row in shown)
            wanted = sum(origins[one.pk].values()) if flow == "granted" else origins[one.pk].get(flow, 0)
            assert moved == wanted, (one, flow)
    actions.grant(clients["leader"].user, "view_projects", root)
    page = clients["leader"].get(reverse("factor-overview")).content.decode()
    for flow in ("issued", "carried", "recovered", "moved", "granted"):
        assert f'{reverse("account-book", args=[pool.pk])}?flow={flow}"' in page, flow
        assert clients["leader"].get(f"{reverse('account-book', args=[pool.pk])}?flow={flow}").status_code == 200


FIGURE = re.compile(r'href="(/factors/figures/[^"]+)">(?:<b[^>]*>)?([^<]+)<')


@pytest.mark.usefixtures("that_day")
@pytest.mark.parametrize("narrowed", ["", "?as_of=2026-11-19", "?only=blocked"])
def test_every_figure_opens_what_it_is_the_sum_of(city, clients, narrowed):
    root, pool, _park, owners = city
    actions.grant(clients["leader"].user, "view_projects", root)
    holding = Account.objects.get(code="2601-159901-04-01-000001")
    ledger.post([entries.reserve(pool, holding, 12, UNTIL, key="r1", on=TODAY)], now=NOW)
    held = Reservation.objects.select_related("pool", "holding").get(transfer__posting__key="r1")
    ledger.post([entries.confirm(held, 12, key="c1", on=TODAY, document_no="X")], now=NOW)
    posted = Posting.objects.get(key="c1")
    ledger.post([entries.reverse(posted, _transfers(posted), key="c2", on=TODAY, document_no="X")], now=NOW)
    shown = FIGURE.findall(clients["leader"].get(reverse("factor-overview") + narrowed).content.decode())
    assert len(shown) > 6 and {"granted", "confirmed", "reserved", "available"} <= {
        parse_qs(urlsplit(html.unescape(url)).query)["flow"][0] for url, _figure in shown
    }
    for url, figure in shown:
        page = clients["leader"].get(html.unescape(url))
        rows = page.context["page"].rows
        kind, total = page.context["kind"], page.context["total"]
        assert quantity.number(quota.qty(abs(total), kind)) == quantity.number(figure.strip().lstrip("−")), url
        assert sum(row.effect for row in rows) == page.context["total"], url
    assert clients["leader"].get(reverse("figure-entries") + "?factor=energy&flow=else").status_code == 404
    assert clients["leader"].get(reverse("figure-entries") + "?factor=nothing&flow=granted").status_code == 404


def _transfers(posting):
    return list(posting.transfers.select_related("debit", "credit", "reservation"))


def test_a_past_day_comes_from_the_journal(city):
    _root, pool, _park, _owners = city
    holding = Account.objects.get(code="2601-159901-04-01-000001")
    later = TODAY + timedelta(days=3)
    ledger.post([entries.reserve(pool, holding, 10, UNTIL, key="10", on=later)], now=NOW + timedelta(days=3))
    live, past = rows_of()[1]["city"].figures, rows_of(as_of=TODAY)[1]["city"].figures
    assert (live.reserved, past.reserved, past.available) == (40, 30, 52)
    assert rows_of(as_of=TODAY - timedelta(days=1))[1]["city"].figures.granted == 0
    assert past.blocked == 1


def test_unlike_things_are_never_added(city):
    book("water", "river")
    account(book("water", "river"), "pool", "river")
    account(book(basis="primary"), "pool", "primary")
    sections, rows = rows_of()
    assert "primary" not in rows
    assert [section.kind.code for section in sections] == ["energy", "water"]
    assert rows_of(basis="primary")[1].keys() == {"primary", "river"}


@pytest.mark.usefixtures("that_day")
def test_the_page_shows_pools_to_all_and_projects_to_whom_they_belong(city, clients):
    root, pool, _park, owners = city
    page = clients["factor"].get(reverse("factor-overview"))
    assert page.status_code == 200 and owners[1].name not in page.content.decode()
    actions.grant(clients["leader"].user, "view_projects", root)
    page = clients["leader"].get(reverse("factor-overview")).content.decode()
    assert owners[1].name in page
    assert clients["sysadmin"].get(reverse("factor-overview")).status_code == 403
    for query in (
        "?group=energy&basis=primary",
        "?as_of=2026-11-01",
        "?only=blocked",
        "?year=99999&place=p:x&source=y",
    ):
        assert clients["leader"].get(reverse("factor-overview") + query).status_code == 200


def test_every_page_of_the_ledgers_is_named_once():
    names = [name for name, _permission, _label in pages.PAGES]
    assert len(names) == len(set(names))


def test_queries_do_not_grow(city, clients):
    root, pool, _park, _owners = city
    actions.grant(clients["leader"].user, "view_projects", root)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert clients["leader"].get(reverse("factor-overview")).status_code == 200
        return len(queries)

    count()
    few = count()
    for number in range(10, 30):
        owner = project(number, root)
        another = account(pool.book, "pool", f"P{number}")
        demand(another, account(pool.book, "holding", owner.code, project=owner), owner, 10)
    assert count() == few
    assert few <= 45


def test_bars_show_what_is_more_than_nothing():
    assert bars.shares(9_999, 1, 0) == (128, 2, 0)
    assert sum(bars.shares(1, 1, 1)) == bars.STRUCTURE_WIDTH
    assert bars.shares(0, 0, 0) == (0, 0, 0)
    for amounts in ((0, 0, 0, 0), (10, 5, 5, 10), (1, 10**9, 1, 10**9), (0, 10, 1, 10)):
        assert "style=" not in bars.balance(*amounts, label="x")


def test_a_pool_says_its_source_only_where_its_name_does_not():
    made = account(book(), "pool", "中水·河西")
    made.book.source.name = "中水（再生水）"
    assert overview.pool_name(made, several_sources=True) == "中水·河西"
    made.book.source.name = "地下水"
    assert overview.pool_name(made, several_sources=True) == "地下水 · 中水·河西"
    assert overview.pool_name(made, several_sources=False) == "中水·河西"
