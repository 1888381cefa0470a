"""Parcels: only the next legal move with its facts, the law's clocks, totals, rights, pages and the export."""

import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from factors import land, quantity
from factors.assets import parcels, reach
from factors.land import ParcelState
from factors.models import FactorKind, Parcel, Posting
from factors.refusals import Refused
from people import actions as people_actions
from people.models import AuditEntry, District
from tests.factors import office as offices
from tests.factors import world
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MU = 200_000


@pytest.fixture
def office(db):
    """The energy office keeps land here, too."""
    office = offices.build()
    book = world.book("land")
    FactorKind.objects.filter(pk=book.kind_id).update(department=office.departments["energy"])
    office.more["land"] = book
    office.more["park"] = people_actions.ensure_user(
        "parkie", display_name="园区", role="park", department=office.departments["water"], password="x"
    )
    people_actions.grant(office.more["park"], "view_projects", office.park)
    return office


def recorded(office, code="P1", **more):
    facts = {
        "code": code, "name": f"地块{code}", "district": office.district, "park": office.park,
        "area": quantity.parse("35.6亩", "land").smallest, "reported_on": date(2024, 1, 5),
    } | more  # fmt: skip
    return parcels.record(by=office.maker, now=NOW, facts=facts)


def test_a_parcel_lies_in_the_district_of_its_park(office):
    west = District.objects.create(code="159902", name="河西区", parent=office.city)
    with pytest.raises(Refused) as caught:
        recorded(office, district=west)
    assert caught.value.field == "district" and office.park.name in caught.value.words()
    assert recorded(office, district=office.city).district == office.district  # the nearer one of the two


def moved(office, parcel, to, on, **facts):
    return parcels.move(by=office.maker, now=NOW, parcel=parcel, to=ParcelState(to), on=on, **facts)


def supplied(office, code="P1", agreed=date(2025, 3, 1), **more):
    parcel = recorded(office, code)
    moved(office, parcel, "approved", date(2024, 6, 1), approval_no="省政土〔2024〕7号")
    moved(office, parcel, "cleared", date(2024, 8, 1))
    return moved(
        office, parcel, "supplied", date(2024, 12, 1), contract_no="电子监管号1", agreed_start_on=agreed,
        price_fen=1_000_000_00, project=office.project, **more,
    )  # fmt: skip


def refused(step, *args, **facts):
    with pytest.raises(Refused) as caught:
        step(*args, **facts)
    return caught.value


def test_only_the_next_step_with_its_document_and_a_day_that_can_be(office):
    parcel = recorded(office)
    assert refused(moved, office, parcel, "supplied", TODAY, contract_no="x").code == "illegal_move"
    assert refused(moved, office, parcel, "approved", TODAY).field == "approval_no"
    late = TODAY + timedelta(days=1)
    assert refused(moved, office, parcel, "approved", late, approval_no="x").code == "in_the_future"
    early = date(2024, 1, 4)
    assert refused(moved, office, parcel, "approved", early, approval_no="x").code == "before_the_last"
    moved(office, parcel, "approved", date(2024, 6, 1), approval_no="省政土〔2024〕7号")
    assert refused(moved, office, parcel, "approved", TODAY, approval_no="x").code == "illegal_move"
    moved(office, parcel, "cleared", date(2024, 8, 1))
    assert refused(moved, office, parcel, "supplied", TODAY, contract_no="x").field == "agreed_start_on"
    with pytest.raises(PermissionDenied):
        parcels.move(by=office.other, now=NOW, parcel=parcel, to=ParcelState.SUPPLIED, on=TODAY)
    assert Parcel.objects.get().supplied_on is None
    assert AuditEntry.objects.filter(kind="ledger.asset").count() == 3


def test_idle_land_shows_its_clock_fee_and_fault_and_disposal_begins_another(office):
    parcel = supplied(office)
    standing = land.standing(parcels.facts_of(parcel), TODAY)
    assert (standing.idle, standing.fee_fen, standing.fault_open) == ("idle", 200_000_00, True)
    assert len(parcels.law_says(standing)) == 4  # a year over, the fee, whose fault is open, from when it goes
    assert refused(parcels.find_fault, by=office.maker, now=NOW, parcel=parcel, fault="government", document_no="").code
    parcel = parcels.find_fault(by=office.maker, now=NOW, parcel=parcel, fault="government", document_no="认定1号")
    assert land.standing(parcels.facts_of(parcel), TODAY).fee_fen == 0
    ask = {"by": office.maker, "now": NOW, "parcel": parcel, "on": TODAY, "disposal": "重新约定开工"}
    assert refused(parcels.dispose, agreed_start_on=TODAY, **ask).code == "before_the_last"
    parcel = parcels.dispose(agreed_start_on=date(2027, 3, 1), **ask)
    standing = land.standing(parcels.facts_of(parcel), TODAY)
    assert (standing.idle, standing.idle_from) == ("", date(2028, 3, 2))


def test_land_taken_back_is_cleared_land_again_and_the_log_keeps_what_was(office):
    parcel = supplied(office)
    assert refused(moved, office, parcel, "cleared", TODAY).code == "no_reason"
    parcel = moved(office, parcel, "cleared", TODAY, reason="闲置满两年")
    parcel.refresh_from_db()
    assert land.state_of(parcels.facts_of(parcel), TODAY) == ParcelState.CLEARED
    assert (parcel.supplied_on, parcel.contract_no, parcel.price_fen, parcel.project) == (None, "", None, None)
    entry = AuditEntry.objects.filter(kind="ledger.asset").first()
    assert entry.detail["before"]["contract"] == "电子监管号1"


