"""Pages of parks: the list, a park, one utility, the monthly form, verification, demands; and the drawings."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext as _

from gis import readiness, readiness_svg
from gis.models import (
    AreaAssessment,
    Expansion,
    ParkUtility,
    UtilityDemand,
    UtilityEvidence,
    UtilityItem,
    UtilityReport,
)
from gis.templatetags.parks import amount
from people.models import AuditEntry
from projects.models import Project
from tests.journeys.steps import HOSTILE

PDF = SimpleUploadedFile("验收.pdf", b"%PDF-1.7 test")


@pytest.fixture
def park(world):
    """The eastern park, whose report of November 2026 is an old one by now."""
    UtilityReport.objects.update(month=readiness.month_before(readiness.month_before(timezone.localdate())))
    return world.parks["east"]


def body(response):
    return response.getvalue().decode()


def typed(page, **changes):
    """Return what the browser would send of the monthly form as it came, with changes."""
    data = {}
    for form in page.context["forms"]:
        for name in form.fields:
            value = form[name].value()
            if value not in (None, "", False):
                data[form.add_prefix(name)] = value
    return data | changes


def test_the_list_says_who_lacks_what(world, client_of):
    page = client_of("leader").get("/parks/?lacks=power")
    assert body(page).count('class="ready ready-lacks"') == 2
    assert "1/8" in body(page) and "0/8" in body(page)
    only = body(client_of("leader").get("/parks/?lacks=water_supply"))
    assert world.parks["west"].name in only and world.parks["east"].name not in only


def test_the_page_of_a_park(world, client_of, park):
    page = body(client_of("leader").get(f"/parks/{park.code}/"))
    for word in ("1/8", "通水证明", "区域水土保持方案", "二期", world.target.name, "无期"):
        assert word in page, word
    assert "style=" not in page
    assert "填报" not in page
    stranger = body(client_of("leader", "stranger").get(f"/parks/{park.code}/"))
    assert world.target.name not in stranger and "1/8" in stranger
    officer = body(client_of("park").get(f"/parks/{park.code}/"))
    assert f"/parks/{park.code}/report/?month=" in officer
    narrowed = body(client_of("leader").get(f"/parks/{park.code}/?item=power"))
    assert "该项需求均能按时供上" in narrowed


def test_a_utility_with_its_queue(world, client_of, park):
    url = f"/parks/{park.code}/utilities/water_supply/"
    assert world.target.name in body(client_of("leader").get(url))
    stranger = body(client_of("leader", "stranger").get(url))
    assert world.target.name not in stranger and _("outside your reach") in stranger
    assert client_of("leader").get(f"/parks/{park.code}/utilities/none/").status_code == 404


def test_the_month_is_told_by_changes_only(world, client_of, park):
    officer = client_of("park")
    url = f"/parks/{park.code}/report/"
    page = officer.get(url)
    assert not UtilityReport.objects.filter(
        month=readiness.month_of(timezone.localdate())
    ).exists()  # a look writes nothing
    answer = officer.post(url, typed(page, **{"water_supply-used": "９０.5"}), follow=True)
    assert answer.redirect_chain and "改动 1 项（供水）" in body(answer)
    board = ParkUtility.objects.get(park=park, item__code="water_supply")
    assert board.used == Decimal("90.5") and board.capacity == Decimal(100)
    assert officer.post(url, typed(page)).status_code == 302  # told already: leads to the report
    assert "90.5" in body(officer.get(answer.redirect_chain[-1][0]))
    assert client_of("leader").get(url).status_code == 403


def test_a_draft_is_the_parks_own(world, client_of, park):
    officer = client_of("park")
    url = f"/parks/{park.code}/report/"
    page = officer.get(url)
    answer = officer.post(url, typed(page, action="draft", **{"water_supply-used": "1,234.5"}), follow=True)
    assert "草稿已保存" in body(answer)
    report = UtilityReport.objects.get(state="draft")
    assert report.lines.get(item__code="water_supply").used == Decimal("1234.5")
    months = f"/parks/{park.code}/reports/{report.month:%Y-%m}/"
    assert client_of("leader").get(months).status_code == 404
    assert officer.get(months).status_code == 200
    assert client_of("leader").get(f"/parks/{park.code}/reports/x/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"power-status": "not_required"}, "reason"),
        ({"power-status": "out_of_service"}, "reason"),
        ({"power-status": "in_service"}, "in_service_on"),
        ({"power-plots_reached": "5", "power-plots_total": "4"}, "plots_reached"),
        ({"power-used": "-1"}, "used"),
        ({"power-used": "many"}, "used"),
        ({"power-capacity": "1234567890123"}, "capacity"),
    ],
)
def test_what_cannot_be_is_explained_and_kept(world, client_of, park, changes, wrong):
    officer = client_of("park")
    url = f"/parks/{park.code}/report/"
    answer = officer.post(url, typed(officer.get(url), **{"water_supply-used": "77"}, **changes))
    assert answer.status_code == 422
    (form,) = answer.context["wrong"]
    assert form.item.code == "power" and wrong in form.errors
    assert 'value="77"' in body(answer)
    assert not UtilityReport.objects.filter(state="draft").exists()


def test_the_city_verifies_and_returns(world, client_of, park):
    supervisor = client_of("supervisor")
    page = supervisor.get("/utilities/verify/")
    entries = [entry for _park, rows in page.context["parks"] for entry in rows]
    water = next(entry["line"] for entry in entries if entry["line"].item.code == "water_supply")
    assert supervisor.post("/utilities/verify/", {}).status_code == 422
    kept = supervisor.post("/utilities/verify/", {"refuse": water.pk, f"reason-{water.pk}": "  "})
    assert kept.status_code == 422
    answer = supervisor.post(
        "/utilities/verify/", {"refuse": water.pk, f"reason-{water.pk}": "与抄表数不符"}, follow=True
    )
    assert "已退回" in body(answer)
    rest = [entry["line"].pk for entry in entries if entry["line"] != water]
    answer = supervisor.post("/utilities/verify/", {"line": rest}, follow=True)
    assert "没有待核验的" in body(answer)
    assert AuditEntry.objects.filter(kind="park.verify").count() == 2
    assert client_of("pm").get("/utilities/verify/").status_code == 403


def test_evidence_expansions_and_assessments(world, client_of, park):
    officer = client_of("park")
    base = f"/parks/{park.code}/utilities/water_supply/"
    facts = {"kind": "photo", "title": "现场照片"}
    assert officer.post(base + "evidence/", facts).status_code == 422  # neither file nor number
    assert officer.post(base + "evidence/", facts | {"file": PDF}).status_code == 302
    PDF.seek(0)
    assert officer.post(base + "evidence/", facts | {"file": PDF}).status_code == 422  # the same file again
    paper = UtilityEvidence.objects.get(title="现场照片")
    answer = client_of("leader", "stranger").get(f"/utilities/evidence/{paper.pk}/file/")
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")
    assert officer.post(base + "expansions/", {"name": "三期", "adds": "0"}).status_code == 422
    assert officer.post(base + "expansions/", {"name": "三期", "adds": "1,000"}).status_code == 302
    row = Expansion.objects.get(name="三期")
    seen = officer.get(f"{base}expansions/{row.pk}/").context["form"]["seen"].value()
    change = {"name": "三期", "adds": "2000", "planned_on": "2027-05-01", "seen": seen}
    assert officer.post(f"{base}expansions/{row.pk}/", change).status_code == 302
    row.refresh_from_db()
    assert (row.adds, row.planned_on) == (Decimal(2000), date(2027, 5, 1))
    url = f"/parks/{park.code}/assessments/{world.assessment.pk}/"
    form = officer.get(url).context["form"]
    assert "EAST:1" in [code for code, _label in form.fields["stages"].choices]  # kept though no template offers it
    change = {"name": "区域水保", "stages": "EAST:1", "approved_on": "2026-01-01", "valid_until": "2025-01-01"}
    change["seen"] = form["seen"].value()
    assert officer.post(url, change).status_code == 422
    assert officer.post(url, change | {"valid_until": "2029-01-01"}).status_code == 302
    assert AreaAssessment.objects.get().valid_until == date(2029, 1, 1)


def test_a_project_registers_what_it_needs(world, client_of, park):
    pm = client_of("pm")
    base = f"/projects/{world.target.code}/utilities/"
    water, power = (UtilityItem.objects.get(code=code) for code in ("water_supply", "power"))
    need = {"item": water.pk, "amount": "5", "needed_on": "2027-03-01"}
    assert pm.post(base, need).status_code == 422  # one open demand on a utility
    assert pm.post(base, need | {"item": power.pk, "amount": "0"}).status_code == 422
    assert pm.post(base, need | {"item": power.pk}).status_code == 302
    page = body(pm.get(f"/projects/{world.target.code}/"))
    assert "园区配套" in page and "供水" in page and "无期" in page
    own = f"{base}{world.demand.pk}/"
    seen = pm.get(own).context["form"]["seen"].value()
    assert pm.post(own, need | {"closed": "on", "seen": seen}).status_code == 422  # why?
    assert pm.post(own, need | {"closed": "on", "closed_reason": "已接水", "seen": seen}).status_code == 302
    assert UtilityDemand.objects.get(pk=world.demand.pk).closed_on == timezone.localdate()
    assert pm.get(own).status_code == 404


def test_the_workbench_of_the_park_officer_and_of_who_verifies(world, client_of, park):
    page = body(client_of("park").get("/workbench/"))
    assert "我的园区" in page and "待填报 1 个园区" in page and "1 项需求供不上" in page
    assert "园区通平待核验" in body(client_of("supervisor").get("/workbench/"))
    assert "我的园区" not in body(client_of("pm").get("/workbench/"))


def test_the_export_has_what_the_page_has(world, client_of, park):
    Project.objects.filter(pk=world.target.pk).update(name="=cmd()")
    answer = client_of("leader").get(f"/parks/{park.code}/needs.csv")
    text = body(answer)
    assert text.startswith("\ufeff") and "'=cmd()" in text and world.target.code in text
    assert AuditEntry.objects.filter(kind="export").exists()
    assert world.target.code not in body(client_of("leader", "stranger").get(f"/parks/{park.code}/needs.csv"))


def test_a_page_costs_the_same_with_one_need_and_with_many(world, client_of, park):
    officer, url = client_of("park"), f"/parks/{park.code}/"

    def counted():
        officer.get(url)
        with CaptureQueriesContext(connection) as queries:
            officer.get(url)
        return len(queries)

    few = counted()
    for n in range(6):
        project = Project.objects.create(
            code=f"2601-159901-04-01-20000{n}", name=f"项目{n}", district=park.district, park=park, enterprise=None
        )
        UtilityDemand.objects.create(
            project=project,
            item=UtilityItem.objects.get(code="water_supply"),
            amount=5,
            needed_on=date(2027, 3, n + 1),
            registered_by=world.bystander,
            registered_at=timezone.now(),
        )
    assert counted() <= few
    assert "项目5" in body(officer.get(url))


def test_what_people_type_is_never_markup(world, client_of, park):
    Project.objects.filter(pk=world.target.pk).update(name=HOSTILE)
    ParkUtility.objects.filter(park=park).update(detail=HOSTILE, reason=HOSTILE, funder=HOSTILE[:80])
    Expansion.objects.update(name=HOSTILE[:60], responsible=HOSTILE[:80])
    UtilityEvidence.objects.update(title=HOSTILE[:80])
    AreaAssessment.objects.update(name=HOSTILE[:80], scope=HOSTILE)
    UtilityItem.objects.filter(code="water_supply").update(unit="<b>&\"'")
    officer = client_of("park")
    addresses = ["/parks/", f"/parks/{park.code}/", f"/parks/{park.code}/utilities/water_supply/", "/workbench/"]
    for url in (*addresses, f"/parks/{park.code}/report/", f"/projects/{world.target.code}/"):
        text = body(officer.get(url))
        assert "<img src=x" not in text and "<script>window" not in text and "<b>&" not in text


# --- drawings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "—"), ("", "—"), (Decimal("11500.000"), "11,500"), (Decimal("0.250"), "0.25"), (Decimal("-3200"), "−3,200")]
    + [(Decimal("0.000"), "0"), (Decimal("1E+3"), "1,000")],
)
def test_amounts_as_they_are_read(value, shown):
    assert amount(value) == shown


def test_the_bar_shows_what_goes_beyond():
    D = Decimal
    assert readiness_svg.RED not in readiness_svg.usage(D(100), D(50), D(10), D(40), "x")
    beyond = readiness_svg.usage(D(100), D(50), D(10), D(41), "x")
    assert readiness_svg.RED in beyond
    far = readiness_svg.usage(D(100), D(50), D(10), D(400), "x")
    assert far.count(readiness_svg.RED) == 2  # the line and its arrow
    for drawing in (beyond, far, readiness_svg.usage(D(0), D(5), D(0), D(1), "x")):
        assert "style=" not in drawing


def test_needs_stay_within_the_axis():
    today = date(2026, 11, 20)
    assert readiness_svg.place(today, today) > 0
    assert readiness_svg.place(date(2030, 1, 1), today) == readiness_svg.AXIS_WIDTH
    assert readiness_svg.place(date(2020, 1, 1), today) == 0
    for ready in (None, date(2027, 6, 30), date(2031, 1, 1)):
        for needed in (date(2020, 1, 1), date(2027, 2, 1), date(2030, 12, 1)):
            drawing = readiness_svg.need(needed, ready, today, "x")
            assert "-" not in drawing.split('viewBox="')[1].split('"')[0]
            assert drawing.startswith("<svg") and drawing.endswith("</svg>")
    assert "2026-11" in readiness_svg.axis(today) and "2027-01" in readiness_svg.axis(today)
