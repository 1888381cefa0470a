"""The energy form of a project: totals, history, who examines, splitting, the demand it registers, its pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from factors import energy, kinds
from factors.assets import energy_forms
from factors.models import Book, Demand, EnergyForm
from factors.refusals import Refused
from people import actions as people_actions
from people.models import AuditEntry
from projects.models import Project
from tests.factors import office as offices
from tests.factors.office import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    office = offices.build()
    kinds.load(now=NOW)
    people_actions.grant(office.pm, "manage_projects", office.district)
    office.more["park"] = people_actions.ensure_user(
        "parkie", display_name="园区", role="park", department=office.departments["water"], password="x"
    )
    people_actions.grant(office.more["park"], "view_projects", office.park)
    return office


def line(code, quantity, **facts):
    carrier = energy_forms.pure(energy_forms.carriers()[code])
    return energy.EnergyLine(carrier, Decimal(quantity), **facts)


def saved(office, *lines, project=None, by=None, seen=None, **facts):
    return energy_forms.save(
        by=by or office.pm, now=NOW, project=project or office.project, year=2026, lines=lines, seen=seen, **facts
    )  # fmt: skip


def test_the_form_keeps_both_totals_and_what_is_charged(office):
    form = saved(
        office,
        line("raw_coal", "1000", raw_material=Decimal("400")),
        line("power", "500", green=Decimal("100")),
    )
    # 1000 t × 714.3 = 714,300; 500 万kWh × 1229 = 614,500 (当量), × 3000 = 1,500,000 (等价)
    assert (form.total_calorific, form.total_primary) == (1_328_800, 2_214_300)
    assert (form.charged_calorific, form.charged_primary) == (600 * 714.3 + 400 * 1229, 600 * 714.3 + 400 * 3000)
    assert (form.coal_kg, form.power_kwh, form.review_level) == (1_000_000, 5_000_000, "city")
    assert AuditEntry.objects.filter(kind="ledger.asset").count() == 1


def test_a_new_form_replaces_the_old_one_and_who_began_from_an_older_one_is_told(office):
    first = saved(office, line("diesel", "10"))
    second = saved(office, line("diesel", "20"), seen=first.pk)
    first.refresh_from_db()
    assert (first.superseded_by, energy_forms.current(office.project)) == (second, second)
    assert first.lines.get().quantity == 10
    with pytest.raises(Refused) as caught:
        saved(office, line("diesel", "30"), seen=first.pk)
    assert caught.value.code == "changed"
    with pytest.raises(PermissionDenied):
        saved(office, line("diesel", "30"), by=office.stranger, seen=second.pk)


def test_the_form_registers_and_then_changes_the_demand_on_the_chosen_basis(office):
    primary = Book.objects.get(kind__code="energy", basis="primary")
    form = saved(office, line("power", "500"))
    demand = energy_forms.register(by=office.pm, now=NOW, form=form, book=primary, year=2026)
    assert (demand.amount, demand.book, demand.period) == (1_500_000, primary, "2026")
    later = saved(office, line("power", "400"), seen=form.pk)
    assert later.demand == demand
    with pytest.raises(Refused) as caught:
        energy_forms.register(by=office.pm, now=NOW, form=later, book=primary, year=2026)
    assert caught.value.code == "no_reason"
    energy_forms.register(by=office.pm, now=NOW, form=later, book=primary, year=2026, reason="工艺调整")
    demand.refresh_from_db()
    assert demand.amount == 1_200_000
    with pytest.raises(Refused) as caught:
        energy_forms.register(by=office.pm, now=NOW, form=form, book=primary, year=2026, reason="旧表")
    assert caught.value.code == "superseded"
    assert Demand.objects.get(project=office.project, book=office.book).amount == 60_000  # the other basis is untouched


def test_all_green_charges_nothing_and_registers_nothing(office):
    form = saved(office, line("power", "500", green=Decimal("500")))
    with pytest.raises(Refused) as caught:
        energy_forms.register(by=office.pm, now=NOW, form=form, book=office.book, year=2026, reason="x")
    assert caught.value.code == "nothing"


def test_projects_cut_in_pieces_are_flagged_within_twelve_months_of_one_park(office):
    """4,000 + 7,000 tce together reach the 10,000 of the province, neither does alone."""
    sister = offices.another_project(office)
    saved(office, line("raw_coal", "5600"))
    saved(office, line("raw_coal", "9800"), project=sister)
    found = energy_forms.examine(sister, energy_forms.size_of(energy_forms.current(sister)), date(2026, 11, 20))
    assert found.level == "city"
    assert [str(split.rule.level) for split in found.splits] == ["province"]
    assert {one.code for one in found.splits[0].projects} == {office.project.code, sister.code}
    older = Project.objects.filter(pk=office.project.pk)
    older.update(code="2410-159901-04-01-100001")
    found = energy_forms.examine(sister, energy_forms.size_of(energy_forms.current(sister)), date(2026, 11, 20))
    assert found.splits == ()


def test_filed_on_reads_the_month_in_the_code(office):
    assert energy_forms.filed_on(office.project) == date(2026, 11, 1)


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("that_day")
def test_the_pages_from_filling_in_to_the_demand(office, client):
    client.force_login(office.pm)
    code = office.project.code
    page = reverse("energy-form", args=[code])
    assert client.get(page).status_code == 200
    fields = {"year": "2026", "raw_coal-quantity": "1.2万", "power-quantity": "5,000", "power-green": "1000"}
    live = client.post(reverse("energy-check", args=[code]), fields)
    # 12,000 t × 714.3 + 5,000 万kWh × 1,229, without 1,000 万kWh of green power
    assert "14,716.600" in live.content.decode() and "13,487.600" in live.content.decode()
    assert (str(live.context["review"].level), live.context["review"].rule.checked) == ("province", False)
    assert not EnergyForm.objects.exists()
    wrong = fields | {"power-green": "9000", "raw_coal-measured": "690"}
    answer = client.post(reverse("energy-edit", args=[code]), wrong)
    assert answer.status_code == 422 and not EnergyForm.objects.exists()
    assert {"power-raw_material", "raw_coal-evidence"} <= set(answer.context["form"].errors)
    good = fields | {"raw_coal-measured": "690", "raw_coal-evidence": "化验单 2026-118"}
    assert client.post(reverse("energy-edit", args=[code]), good).status_code == 302
    form = EnergyForm.objects.get()
    assert form.total_calorific == 12_000 * 690 + 5_000 * 1229
    text = client.get(page).content.decode()
    assert "化验单 2026-118" in text and "沿用1万吨标准煤" in text
    energy_book = Book.objects.get(kind__code="energy", basis="primary")
    data = {"form": form.pk, "book": energy_book.pk, "year": "2026"}
    assert client.post(reverse("energy-register", args=[code]), data).status_code == 302
    assert Demand.objects.get(book=energy_book).amount == form.charged_primary
    assert client.get(reverse("energy-print", args=[code, form.pk])).status_code == 200
    again = client.get(reverse("energy-edit", args=[code])).content.decode()
    assert 'value="12000"' in again


def test_readers_read_and_strangers_find_nothing(office, client):
    form = saved(office, line("diesel", "10"))
    client.force_login(office.more["park"])
    code = office.project.code
    assert client.get(reverse("energy-form", args=[code])).status_code == 200
    assert client.post(reverse("energy-edit", args=[code]), {}).status_code == 403
    client.force_login(office.stranger)
    for name, args in (("energy-form", [code]), ("energy-print", [code, form.pk])):
        assert client.get(reverse(name, args=args)).status_code == 404


def test_a_sister_project_out_of_reach_stays_unnamed(office, client):
    sister = offices.another_project(office)
    saved(office, line("raw_coal", "5600"))
    saved(office, line("raw_coal", "9800"), project=sister)
    lone = people_actions.ensure_user("lone", display_name="专员", role="officer", department=None, password="x")
    from projects.models import Assignment

    Assignment.objects.create(
        project=office.project, user=lone, role="service_officer", started_on=NOW.date(), made_by=lone
    )
    client.force_login(lone)
    answer = client.get(reverse("energy-form", args=[office.project.code]))
    assert len(answer.context["splits"]) == 1 and sister.name not in answer.content.decode()
