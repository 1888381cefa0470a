"""Vouchers: every kind from draft to journal, the maker and the checker, refusals that leave the draft safe."""

import uuid
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import IntegrityError, transaction

from factors import actions, pools, refusals
from factors.building import LineDraft
from factors.forms import kinds_for
from factors.models import (
    Account,
    Book,
    FactorKind,
    Posting,
    Reservation,
    StockAmount,
    StockAsset,
    StockRecovery,
    Trade,
    Voucher,
)
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NO = "云发改〔2026〕12号"


@pytest.fixture
def office(db):
    return offices.build()


def drafted(office, kind, *lines, document_no=NO, now=NOW, **facts):
    """Return the maker's draft."""
    return actions.draft_voucher(by=office.maker, now=now, kind=kind, lines=lines, document_no=document_no, **facts)


def submitted(office, kind, *lines, now=NOW, **facts):
    """Return the maker's voucher that waits for the checker."""
    draft = drafted(office, kind, *lines, now=now, **facts)
    voucher = actions.submit_voucher(by=office.maker, voucher=draft, now=now, asked_checker=office.checker)
    assert voucher.status == Voucher.Status.SUBMITTED
    return voucher


def posted(office, kind, *lines, now=NOW, **facts):
    """Draft, submit and pass a voucher; return its entries."""
    voucher = submitted(office, kind, *lines, now=now, **facts)
    return actions.pass_voucher(by=office.checker, voucher=voucher, now=now)


def left(account):
    return Account.objects.get(pk=account.pk).available


def reserved(office, amount=None, **facts):
    """Reserve for the office's demand and return the reservation."""
    posted(office, "reserve", LineDraft(demand=office.demand, amount=amount), **facts)
    return Reservation.objects.get(resolved_by=None)


# --- every kind ----------------------------------------------------------------------------------------------------


def test_a_reservation_occupies_nothing_before_its_checker_passed_it(office):
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    assert left(office.pool) == 100_000
    (posting,) = actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert (posting.maker, posting.checker, posting.document_no, posting.voucher) == (
        *(office.maker, office.checker, NO, voucher),
    )
    office.demand.refresh_from_db()
    assert (left(office.pool), office.demand.secured, office.demand.gap) == (40_000, 60_000, 0)
    assert Reservation.objects.get().expires_on - TODAY == timedelta(days=180)


def test_confirm_a_part_then_release_the_rest(office):
    reservation = reserved(office)
    posted(office, "confirm", LineDraft(reservation=reservation, amount=25_000))
    rest = Reservation.objects.get(resolved_by=None)
    assert (rest.amount, left(office.pool)) == (35_000, 40_000)
    posted(office, "release", LineDraft(reservation=rest))
    office.demand.refresh_from_db()
    assert (left(office.pool), office.demand.secured) == (75_000, 25_000)


def test_confirmation_of_all_needs_no_amount(office):
    posted(office, "confirm", LineDraft(reservation=reserved(office)))
    assert not Reservation.objects.filter(resolved_by=None).exists()
    assert left(office.demand.holding) == 60_000


def test_more_than_reserved_is_told_before_it_is_posted(office):
    draft = drafted(office, "confirm", LineDraft(reservation=reserved(office, 10_000), amount=10_001))
    with pytest.raises(actions.Refused) as caught:
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert (caught.value.code, caught.value.field) == ("more_than_reserved", "amount")


def test_an_opening_balance_comes_first_and_only_land_earns_from_stock(office):
    issuer = pools.standing_account("issuer", office.book, "2026")
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "opening", LineDraft(issuer, office.pool, 1_000))
    assert caught.value.code == "not_first"
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "earn", LineDraft(issuer, office.pool, 500), reason="处置批而未供 1,000，比例 50%，2026 年度")
    assert caught.value.code == "earn_of_land"
    assert {"opening", "earn"}.isdisjoint(kinds_for(Account.objects.get(pk=office.pool.pk)))
    land = offices.book("land", "new")
    assert {"opening", "earn"} <= set(kinds_for(offices.account(land, "pool", "pool:land")))