def test_works_that_rest_for_a_year_with_too_little_built_are_idle(office):
    parcel = supplied(office)
    ask = {"by": office.maker, "now": NOW, "started_share": Decimal(20), "invested_share": Decimal(40)}
    assert refused(parcels.report_works, parcel=parcel, stopped_on=None, **ask).code == "not_started"
    moved(office, parcel, "started", date(2025, 4, 1), started_share=Decimal(10), invested_share=Decimal(10))
    parcel = parcels.report_works(parcel=parcel, stopped_on=date(2025, 9, 1), **ask)
    standing = land.standing(parcels.facts_of(parcel), TODAY)
    assert (standing.idle, standing.cause, standing.fee_fen) == ("idle", "stopped", 0)
    assert refused(parcels.report_works, parcel=parcel, stopped_on=date(2025, 3, 1), **ask).code == "out_of_order"


def test_totals_by_state_by_year_and_the_rate_of_supply(office):
    supplied(office, "P1")
    parcel = recorded(office, "P2", area=10 * MU)
    moved(office, parcel, "approved", date(2025, 6, 1), approval_no="x")
    recorded(office, "P3", area=7 * MU)
    figures = parcels.figures(parcels.judged(Parcel.objects.all(), TODAY), TODAY)
    assert figures.states[ParcelState.APPROVED] == (1, 10 * MU)
    assert figures.unsupplied == {2025: 10 * MU}
    assert figures.idle == (1, 7_120_000)
    assert (figures.rate.supplied, figures.rate.approved) == (7_120_000, 9_120_000)
    assert figures.rate.percent == Decimal("78.07")


def test_a_parcel_moves_no_quota_and_names_the_land_demand_of_its_project(office):
    before = Posting.objects.count()
    demand = offices.need(office.project, office.more["land"], 30 * MU)
    parcel = supplied(office)
    assert Posting.objects.count() == before
    assert parcels.land_demands(parcel.project) == [demand]


def test_who_sees_which_parcel(office):
    parcel = supplied(office)
    west = people_actions.ensure_user(
        "west", display_name="西", role="park", department=office.departments["water"], password="x"
    )
    assert list(reach.parcels(office.more["park"])) == [parcel]
    assert list(reach.parcels(office.maker)) == [parcel]
    for stranger in (west, office.stranger, office.other):
        assert not reach.parcels(stranger).exists()


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_pages_offer_only_the_next_step(office, client):
    people_actions.grant(office.maker, "view_projects", office.district)
    client.force_login(office.maker)
    data = {
        "code": "P9",
        "name": "九号",
        "district": office.district.pk,
        "area": "23,733.33 m²",
        "reported_on": "2026-01-05",
    }
    assert client.post(reverse("parcel-create"), data | {"area": "12 tce"}).status_code == 422
    assert client.post(reverse("parcel-create"), data).status_code == 302
    parcel = Parcel.objects.get()
    assert parcel.area == 7_119_999
    page = reverse("parcel-page", args=[parcel.pk])
    assert [to for to, _word in client.get(page).context["moves"]] == ["approved"]
    assert client.post(page, {"step": "supplied", "on": "2026-02-01"}).status_code == 400
    assert client.post(page, {"step": "approved", "on": "2026-02-01"}).status_code == 422
    step = {"step": "approved", "on": "2026-02-01", "approval_no": "省政土〔2026〕1号"}
    assert client.post(page, step).status_code == 302
    assert client.post(page, {"step": "cleared", "on": "2026-03-01"}).status_code == 302
    step = {"step": "supplied", "on": "2026-04-01", "contract_no": "1", "agreed_start_on": "2026-06-01"}
    assert client.post(page, step | {"price_fen": "1.2345678万"}).status_code == 422
    assert client.post(page, step | {"price_fen": "1.2万", "project": office.project.pk}).status_code == 302
    parcel.refresh_from_db()
    assert (parcel.price_fen, parcel.project) == (1_200_000, office.project)
    for name in ("works", "fault", "dispose", "tie", "started", "cleared"):
        assert client.get(f"{page}?step={name}").status_code == 200
    assert client.get(reverse("parcel-edit", args=[parcel.pk])).status_code == 200


def test_the_list_its_filters_and_the_export(office, client):
    supplied(office, "P1")
    recorded(office, "P2")
    client.force_login(office.more["park"])
    answer = client.get(reverse("parcel-list"), {"state": "supplied", "idle": "idle"})
    assert [row.code for row in answer.context["rows"]] == ["P1"]
    assert answer.context["figures"].states[ParcelState.REPORTED][0] == 1
    assert client.get(reverse("parcel-list"), {"state": "nonsense", "page": "99"}).status_code == 200
    body = client.get(reverse("parcel-export"), {"state": "supplied"}).content
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet.max_row == 2 and sheet["A2"].value == "P1" and sheet["E2"].value == 35.6
    page = reverse("parcel-page", args=[Parcel.objects.get(code="P1").pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"step": "tie"}).status_code == 403
    client.force_login(office.stranger)
    assert client.get(page).status_code == 404
