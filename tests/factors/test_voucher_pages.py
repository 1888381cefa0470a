"""Vouchers by their pages: the live check, one key one voucher, refusals with who and what next, rights."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from factors import blocks, entries, ledger
from factors import requests as queue
from factors.models import Account, Demand, Posting, QuotaRequest, Reservation, Voucher
from people import actions as people_actions
from people.models import Department, District
from projects.models import Project
from tests.factors.world import NOW, TODAY, account, book

pytestmark = pytest.mark.django_db
PAST = NOW - timedelta(days=400)
THEN = TODAY - timedelta(days=400)


@pytest.fixture
def office(db, clients):
    """A pool with 3,200 tce kept by an office with two makers and a checker; one project lacks 8,600."""
    city = District.objects.create(code="159900", name="云川市")
    fgw = Department.objects.create(code="fgw", name="市发改委", phone="1100")
    b = book(basis="calorific", department=fgw)
    pool, other = (account(b, "pool", code, name=code, district=city, department=fgw) for code in ("city", "park"))
    issuer = account(b, "issuer", "up")
    project = Project.objects.create(code="2601-159900-04-01-100001", name="石墨负极", district=city, signed_on=TODAY)
    rival = Project.objects.create(code="2601-159900-04-01-100002", name="电子特气", district=city, signed_on=TODAY)
    ledger.post(
        [
            entries.move("grant", issuer, pool, 3_200_000, key="1", on=THEN, document_no="省〔2026〕1号"),
            entries.move("grant", issuer, other, 900_000, key="2", on=THEN, document_no="省〔2026〕1号"),
        ],
        now=PAST,
    )
    demands = []
    for row, amount in ((project, 8_600_000), (rival, 2_400_000)):
        holding = account(b, "holding", f"project:{row.code}", name=row.name, project=row, department=fgw)
        demand = Demand.objects.create(
            project=row, book=b, period="2026", amount=amount, gate="energy", pool=pool, holding=holding,
            registered_at=PAST,
        )  # fmt: skip
        demands.append(demand)
    blocks.turn(Demand.objects.all(), now=PAST, cause="registered")
    for name in ("hejing", "luming", "gaoyuan"):
        user = people_actions.ensure_user(name, display_name=name, role="factor", department=fgw)
        user.phone = "971-1142"
        user.save()
    return pool, other, demands


def fields(demand, amount, **more):
    return {
        "key": uuid.uuid4(),
        "demand": demand.pk,
        "amount": amount,
        "document_no": "云发改能评〔2026〕89号",
        "expires_on": (timezone.localdate() + timedelta(days=90)).isoformat(),
        "seen_available": 3_200_000,
        "seen_at": "2020-01-01T10:30:42+08:00",
        **more,
    }


def address(name, pool, kind="reserve"):
    return f"{reverse(name)}?account={pool.pk}&voucher_kind={kind}"


def available(pool):
    pool.refresh_from_db()
    return pool.available


@pytest.mark.parametrize("amount", ["3200", "3,200", "0.32万", "３２００吨标煤"])
def test_the_live_check_reads_amounts_as_people_write_them(office, clients, amount):
    pool, _other, (demand, _rival) = office
    page = clients["hejing"].post(address("voucher-check", pool), fields(demand, amount)).content.decode()
    assert 'data-possible="1"' in page and "8,600" in page and "5,400" in page
    assert available(pool) == 3_200_000 and not Voucher.objects.exists()


def test_the_live_check_offers_what_is_left_and_names_others_that_wait(office, clients):
    pool, _other, (demand, rival) = office
    clients["luming"].post(address("voucher-create", pool), fields(rival, "2400"))
    page = clients["hejing"].post(address("voucher-check", pool), fields(demand, "5000")).content.decode()
    assert 'data-short="1"' in page and 'data-amount="3,200"' in page and "luming" in page
    wrong = clients["hejing"].post(address("voucher-check", pool), fields(demand, "3 m³")).content.decode()
    assert 'data-possible="0"' in wrong and "m³" in wrong


def test_sent_twice_is_one_voucher(office, clients):
    pool, _other, (demand, _rival) = office
    data = fields(demand, "3200")
    first = clients["hejing"].post(address("voucher-create", pool), data, follow=True)
    again = clients["hejing"].post(address("voucher-create", pool), data, follow=True)
    assert first.status_code == again.status_code == 200
    voucher = Voucher.objects.get()
    assert voucher.status == "submitted" and str(voucher.key) == str(data["key"])
    assert available(pool) == 3_200_000  # it waits: nothing is held
    page = clients["gaoyuan"].post(reverse("voucher-page", args=[voucher.pk]), {"action": "pass"}, follow=True)
    assert page.status_code == 200 and available(pool) == 0
    number = Posting.objects.latest("pk").label
    again = clients["hejing"].post(address("voucher-create", pool), data, follow=True)
    assert number in again.content.decode() and Posting.objects.filter(kind="reserve").count() == 1
    assert clients["luming"].post(address("voucher-create", pool), data).status_code == 403


def test_a_draft_may_lack_anything_and_is_edited_in_place(office, clients):
    pool, _other, (demand, _rival) = office
    data = fields(demand, "", document_no="", action="draft")
    assert clients["hejing"].post(address("voucher-create", pool), data).status_code == 302
    draft = Voucher.objects.get()
    page = clients["hejing"].get(f"{reverse('account-book', args=[pool.pk])}?voucher={draft.pk}")
    assert str(draft.key) in page.content.decode()
    data |= {"amount": "100", "document_no": "X1", "action": "submit"}
    clients["hejing"].post(address("voucher-create", pool), data)
    assert Voucher.objects.get().status == "submitted"
    missing = clients["hejing"].post(address("voucher-create", pool), fields(demand, "5", document_no=""))
    assert missing.status_code == 422


def test_the_last_tonnes_go_once_and_the_second_is_told_who_has_them(office, clients):
    pool, other, (demand, rival) = office
    clients["luming"].post(address("voucher-create", pool), fields(rival, "2400"))
    first = Voucher.objects.get()
    clients["gaoyuan"].post(reverse("voucher-page", args=[first.pk]), {"action": "pass"})
    refused = clients["hejing"].post(address("voucher-create", pool), fields(demand, "3200"))
    page = refused.content.decode()
    assert refused.status_code == 409
    for words in (
        "3,200",
        "2,400",
        "800",
        "luming",
        "971-1142",
        "gaoyuan",
        "电子特气",
        Posting.objects.latest("pk").label,
    ):
        assert words in page, words
    assert other.name in page and "900" in page  # the pool that could give
    draft = Voucher.objects.get(status="draft")
    assert available(pool) == 800_000
    data = {"action": "reduce", "amount": "800000"}
    assert clients["hejing"].post(reverse("voucher-page", args=[draft.pk]), data).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "submitted" and draft.lines.get().amount == 800_000


def test_a_refused_maker_may_queue_the_project_and_a_human_decides(office, clients):
    pool, _other, (demand, _rival) = office
    assert clients["hejing"].post(address("voucher-create", pool), fields(demand, "4000")).status_code == 409
    draft = Voucher.objects.get()
    clients["hejing"].post(reverse("voucher-page", args=[draft.pk]), {"action": "queue"})
    waiting = QuotaRequest.objects.get()
    assert waiting.amount == 4_000_000
    people_actions.grant(clients["hejing"].user, "view_projects", District.objects.get())
    assert "石墨负极" in clients["hejing"].get(reverse("request-list")).content.decode()
    decide = reverse("request-decide", args=[waiting.pk])
    clients["hejing"].post(decide, {"action": "grant", "reason": "", "amount": "3,000"})
    waiting.refresh_from_db()
    assert waiting.status == "waiting"  # no reason, no decision
    for amount, field in (("很多吨", "amount"), ("9,000", "amount")):
        page = clients["hejing"].post(decide, {"action": "grant", "reason": "省重点项目", "amount": amount})
        assert page.status_code == 422
        text = page.content.decode()  # the form is open, with what was typed and the fault at its field
        assert all(
            kept in text for kept in (f'value="{amount}"', 'value="省重点项目"', f'id="{field}-{waiting.pk}-error"')
        )
        assert '<details class="decide" open>' in text and f'href="#{field}-{waiting.pk}"' in text
    clients["hejing"].post(decide, {"action": "grant", "reason": "省重点", "amount": "3,000"})
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decision_reason, waiting.advice["place"]) == ("granted", "省重点", 1)
    assert waiting.voucher.lines.get().amount == 3_000_000


def test_a_granted_request_whose_draft_is_withdrawn_waits_at_its_old_place(office, clients):
    pool, _other, (demand, _rival) = office
    request = queue.ask(by=clients["hejing"].user, demand=demand, amount=demand.gap, now=NOW)
    queue.decide(by=clients["hejing"].user, request=request, grant=True, reason="先来先得", now=NOW)
    request.refresh_from_db()
    asked = request.asked_at
    clients["hejing"].post(reverse("voucher-page", args=[request.voucher_id]), {"action": "cancel"})
    request.refresh_from_db()
    assert (request.status, request.asked_at, request.voucher, request.decision_reason) == ("waiting", asked, None, "")
    assert request in queue.queue(pool)


def test_a_maker_never_checks_and_a_reader_never_posts(office, clients):
    pool, _other, (demand, _rival) = office
    clients["hejing"].post(address("voucher-create", pool), fields(demand, "100"))
    voucher = Voucher.objects.get()
    page = reverse("voucher-page", args=[voucher.pk])
    assert clients["hejing"].post(page, {"action": "pass"}).status_code == 403
    assert clients["pm"].get(page).status_code == 404  # the project is none of his
    people_actions.grant(clients["leader"].user, "view_projects", District.objects.get())
    assert clients["leader"].get(page).status_code == 200
    for action in ("pass", "refuse", "cancel", "submit"):
        assert clients["leader"].post(page, {"action": action}).status_code == 403
    for name in ("voucher-create", "voucher-check"):
        assert clients["leader"].post(address(name, pool), fields(demand, "1")).status_code == 403
    assert clients["gaoyuan"].post(page, {"action": "refuse", "reason": ""}).status_code == 302
    voucher.refresh_from_db()
    assert voucher.status == "submitted"  # no reason
    clients["gaoyuan"].post(page, {"action": "refuse", "reason": "文号不对"})
    voucher.refresh_from_db()
    assert (voucher.status, voucher.check_note) == ("refused", "文号不对")


def test_books_of_pools_are_open_and_holdings_are_not(office, clients):
    pool, _other, (demand, _rival) = office
    ledger.post([entries.reserve(pool, demand.holding, 5, TODAY + timedelta(days=90), key="r", on=TODAY,
                                 summary="石墨负极")], now=NOW)  # fmt: skip
    mine = reverse("account-book", args=[demand.holding_id])
    entry = Posting.objects.latest("pk")
    for role in ("pm", "approver", "park"):
        page = clients[role].get(reverse("account-book", args=[pool.pk]))
        assert page.status_code == 200 and "石墨负极" not in page.content.decode()
        assert clients[role].get(mine).status_code == 404
        shown = clients[role].get(reverse("posting-page", args=[entry.year, entry.number])).content.decode()
        assert "石墨负极" not in shown
        assert "石墨负极" not in clients[role].get(reverse("posting-search") + "?q=石墨").content.decode()
    people_actions.grant(clients["leader"].user, "view_projects", District.objects.get())
    assert clients["leader"].get(mine).status_code == 200
    assert "石墨负极" in clients["leader"].get(reverse("posting-search") + "?q=石墨").content.decode()


def test_an_entry_is_reversed_by_a_voucher_of_its_own(office, clients):
    pool, _other, _demands = office
    grant = Posting.objects.get(key="1")
    reverse_it = reverse("posting-reverse", args=[grant.year, grant.number])
    data = {"document_no": "X9", "reason": "重复下达"}
    assert clients["leader"].post(reverse_it, data).status_code == 403
    clients["hejing"].post(reverse_it, data)
    voucher = Voucher.objects.get(kind="reverse")
    page = reverse("voucher-page", args=[voucher.pk])
    clients["hejing"].post(page, {"action": "submit"})
    clients["gaoyuan"].post(page, {"action": "pass"})
    assert available(pool) == 0
    back = Posting.objects.latest("pk")
    shown = clients["hejing"].get(reverse("posting-page", args=[back.year, back.number])).content.decode()
    assert grant.label in shown and reverse("paper-voucher", args=[back.year, back.number]) in shown
    for done in (grant, back):  # nothing is drafted that could never be submitted
        again = clients["hejing"].post(reverse("posting-reverse", args=[done.year, done.number]), data, follow=True)
        assert again.status_code == 200 and Voucher.objects.filter(kind="reverse").count() == 1


def test_reservations_are_renewed_several_at_once(office, clients):
    pool, _other, (demand, rival) = office
    until = TODAY + timedelta(days=3650)
    made = [
        entries.reserve(pool, row.holding, 5, until, key=f"r{row.pk}", on=TODAY, summary="预占")
        for row in (demand, rival)
    ]
    ledger.post(made, now=NOW)
    people_actions.grant(clients["hejing"].user, "view_projects", District.objects.get())
    data = {"pick": [r.pk for r in Reservation.objects.all()], "document_no": "X", "reason": "仍在办理"}
    clients["hejing"].post(reverse("reservation-list"), data | {"pick": []})
    assert not Voucher.objects.exists()
    assert clients["leader"].post(reverse("reservation-list"), data).status_code == 403
    clients["hejing"].post(reverse("reservation-list"), data)
    voucher = Voucher.objects.get()
    assert (voucher.kind, voucher.status, voucher.lines.count()) == ("renew", "submitted", 2)
    clients["gaoyuan"].post(reverse("voucher-page", args=[voucher.pk]), {"action": "pass"})
    assert Reservation.objects.filter(renewed=True).count() == 2


def test_what_was_typed_for_renewals_and_reversals_is_not_lost(office, clients):
    pool, _other, (demand, _rival) = office
    ledger.post([entries.reserve(pool, demand.holding, 5, TODAY, key="r", on=THEN)], now=PAST)
    row, url = Reservation.objects.get(), reverse("reservation-list")
    Reservation.objects.update(expires_on=timezone.localdate() + timedelta(days=5))
    answer = clients["hejing"].post(url, {"pick": row.pk, "reason": "审批未完", "document_no": ""})
    shown = answer.content.decode()
    assert answer.status_code == 422 and 'value="审批未完"' in shown and "checked>" in shown
    answer = clients["hejing"].post(url, {"pick": row.pk, "reason": "审批未完", "document_no": "号" * 61})
    assert answer.status_code == 422 and "60" in answer.content.decode() and not Voucher.objects.exists()
    entry = Posting.objects.get(key="2")
    for number, reason in (("", "录错"), ("冲1号", " "), ("号" * 61, "录错")):
        clients["hejing"].post(
            reverse("posting-reverse", args=[entry.year, entry.number]), {"document_no": number, "reason": reason}
        )
        assert not Voucher.objects.exists()


def test_every_page_of_the_ledger_answers(office, clients):
    pool, _other, (demand, _rival) = office
    clients["hejing"].post(address("voucher-create", pool), fields(demand, "100"))
    client, entry = clients["hejing"], Posting.objects.earliest("pk")
    book_page = reverse("account-book", args=[pool.pk])
    pages = [
        f"{book_page}?view=month", f"{book_page}?view=project", f"{book_page}?as_of=2026-01-01&q=x",
        f"{book_page}?check=1&since=2020-01-01", f"{book_page}?voucher=new&voucher_kind=confirm",
        f"{book_page}?after=999999", f"{book_page}?before=1&after=x", reverse("account-book-print", args=[pool.pk]),
        reverse("account-book-export", args=[pool.pk]), reverse("voucher-list"), reverse("voucher-create"),
        reverse("voucher-list") + "?tab=all&status=submitted&q=x", reverse("posting-search") + "?factor=energy&flow=in",
        reverse("posting-page", args=[entry.year, entry.number]), reverse("account-create"), reverse("factor-kinds"),
        reverse("reservation-list") + "?days=30&factor=energy",
    ]  # fmt: skip
    pages += [address("voucher-create", pool, kind) for kind in ("grant", "reallocate", "recover", "renew", "reduce")]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert b"style=" not in answer.content or "export" in page, page


def test_accounts_are_opened_by_who_keeps_the_factor(office, clients):
    pool, _other, _demands = office
    data = {"book": pool.book_id, "year": 2027, "district": District.objects.get().pk}
    assert clients["leader"].post(reverse("account-create"), data).status_code == 403
    assert clients["factor"].post(reverse("account-create"), data).status_code == 422  # another's book is no choice
    assert clients["hejing"].post(reverse("account-create"), data).status_code == 302
    assert Account.objects.filter(role="pool", period="2027").count() == 1
    assert clients["hejing"].post(reverse("account-create"), data).status_code == 422


# --- several lines --------------------------------------------------------------------------------------------------


def two_lines(clients, pool, demand, rival):
    """Return a draft of two reservations, made as a person makes it: a form, and one line more."""
    data = fields(demand, "100", action="draft")
    clients["hejing"].post(address("voucher-create", pool), data)
    draft = Voucher.objects.get()
    url = f"{reverse('voucher-create')}?into={draft.pk}&line=2&account={pool.pk}"
    assert "line" not in clients["hejing"].get(url).context["panel"]["form"].errors
    for _again in range(2):  # sent twice, it is one line
        answer = clients["hejing"].post(url, fields(rival, "200", document_no=""))
        assert answer.status_code == 302 and answer.url == reverse("voucher-edit", args=[draft.pk])
    assert list(draft.lines.values_list("amount", flat=True)) == [100_000, 200_000]
    draft.refresh_from_db()
    assert (draft.status, draft.document_no) == ("draft", data["document_no"])
    return draft


def typed(page, **changes) -> dict:
    """Return what the page of a draft with its lines would send, with changes."""
    form = page.context["form"]
    return {field.html_name: field.value() or "" for field in form if "drop" not in field.html_name} | changes


def test_several_lines_make_one_voucher_and_all_of_them_survive_a_refusal_and_a_change(office, clients):
    pool, _other, (demand, rival) = office
    draft = two_lines(clients, pool, demand, rival)
    page = reverse("voucher-page", args=[draft.pk])
    clients["hejing"].post(page, {"action": "submit"})
    clients["gaoyuan"].post(page, {"action": "refuse", "reason": "少一点"})
    shown = clients["hejing"].get(page).content.decode()
    edit = reverse("voucher-edit", args=[draft.pk])
    assert edit in shown and f"voucher={draft.pk}" not in shown
    assert (
        clients["hejing"].get(f"{reverse('account-book', args=[pool.pk])}?voucher={draft.pk}").context["panel"] is None
    )
    first, second = draft.lines.all()
    listed = clients["hejing"].get(reverse("voucher-list"), {"tab": "mine"}).content.decode()
    assert "300" in listed and "另 1 行" in listed  # the sum of both, not the first
    data = typed(clients["hejing"].get(edit), **{f"amount-{second.pk}": "150", "action": "submit"})
    assert clients["hejing"].post(edit, data).status_code == 302
    draft.refresh_from_db()
    lines = list(draft.lines.all())
    assert draft.status == "submitted" and [line.amount for line in lines] == [100_000, 150_000]
    assert [line.demand_id for line in lines] == [demand.pk, rival.pk]
    clients["gaoyuan"].post(page, {"action": "pass"})
    assert available(pool) == 3_200_000 - 250_000
    for text, found in (("节能[2026] 9", 1), ("节能〔2026〕8", 0)):
        Voucher.objects.update(document_no="市节能〔2026〕9号")
        assert clients["hejing"].get(reverse("voucher-list"), {"tab": "mine", "q": text}).context["total"] == found


def test_a_wrong_line_is_told_where_it_is_and_a_line_may_be_taken_out(office, clients):
    pool, _other, (demand, rival) = office
    draft = two_lines(clients, pool, demand, rival)
    edit = reverse("voucher-edit", args=[draft.pk])
    first, second = draft.lines.all()
    data = typed(clients["hejing"].get(edit), action="draft")
    wrong = clients["hejing"].post(edit, data | {f"amount-{first.pk}": "-5", "summary": "留着"})
    assert wrong.status_code == 422 and "留着" in wrong.content.decode()
    assert list(wrong.context["form"].errors) == [f"amount-{first.pk}"]
    none = clients["hejing"].post(edit, data | {f"drop-{first.pk}": "on", f"drop-{second.pk}": "on"})
    assert none.status_code == 422 and draft.lines.count() == 2
    assert clients["hejing"].post(edit, data | {f"drop-{first.pk}": "on", f"amount-{first.pk}": "x"}).status_code == 302
    assert list(draft.lines.values_list("amount", flat=True)) == [200_000]
    stale = clients["hejing"].post(edit, data)
    assert stale.status_code == 422 and list(draft.lines.values_list("amount", flat=True)) == [200_000]


def test_what_a_form_of_one_line_cannot_hold_is_never_written_by_it(office, clients):
    pool, _other, (demand, rival) = office
    draft = two_lines(clients, pool, demand, rival)
    old = fields(demand, "1", key=str(draft.key))
    answer = clients["hejing"].post(address("voucher-create", pool), old)
    assert answer.status_code == 302 and answer.url == reverse("voucher-edit", args=[draft.pk])
    assert draft.lines.count() == 2
    for action in ("reduce", "queue"):  # which of the lines nobody said
        assert (
            clients["hejing"]
            .post(reverse("voucher-page", args=[draft.pk]), {"action": action, "amount": "1"})
            .status_code
            == 302
        )
    assert list(draft.lines.values_list("amount", flat=True)) == [100_000, 200_000]
    edit = reverse("voucher-edit", args=[draft.pk])
    for name in ("luming", "gaoyuan"):
        assert clients[name].get(edit).status_code in (403, 404)
        assert clients[name].post(edit, {"action": "draft"}).status_code in (403, 404)
        into = f"{reverse('voucher-create')}?into={draft.pk}&line=3&account={pool.pk}"
        assert clients[name].post(into, fields(rival, "5")).status_code in (403, 404)
    Voucher.objects.filter(pk=draft.pk).update(kind="carry_over")
    assert clients["hejing"].get(edit).status_code == 302
    assert "/edit/" not in clients["hejing"].get(reverse("voucher-page", args=[draft.pk])).content.decode()


def test_a_document_number_is_found_however_it_is_typed(office, clients):
    _pool, _other, _demands = office
    people_actions.grant(clients["leader"].user, "view_projects", District.objects.get())
    issuer, pool = Account.objects.get(role="issuer"), Account.objects.filter(role="pool").first()
    ledger.post([entries.move("grant", issuer, pool, 5, key="doc", on=TODAY, document_no="省能〔2026〕77号")], now=NOW)
    number = Posting.objects.get(key="doc").label
    for typed in ("省能〔2026〕77号", "省能[2026]77号", "省能【２０２６】７７号", "省能(2026) 77 号", "能〔2026〕77"):
        assert number in clients["leader"].get(reverse("posting-search"), {"q": typed}).content.decode(), typed
        found = clients["leader"].get(reverse("search"), {"q": typed}, headers={"HX-Request": "true"})
        assert "省能〔2026〕77号" in found.content.decode(), typed
        kept = clients["leader"].get(reverse("account-book", args=[pool.pk]), {"q": typed}).content.decode()
        assert "省能〔2026〕77号" in kept, typed
    assert number not in clients["leader"].get(reverse("posting-search"), {"q": "省能〔2026〕78号"}).content.decode()


def test_what_waits_is_narrowed_as_the_book_is(office, clients):
    pool, _other, (demand, _rival) = office
    clients["hejing"].post(address("voucher-create", pool), fields(demand, "100", action="submit"))
    url = reverse("account-book", args=[pool.pk])
    number = Voucher.objects.get().document_no
    for query, shown in (("", 1), ("?kind=reserve", 1), ("?kind=grant", 0), ("?flow=granted", 0), ("?q=nichts", 0),
                         (f"?q={number[:4]}", 1), ("?maker=hejing", 1), ("?maker=leader", 0)):  # fmt: skip
        page = clients["leader"].get(url + query)
        assert len(page.context["waiting"]) == shown, query
    assert "筛选合计" in clients["hejing"].get(url + "?kind=grant").content.decode()


def test_what_a_project_holds_is_reduced_beside_its_own_book(office, clients):
    pool, _other, (demand, _rival) = office
    issuer, holding = Account.objects.get(role="issuer"), demand.holding
    ledger.post([entries.move("opening", issuer, holding, 90_000, key="o", on=TODAY, document_no="期初")], now=NOW)
    people_actions.grant(clients["hejing"].user, "view_projects", District.objects.get())
    form = clients["hejing"].get(f"{reverse('account-book', args=[holding.pk])}?voucher=new").context["panel"]
    assert (form["kind"], form["more"]) == ("reduce", [("reduce", form["label"])])
    data = {"key": uuid.uuid4(), "amount": "40", "document_no": "核减1号", "reason": "企业减产"}
    answer = clients["hejing"].post(address("voucher-create", holding, "reduce"), data)
    assert answer.status_code == 302 and answer.url == reverse("account-book", args=[holding.pk])
    voucher = Voucher.objects.get()
    clients["gaoyuan"].post(reverse("voucher-page", args=[voucher.pk]), {"action": "pass"})
    assert available(holding) == 50_000 and Posting.objects.latest("pk").kind == "reduce"
    assert clients["leader"].get(address("voucher-create", holding, "reduce")).status_code == 403
    assert clients["factor"].get(address("voucher-create", holding, "reduce")).status_code in (403, 404)


def test_who_keeps_one_pool_is_told_of_no_holding_outside_his_reach(office, clients):
    pool, other, (demand, _rival) = office
    secret = demand.holding
    ledger.post([entries.move("opening", Account.objects.get(role="issuer"), secret, 777, key="h", on=TODAY,
                              document_no="X")], now=NOW)  # fmt: skip
    park = Department.objects.create(code="park", name="园区管委会")
    Account.objects.filter(pk=other.pk).update(department=park)
    keeper = people_actions.ensure_user("yuanqu", display_name="园区", role="factor", department=park)
    client = clients["leader"]
    client.force_login(keeper, backend="django.contrib.auth.backends.ModelBackend")
    address_of = f"?account={other.pk}&voucher_kind=recover"
    assert secret.name not in client.get(reverse("voucher-create") + address_of).content.decode()
    told = client.post(
        reverse("voucher-check") + address_of, {"other": secret.pk, "amount": "99999999", "document_no": "x"}
    )
    assert secret.name not in told.content.decode() and "0.777" not in told.content.decode()
    shown = client.get(reverse("reservation-list"), {"pool": secret.pk})
    assert shown.status_code == 404 and client.get(reverse("reservation-list"), {"pool": pool.pk}).status_code == 200
    mine = clients["hejing"].get(reverse("voucher-create") + f"?account={pool.pk}&voucher_kind=recover")
    assert secret.name in mine.content.decode()