def test_opening_grant_earn_and_reallocation(office):
    FactorKind.objects.filter(pk=office.book.kind_id).update(group="land")
    issuer = pools.standing_account("issuer", office.book, "2026")
    park = pools.open_pool(by=office.maker, now=NOW, book=office.book, period="2026", park=office.park)
    posted(office, "opening", LineDraft(issuer, park, 1_000))
    posted(office, "grant", LineDraft(issuer, park, 2_000))
    posted(office, "earn", LineDraft(issuer, park, 500), reason="处置批而未供 1,000，比例 50%，2026 年度")
    posted(office, "reallocate", LineDraft(office.pool, park, 7_000))
    assert (left(park), left(office.pool)) == (10_500, 93_000)


def test_reduction_and_year_end(office):
    issuer = pools.standing_account("issuer", office.book, "2026")
    retired = pools.standing_account("retired", office.book, "2026")
    (next_year,) = pools.open_year(by=office.maker, now=NOW, year=2027)
    posted(office, "reduce", LineDraft(office.pool, issuer, 10_000), reason="上级核减")
    posted(office, "carry_over", LineDraft(office.pool, next_year, 30_000))
    posted(office, "expire_year", LineDraft(office.pool, retired, 60_000))
    assert (left(office.pool), left(next_year)) == (0, 30_000)


def stock_of(office, recoverable=20_000):
    asset = StockAsset.objects.create(
        code="Z1", name="停产铁合金", kind="zombie", district=office.district, status=StockAsset.Status.VERIFIED
    )
    return StockAmount.objects.create(asset=asset, book=office.book, pool=office.pool, recoverable=recoverable)


def test_recovery_from_stock_is_counted_and_never_more_than_verified(office):
    posted(office, "confirm", LineDraft(reservation=reserved(office)))
    holding, stock = office.demand.holding, stock_of(office)
    recovered = pools.standing_account("recovered", office.book, "2026", office.pool)
    line = LineDraft(holding, recovered, 15_000, stock=stock)
    (posting,) = posted(office, "recover", line)
    stock.refresh_from_db()
    assert (stock.recovered, StockRecovery.objects.get().posting) == (15_000, posting)
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "recover", LineDraft(holding, recovered, 5_001, stock=stock))
    assert caught.value.code == "more_than_verified"
    posted(office, "absorb", LineDraft(recovered, office.pool, 15_000))
    assert left(office.pool) == 55_000
    posted(office, "recover", LineDraft(holding, office.pool, 5_000, stock=stock))
    stock.asset.refresh_from_db()
    assert (left(office.pool), stock.asset.status) == (60_000, StockAsset.Status.RECOVERED)


def test_two_recoveries_that_wait_cannot_both_take_the_last_of_a_stock(office):
    posted(office, "confirm", LineDraft(reservation=reserved(office)))
    stock = stock_of(office)
    line = LineDraft(office.demand.holding, office.pool, 15_000, stock=stock)
    first, second = (submitted(office, "recover", line, document_no=f"{n}号") for n in (1, 2))
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    with pytest.raises(actions.Refused):
        actions.pass_voucher(by=office.checker, voucher=second, now=NOW)
    assert left(office.pool) == 55_000
    actions.refuse_voucher(by=office.checker, voucher=second, now=NOW, reason="已收回")
    (undone,) = posted(office, "reverse", reverses=first.postings.get(), reason="误登")
    stock.refresh_from_db()
    assert (stock.recovered, undone.reverses.voucher, left(office.pool)) == (0, first, 40_000)


