"""Quota from demand to gate, from trade to expiry, and two officers who want the last 亩 at once."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from approvals.states import State
from factors import entries, pools, quantity
from factors.models import Account, Demand, FactorKind, Posting, QuotaRequest, Reservation, Trade, Voucher
from projects.models import Project
from tests.browser import allow, shot
from tests.journeys import quota_city
from tests.journeys.steps import at_each_width, follow, has, panel_address, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RECORD = "#panel .form-actions .btn-primary"
SUBMIT = ".voucher-form [data-submit]"
WAN = 10_000
MU = quantity.parse("1亩", "land", "mu").smallest


@pytest.fixture
def city(transactional_db):
    return quota_city.build()


@pytest.fixture
def desk(open_browser):
    """Open a browser for a person, logged in: `desk("tianyu")`."""
    return open_browser


# --- what one does on the pages ------------------------------------------------------------------------------------


def book_address(account, **query) -> str:
    tail = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse("account-book", args=[account.pk]) + (f"?{tail}" if tail else "")


def record(page, stage, action: str, **fields) -> None:
    """Record an action of a stage in the panel of the project page."""
    page.goto(panel_address(stage, action))
    for name, value in fields.items():
        page.fill(f"#panel [name={name}]", value)
    saved(page.locator(RECORD))


def refused_at_gate(page, stage) -> str:
    """See that a stage cannot be accepted while its gate is closed, and that a page opened before cannot either.

    Returns what stands beside the action; the refusal says the same.
    """
    page.goto(panel_address(stage))
    why = page.locator("#panel .panel-action.is-off", has_text="受理").locator("small").nth(0).inner_text()
    page.fill("#panel textarea[name=note]", "材料齐全")
    page.evaluate("document.querySelector('#panel [name=action]').value = 'accept'")
    follow(page.locator(RECORD))
    told = page.locator("#panel .error-summary").inner_text()
    stage.refresh_from_db()
    assert why in told and stage.accepted_at is None
    expect(page.locator("#panel textarea[name=note]")).to_have_value("材料齐全")
    return told


def live_check(page) -> str:
    """Wait until the server has said what the form would do, of what stands in it now; return it."""
    return page.locator("[data-check-box]:not(.is-waiting):has([data-result])").inner_text()


def fill_voucher(page, **fields) -> str:
    """Fill the voucher form beside the book and return what the live check says of it."""
    live_check(page)

    def typed(answer):  # 200 ms after the last change the page asks once more; this is the answer to all of it
        sent = answer.request.post_data or ""
        return "/check/" in answer.url and all(f"\r\n\r\n{value}\r\n" in sent for value in fields.values())

    with page.expect_response(typed):
        for name, value in fields.items():
            control = page.locator(f".voucher-form [name={name}]")
            control.select_option(value) if name in ("demand", "other") else control.fill(value)
    return live_check(page)


def passed(page, voucher) -> Posting:
    """Pass a voucher as its checker, who sees what it would do; return its entry."""
    page.goto(reverse("voucher-page", args=[voucher.pk]))
    assert "现可用" in page.locator(".voucher-check").inner_text() or "可用" in page.content()
    saved(page.locator("button[value=pass]"))
    voucher.refresh_from_db()
    assert voucher.status == Voucher.Status.POSTED
    return voucher.postings.get()


def row_of(page, posting) -> str:
    """Return a row of the book on the screen."""
    number = page.locator(".cell-no a", has_text=posting.label)
    return page.locator("table.table-book tbody tr").filter(has=number).inner_text()


# --- demand → reserve → gate → confirm -----------------------------------------------------------------------------


def test_a_blocked_project_gets_its_quota_and_passes_its_gate(city, desk):
    pool = city.pool("energy-calorific", "5000tce")
    stage = city.world.stage("02")
    manager, officer, checker = desk("w-pm"), desk("factor"), desk("checker")
    demand = ask_for_quota(manager, city, stage)
    more_comes_down(officer, checker, pool)
    demand.refresh_from_db()
    assert not demand.blocked
    voucher = reserve_what_was_asked(officer, demand)
    assert Account.objects.get(pk=pool.pk).debits_pending == 0, "what waits for a check holds nothing"
    reserved = passed(checker, voucher)
    shot(checker, "journey-quota-posted-1440")
    manager.goto(f"/projects/{city.project.code}/")
    has(manager, f"#demand-{demand.pk}", "已落实")
    gate_opens(manager, city, stage)
    confirmed = Posting.objects.get(kind="confirm")
    officer.goto(book_address(pool))
    assert "云规证〔2026〕31号" in row_of(officer, confirmed) and "确认" in row_of(officer, confirmed)
    assert "5,600" in row_of(officer, confirmed) and "预占" in row_of(officer, reserved)
    at_each_width(officer, "quota-book")
    pool.refresh_from_db()
    assert (pool.available, pool.debits_pending) == (city.amount(pool.book, "400tce"), 0)


def ask_for_quota(page, city, stage) -> Demand:
    """The manager is refused at the gate, registers a demand, is told who has what, needs less, and asks."""
    allow(page, "422")
    assert "登记" in refused_at_gate(page, stage)
    page.goto(f"/projects/{city.project.code}/")
    follow(page.locator("#quota .quota-tools a", has_text="登记").first)
    page.select_option("[name=book]", str(city.book("energy-calorific").pk))
    page.fill("[name=amount]", "8,600 tce")
    at_each_width(page, "quota-demand")
    assert "8,600" in saved(page.locator(".form-actions .btn-primary"))
    demand = Demand.objects.get(project=city.project)
    assert demand.blocked and Project.objects.get(pk=city.project.pk).light == "blocked"
    told = refused_at_gate(page, stage)
    for word in ("能耗", "8,600", "5,000", "市级统筹", "市发展改革委能源科"):
        assert word in told, (word, told)
    shot(page, "journey-quota-gate-1440")
    page.goto(f"/projects/{city.project.code}/")
    follow(page.locator(f"#demand-{demand.pk} .quota-tools a"))
    page.fill("[name=amount]", "5600")
    page.fill("[name=reason]", "改用余热，需求减少")
    saved(page.locator("form:has([name=reason][required]) .btn-primary").first)
    assert "5,600" in saved(page.locator(f"#demand-{demand.pk} form button"))
    has(page, f"#demand-{demand.pk}", "卡住")
    at_each_width(page, "quota-project")
    page.goto("/projects/?light=blocked")
    has(page, "table.table-projects tbody", city.project.name)
    demand.refresh_from_db()
    return demand


def more_comes_down(officer, checker, pool) -> None:
    """A second batch from above enters the pool by a voucher."""
    officer.goto(book_address(pool, voucher="new", voucher_kind="grant"))
    told = fill_voucher(officer, amount="1000", document_no="省发改能评〔2026〕9号", summary="省第二批")
    assert "6,000" in told
    saved(officer.locator(SUBMIT))
    passed(checker, Voucher.objects.get(kind="grant"))


def reserve_what_was_asked(page, demand) -> Voucher:
    """The officer grants the request in the queue, completes the draft beside the book and submits it."""
    request = QuotaRequest.objects.get(demand=demand)
    page.goto(reverse("request-list"))
    page.locator("details.decide summary").click()
    page.fill(f"#reason-{request.pk}", "市重点项目，池可用够用")
    at_each_width(page, "quota-queue")
    saved(page.locator("details.decide button[value=grant]"))
    shot(page, "journey-quota-draft-1440")
    follow(page.locator("aside a.btn", has_text="编辑"))
    told = fill_voucher(page, document_no="云发改能评〔2026〕88号")
    assert "6,000" in told and "400" in told and "已落实" in told, told
    at_each_width(page, "quota-voucher")
    words = saved(page.locator(SUBMIT))
    assert "审核" in words or "复核" in words
    return Voucher.objects.get(kind="reserve")


def gate_opens(page, city, stage) -> None:
    """The stage is accepted and decided; the decision needs its number, and confirms the quota under it."""
    record(page, stage, "accept")
    stage.refresh_from_db()
    assert stage.accepted_at is not None
    record(page, stage, "pass", document_no="云规证〔2026〕31号")
    stage.refresh_from_db()
    assert stage.state == State.PASSED
    assert not Reservation.objects.filter(resolved_by=None).exists()
    page.goto(f"/projects/{city.project.code}/")
    at_each_width(page, "quota-confirmed")
    assert Project.objects.get(pk=city.project.pk).light != "blocked"


# --- trade, expiry -------------------------------------------------------------------------------------------------


def test_a_trade_of_water_moves_both_books_when_the_other_officer_passes_it(city, desk):
    pool = city.pool("water-river", "200万m³")
    issuer = pools.standing_account("issuer", pool.book, pool.period)
    seller, buyer = (
        pools.holding_for(project=project, book=pool.book, period=pool.period) for project in (city.project, city.rival)
    )
    city.post(entries.move, "opening", issuer, seller, 100 * WAN)
    officer, checker = desk("helan"), desk("jiangyuan")
    year = timezone.localdate().year
    officer.goto(reverse("trade-create"))
    follow(officer.locator("tbody tr a", has_text=seller.name))
    follow(officer.locator(".dl a.link", has_text="变更"))
    officer.fill("[name=limit]", "120")
    officer.fill("[name=until]", f"{year + 5}-12-31")
    saved(officer.locator(".form-actions .btn-primary"))
    officer.select_option("[name=buyer]", str(buyer.pk))
    facts = {
        "amount": "30", "price_fen": "12,000.00", "from_on": f"{year + 1}-01-01", "until_on": f"{year + 3}-12-31",
        "verified_saving": "40", "saving_document_no": "云水节核〔2026〕3号", "saving_measure": "冷却水回用",
        "document_no": "云水权〔2026〕1号",
    }  # fmt: skip
    for name, value in facts.items():
        officer.fill(f"form.card [name={name}]", value)
    at_each_width(officer, "quota-trade-form")
    saved(officer.locator(".form-actions .btn-primary"))
    at_each_width(officer, "quota-trade")
    saved(officer.locator("main form button.btn-primary"))
    trade = Trade.objects.get()
    assert Account.objects.get(pk=buyer.pk).balance == 0
    posting = passed(checker, trade.voucher)
    for account, left in ((seller, 70), (buyer, 30)):
        account.refresh_from_db()
        assert account.available == left * WAN
        checker.goto(book_address(account))
        assert "交易" in row_of(checker, posting) and "云水权〔2026〕1号" in row_of(checker, posting)
    at_each_width(checker, "quota-trade-book")


def test_a_reservation_past_its_day_is_back_in_the_pool_at_the_next_look(city, desk):
    pool = city.pool("land", "10亩", days_ago=20)
    demand = city.need(pool, city.project, "8亩")
    today = timezone.localdate()
    city.post(entries.reserve, pool, demand.holding, 8 * MU, today - dt.timedelta(days=1), days_ago=10)
    page = desk("tianyu")
    page.goto(book_address(pool))
    expired = Posting.objects.get(kind="expire")
    assert "到期" in row_of(page, expired) and "系统" in row_of(page, expired)
    expect(page.locator(".equation .is-result dd")).to_have_text("10.0")
    at_each_width(page, "quota-expired")
    demand.refresh_from_db()
    assert demand.secured == 0 and Reservation.objects.get().resolved_by is not None
    page.goto(reverse("factor-overview"))
    at_each_width(page, "quota-overview")


# --- two at once ---------------------------------------------------------------------------------------------------


def open_form(page, pool, demand, amount: str, number: str) -> str:
    """Open the reservation form and fill it; return what the live check says."""
    page.goto(book_address(pool, voucher="new", voucher_kind="reserve"))
    return fill_voucher(page, demand=str(demand.pk), amount=amount, document_no=number)


def test_the_second_to_reserve_the_last_mu_is_told_who_took_it_and_takes_what_is_left(city, desk):
    pool = city.pool("land", "10亩")
    needs = [city.need(pool, project, "8亩") for project in (city.project, city.rival)]
    first, second, checker = desk("tianyu"), desk("guoyang"), desk("lufan")
    for page, demand, number in ((first, needs[0], "云自资〔2026〕1号"), (second, needs[1], "云自资〔2026〕2号")):
        told = open_form(page, pool, demand, "8", number)
        assert "10" in told and "2" in told, told
    saved(first.locator(SUBMIT))
    passed(checker, Voucher.objects.get(document_no="云自资〔2026〕1号"))
    allow(second, "409")
    follow(second.locator(SUBMIT))
    second.wait_for_selector("dialog.refusal[open]")
    told = second.locator("dialog.refusal").inner_text()
    for word in ("田雨", "陆帆", city.project.name, "2.0", "971-1143"):
        assert word in told, (word, told)
    at_each_width(second, "quota-refused")
    lost = Voucher.objects.get(document_no="云自资〔2026〕2号")
    assert (lost.status, lost.lines.get().amount) == (Voucher.Status.DRAFT, 8 * MU)
    way_out = second.locator("dialog.refusal [data-way]")
    expect(way_out).to_contain_text("改为 2")
    saved(way_out)
    lost.refresh_from_db()
    assert (lost.status, lost.lines.get().amount) == (Voucher.Status.SUBMITTED, 2 * MU)
    passed(checker, lost)
    pool.refresh_from_db()
    assert (pool.available, pool.debits_pending) == (0, 10 * MU)


def test_two_browsers_submit_in_the_same_instant_and_one_of_them_gets_it(city, desk):
    FactorKind.objects.filter(code="land").update(free_reservations=True)
    pool = city.pool("land", "10亩")
    needs = [city.need(pool, project, "8亩") for project in (city.project, city.rival)]
    pages = [desk("tianyu"), desk("guoyang")]
    for page, demand, number in zip(pages, needs, ("云自资〔2026〕1号", "云自资〔2026〕2号"), strict=True):
        open_form(page, pool, demand, "8", number)
        allow(page, "409")
    start = int(pages[0].evaluate("Date.now()")) + 500
    for page in pages:
        page.evaluate(
            f"start => setTimeout(() => document.querySelector('{SUBMIT}').click(), start - Date.now())", start
        )
    for page in pages:
        page.wait_for_selector(".messages .alert-success, dialog.refusal[open]")
        page.wait_for_load_state()
    refused = [page for page in pages if page.locator("dialog.refusal[open]").count()]
    assert len(refused) == 1
    pool.refresh_from_db()
    assert (pool.available, pool.debits_pending) == (2 * MU, 8 * MU)
    saved(refused[0].locator("dialog.refusal [data-way]"))
    pool.refresh_from_db()
    assert (pool.available, pool.debits_pending) == (0, 10 * MU)
    assert sorted(Demand.objects.values_list("secured", flat=True)) == [2 * MU, 8 * MU]