def test_a_trade_goes_with_its_voucher(office):
    posted(office, "confirm", LineDraft(reservation=reserved(office)))
    buyer = pools.holding_for(project=offices.another_project(office), book=office.book, period="2026")
    deal = dict(
        book=office.book, seller=office.demand.holding, buyer=buyer, amount=8_000, price_fen=8_000,
        made_by=office.maker, from_on=TODAY, until_on=TODAY, verified_saving=10_000,
        saving_document_no="节能核〔2026〕3号", made_at=NOW,
    )  # fmt: skip
    line = LineDraft(office.demand.holding, buyer, 8_000)
    first, second = (drafted(office, "trade", line, document_no=f"交易{n}号") for n in (1, 2))
    trades = [Trade.objects.create(code=v.document_no, voucher=v, **deal) for v in (first, second)]
    for voucher in (first, second):
        actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=second, now=NOW)
    assert caught.value.code == "more_than_saving"
    actions.refuse_voucher(by=office.checker, voucher=second, now=NOW, reason="超过核定节约量")
    assert [Trade.objects.get(pk=t.pk).status for t in trades] == ["approved", "refused"]
    assert (left(buyer), left(office.demand.holding)) == (8_000, 52_000)


def test_reversal_goes_backwards_once_and_not_past_what_came_later(office):
    (entry,) = posted(office, "reserve", LineDraft(demand=office.demand))
    reservation = Reservation.objects.get()
    (confirmed,) = posted(office, "confirm", LineDraft(reservation=reservation, amount=20_000))
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "reverse", reverses=entry, reason="误登")
    assert caught.value.code == "resolved_since"
    (undone,) = posted(office, "reverse", reverses=confirmed, reason="误登")
    assert (left(office.pool), undone.reverses) == (100_000, confirmed)
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "reverse", reverses=confirmed, reason="误登")
    assert caught.value.code == "reversed_already"
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "reverse", reverses=undone, reason="误登")
    assert caught.value.code == "not_reversible"


def test_lines_of_one_document_are_one_entry_all_or_none(office):
    project = offices.another_project(office)
    demand = offices.need(project, office.book, 50_000)
    lines = [LineDraft(demand=office.demand), LineDraft(demand=demand)]
    draft = drafted(office, "reserve", *lines)
    with pytest.raises(refusals.Insufficient):
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert (left(office.pool), Reservation.objects.count()) == (100_000, 0)
    draft = drafted(office, "reserve", lines[0], LineDraft(demand=demand, amount=40_000), voucher=draft)
    actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    (posting,) = actions.pass_voucher(by=office.checker, voucher=draft, now=NOW)
    assert (posting.transfers.count(), left(office.pool)) == (2, 0)
    (undone,) = posted(office, "reverse", reverses=posting, reason="误登")
    assert (undone.transfers.count(), left(office.pool)) == (2, 100_000)


# --- maker and checker ---------------------------------------------------------------------------------------------


def test_who_may_make_and_who_may_check(office):
    for name in ("other", "leader", "pm", "stranger"):
        with pytest.raises(PermissionDenied):
            actions.draft_voucher(
                by=office.people[name], now=NOW, kind="reserve", lines=[LineDraft(demand=office.demand)]
            )
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    for name in ("maker", "other", "leader", "pm", "stranger"):
        with pytest.raises(PermissionDenied):
            actions.pass_voucher(by=office.people[name], voucher=voucher, now=NOW)
        with pytest.raises(PermissionDenied):
            actions.refuse_voucher(by=office.people[name], voucher=voucher, now=NOW, reason="不同意")
    for name in ("checker", "other"):
        with pytest.raises(PermissionDenied):
            actions.cancel_voucher(by=office.people[name], voucher=voucher, now=NOW)
    assert left(office.pool) == 100_000


def test_the_checker_asked_is_somebody_else_who_may(office):
    draft = drafted(office, "reserve", LineDraft(demand=office.demand))
    for name in ("maker", "other", "leader"):
        with pytest.raises(actions.Refused) as caught:
            actions.submit_voucher(by=office.maker, voucher=draft, now=NOW, asked_checker=office.people[name])
        assert caught.value.field == "asked_checker"


def test_the_database_keeps_maker_and_checker_apart(office):
    voucher = submitted(
        office, "grant", LineDraft(pools.standing_account("issuer", office.book, "2026"), office.pool, 1)
    )
    rows = Voucher.objects.filter(pk=voucher.pk)
    for wrong in (
        {"checker": office.maker},
        {"asked_checker": office.maker},
        {"status": "posted"},
        {"document_no": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(
            year=2026, number=99, key="x", kind="grant", occurred_on=TODAY, recorded_at=NOW, maker=office.maker,
            checker=office.maker,
        )  # fmt: skip


def test_a_city_may_free_reservations_and_nothing_else(office):
    FactorKind.objects.update(free_reservations=True)
    office.demand = type(office.demand).objects.get(pk=office.demand.pk)
    draft = drafted(office, "reserve", LineDraft(demand=office.demand))
    voucher = actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert (voucher.status, voucher.checker, left(office.pool)) == (Voucher.Status.POSTED, None, 40_000)
    submitted(office, "confirm", LineDraft(reservation=Reservation.objects.get()))


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["document_no", "reason", "lines", "amount", "accounts"])
def test_what_is_missing_is_named_and_the_draft_is_kept(office, missing):
    issuer = pools.standing_account("issuer", office.book, "2026")
    line = {"amount": LineDraft(office.pool, issuer), "accounts": LineDraft(office.pool, None, 5)}.get(
        missing, LineDraft(office.pool, issuer, 5)
    )
    facts = {"document_no": " " if missing == "document_no" else NO, "reason": "" if missing == "reason" else "核减"}
    draft = drafted(office, "reduce", *([] if missing == "lines" else [line]), **facts)
    with pytest.raises(actions.Refused) as caught:
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert missing in (caught.value.field or caught.value.code) or missing == "accounts"
    assert caught.value.words()
    assert Voucher.objects.get(pk=draft.pk).status == Voucher.Status.DRAFT


def test_the_second_of_two_vouchers_is_refused_and_still_waits(office):
    demand = offices.need(offices.another_project(office), office.book, 50_000)
    first = submitted(office, "reserve", LineDraft(demand=office.demand))
    second = submitted(office, "reserve", LineDraft(demand=demand), seen_available=100_000, seen_at=NOW)
    seen = actions.effect(second, now=NOW)
    assert seen.possible and [v.pk for v in seen.waiting] == [first.pk]
    assert [n.code for n in seen.notices] == ["others_waiting"]
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    with pytest.raises(refusals.Insufficient) as caught:
        actions.pass_voucher(by=office.checker, voucher=second, now=NOW)
    assert caught.value.facts == {"account": office.pool.pk, "available": 40_000, "wanted": 50_000}
    second.refresh_from_db()
    assert (second.status, second.seen_available, second.lines.count()) == (Voucher.Status.SUBMITTED, 100_000, 1)
    assert left(office.pool) == 40_000


def test_what_ran_out_is_taken_back_before_anybody_is_refused(office):
    reserved(office, 60_000)
    later = NOW + timedelta(days=181)
    demand = offices.need(offices.another_project(office), office.book, 90_000)
    posted(office, "reserve", LineDraft(demand=demand), now=later)
    assert left(office.pool) == 10_000
    assert Posting.objects.get(kind="expire").maker is None


def test_passing_twice_posts_once(office):
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    first = actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW) == first
    assert left(office.pool) == 40_000
    with pytest.raises(actions.Refused):
        actions.cancel_voucher(by=office.maker, voucher=voucher, now=NOW)


def test_a_refused_voucher_is_written_anew(office):
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    with pytest.raises(actions.Refused):
        actions.refuse_voucher(by=office.checker, voucher=voucher, now=NOW, reason=" ")
    actions.refuse_voucher(by=office.checker, voucher=voucher, now=NOW, reason="先落实替代来源")
    voucher.refresh_from_db()
    assert (voucher.status, voucher.checker, voucher.check_note) == ("refused", office.checker, "先落实替代来源")
    with pytest.raises(actions.Refused):
        actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    with pytest.raises(actions.Refused):
        actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    again = drafted(office, "reserve", LineDraft(demand=office.demand, amount=50_000), voucher=voucher)
    actions.submit_voucher(by=office.maker, voucher=again, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=again, now=NOW)
    assert left(office.pool) == 50_000


def test_a_form_sent_twice_makes_one_voucher(office):
    key = uuid.uuid4()
    first, second = (drafted(office, "reserve", LineDraft(demand=office.demand), key=key) for _n in range(2))
    assert first == second and first.lines.count() == 1
    for _n in range(2):
        row = actions.submit_voucher(by=office.maker, voucher=first, now=NOW)
        assert row.status == Voucher.Status.SUBMITTED
    again = drafted(office, "reserve", LineDraft(demand=office.demand), key=key)
    assert (again, again.status, Voucher.objects.count()) == (first, Voucher.Status.SUBMITTED, 1)


def test_a_withdrawn_voucher_is_over(office):
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    actions.cancel_voucher(by=office.maker, voucher=voucher, now=NOW)
    with pytest.raises(actions.Refused):
        actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    with pytest.raises(actions.Refused):
        drafted(office, "reserve", LineDraft(demand=office.demand), voucher=voucher)


# --- no more than is needed, no longer than is allowed --------------------------------------------------------------


def test_nobody_reserves_more_than_the_project_lacks(office):
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "reserve", LineDraft(demand=office.demand, amount=60_001))
    assert caught.value.code == "over_gap" and "60" in caught.value.words()
    half = LineDraft(demand=office.demand, amount=40_000)
    with pytest.raises(actions.Refused):  # together, in one document
        submitted(office, "reserve", half, half)
    first, second = submitted(office, "reserve", half), submitted(office, "reserve", half)  # each is within it
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=second, now=NOW)
    assert caught.value.code == "over_gap" and "20" in caught.value.words()
    assert left(office.pool) == 60_000 and Voucher.objects.get(pk=second.pk).status == "submitted"


def test_a_first_term_is_no_longer_than_the_factor_says(office):
    days = office.book.kind.reservation_days
    for until in (date(9999, 12, 31), TODAY + timedelta(days=days + 1)):
        with pytest.raises(actions.Refused) as caught:
            submitted(office, "reserve", LineDraft(demand=office.demand, expires_on=until))
        assert caught.value.code == "until_far"
    submitted(office, "reserve", LineDraft(demand=office.demand, expires_on=TODAY + timedelta(days=days)))


def test_one_that_was_reserved_for_ever_before_is_still_refused_a_renewal_in_words(office):
    voucher = submitted(office, "reserve", LineDraft(demand=office.demand))
    actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    Reservation.objects.update(expires_on=date(9999, 12, 31))
    with pytest.raises(actions.Refused) as caught:
        submitted(office, "renew", LineDraft(reservation=Reservation.objects.get()), reason="仍在办理")
    assert caught.value.code == "renewal_term"


# --- the live check ------------------------------------------------------------------------------------------------


def test_the_live_check_says_what_would_happen_and_writes_nothing(office, django_assert_max_num_queries):
    before = Voucher.objects.count(), Posting.objects.count()
    with django_assert_max_num_queries(10):
        seen = actions.effect([LineDraft(demand=office.demand)], now=NOW, kind="reserve", document_no=NO)
    pool = seen.changes[0]
    assert (pool.account, pool.before, pool.after, pool.waiting) == (office.pool, 100_000, 40_000, 0)
    assert [(n.gap_before, n.gap_after) for n in seen.needs] == [(60_000, 0)]
    assert seen.possible and not seen.notices
    seen = actions.effect([LineDraft(demand=office.demand, amount=100_000)], now=NOW, kind="reserve", document_no=NO)
    assert [n.code for n in seen.notices] == ["none_left"] and [n.code for n in seen.refusals] == ["over_gap"]
    seen = actions.effect([LineDraft(demand=office.demand, amount=100_001)], now=NOW, kind="reserve")
    assert [n.code for n in seen.refusals] == ["no_document", "insufficient", "over_gap"]
    assert seen.changes[0].after == -1
    assert (Voucher.objects.count(), Posting.objects.count()) == before


def test_the_live_check_and_the_ledger_give_the_same_refusals(office):
    primary = offices.book(basis="primary")
    FactorKind.objects.update(department=office.departments["energy"])
    other = offices.account(primary, "pool", "pool:x")
    (next_year,) = pools.open_year(by=office.maker, now=NOW, year=2027)
    for line, code in (
        (LineDraft(office.pool, other, 5), "other_book"),
        (LineDraft(office.pool, next_year, 5), "other_period"),
        (LineDraft(office.pool, office.demand.holding, 5), "illegal"),
    ):
        assert [n.code for n in actions.effect([line], now=NOW, kind="reallocate", document_no=NO).refusals] == [code]
        with pytest.raises(refusals.LedgerRefused) as caught:
            submitted(office, "reallocate", line)
        assert caught.value.code == code


# --- water: sources and files --------------------------------------------------------------------------------------


def water_of(office):
    """Reclaimed water of the park and groundwater of the city; groundwater comes last."""
    books = {code: offices.book("water", code) for code in ("reclaimed", "ground")}
    FactorKind.objects.filter(code="water").update(department=office.departments["energy"], free_reservations=True)
    books["ground"].source.needs_reason_while = books["reclaimed"].source
    books["ground"].source.save()
    rows = {c: Book.objects.select_related("kind", "source").get(pk=b.pk) for c, b in books.items()}
    for code, place in (("reclaimed", {"park": office.park}), ("ground", {"district": office.city})):
        pool = pools.open_pool(by=office.maker, now=NOW, book=rows[code], period="2026", **place)
        offices.grant(pool, 10_000)
        office.more[code] = pool
    return offices.need(office.project, rows["ground"], 4_000)


def test_groundwater_needs_a_reason_and_a_checker_while_reclaimed_water_is_left(office):
    demand = water_of(office)
    draft = drafted(office, "reserve", LineDraft(demand=demand))
    with pytest.raises(actions.Refused) as caught:
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert (caught.value.code, caught.value.facts) == ("substitution", {"pool": office.more["reclaimed"].pk})
    draft = drafted(office, "reserve", LineDraft(demand=demand), reason="中水水质不满足工艺", voucher=draft)
    voucher = actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    assert voucher.status == Voucher.Status.SUBMITTED  # although reservations of water are free
    assert [n.code for n in actions.effect(voucher, now=NOW).notices] == ["substitution"]
    actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert left(office.more["ground"]) == 6_000


def test_no_reason_once_the_reclaimed_water_is_gone(office):
    demand = water_of(office)
    other = offices.need(office.project, office.more["reclaimed"].book, 10_000)
    for wanted in (other, demand):
        draft = drafted(office, "reserve", LineDraft(demand=wanted))
        assert actions.submit_voucher(by=office.maker, voucher=draft, now=NOW).status == Voucher.Status.POSTED


def test_files_are_kept_by_their_hash_once(office, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    files = [actions.Upload("批复.PDF", File(BytesIO(b"%PDF-1.7"), name="x")) for _n in range(2)]
    for file in files:
        file.content.size = 8
    draft = drafted(office, "reserve", LineDraft(demand=office.demand), files=files)
    (kept,) = draft.attachments.all()
    assert (kept.name, kept.size, len(kept.sha256)) == ("批复.PDF", 8, 64)
    assert kept.sha256 in kept.file.name and kept.file.name.endswith(".pdf")


def test_the_journal_and_the_accounts_still_agree(office):
    reservation = reserved(office)
    posted(office, "confirm", LineDraft(reservation=reservation, amount=1_000))
    sums = Account.objects.get(pk=office.pool.pk)
    moved = Posting.objects.filter(transfers__debit=office.pool).count()
    assert (sums.debits_posted, sums.debits_pending, moved) == (1_000, 59_000, 3)
