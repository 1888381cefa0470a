"""Registering, editing, assigning, key points: what is stored, what is refused at which field, who may."""

import datetime as dt
from decimal import Decimal

import pytest

from people import actions as people_actions
from people.models import AuditEntry
from projects.models import Assignment, Enterprise, KeyPoint, MonthlyFigure, Park, Project

CREDIT = "91350100M000100Y43"


def facts(world, **more):
    """Return what a person types to register a project in the east park."""
    return {
        "code": "26111599010401300001",
        "name": "年产五万吨铜箔",
        "kind": "filing",
        "key_level": "city",
        "status": "preparing",
        "park": world.parks["east"].pk,
        "enterprise_text": CREDIT,
        "investment_wan": "120000.50",
        "signed_on": "2026-11-02",
    } | more


def wrong(response):
    """Return the fields with errors of a refused form."""
    assert response.status_code == 422
    return set(response.context["form"].errors)


def test_register(world, client_of):
    response = client_of("pm").post("/projects/new/", facts(world))
    project = Project.objects.get(code="2611-159901-04-01-300001")
    assert response.status_code == 302 and response["Location"] == f"/projects/{project.code}/"
    assert project.district == world.districts["east"]  # follows from the park
    assert project.enterprise.credit_code == CREDIT
    assert project.investment_wan == Decimal("120000.50")
    assert project.assignments.get().user == world.people["pm", "own"]


def test_register_with_a_new_enterprise(world, client_of):
    new = {"enterprise_text": "", "new_credit_code": "91110000802100433b", "new_name": "云川新铜有限公司"}
    response = client_of("pm").post("/projects/new/", facts(world, **new))
    assert response.status_code == 302, response.context["form"].errors
    assert Project.objects.get(name="年产五万吨铜箔").enterprise.credit_code == "91110000802100433B"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "2611-1599"}, "code"),
        ({"code": "2601-159901-04-01-100001"}, "code"),  # taken
        ({"enterprise_text": "没有这家"}, "enterprise_text"),
        ({"enterprise_text": "", "new_credit_code": "91350100M000100Y44", "new_name": "x"}, "new_credit_code"),
        ({"enterprise_text": "", "new_credit_code": CREDIT, "new_name": "x"}, "new_credit_code"),
        ({"enterprise_text": "", "new_name": "x"}, "new_credit_code"),
        ({"new_credit_code": "91110000802100433B", "new_name": "x"}, "new_name"),
        ({"park": ""}, "district"),
        ({"industry_code": "铜"}, "industry_code"),
        ({"investment_wan": "-1"}, "investment_wan"),
        ({"planned_start_on": "2027-02-01", "planned_finish_on": "2027-01-01"}, "planned_finish_on"),
        ({"longitude": "106.8"}, "latitude"),
        ({"longitude": "206.8", "latitude": "39"}, "longitude"),
    ],
)
def test_register_names_the_field_and_keeps_what_was_typed(world, client_of, change, field):
    response = client_of("pm").post("/projects/new/", facts(world, **change))
    assert field in wrong(response)
    assert 'value="年产五万吨铜箔"' in response.content.decode()
    assert Project.objects.count() == 2 and Enterprise.objects.count() == 2


def test_the_city_stands_for_any_district_and_another_district_contradicts(world, client_of):
    assert "district" in wrong(
        client_of("pm").post("/projects/new/", facts(world, district=world.districts["west"].pk))
    )
    assert client_of("pm").post("/projects/new/", facts(world, district=world.city.pk)).status_code == 302
    assert Project.objects.get(name="年产五万吨铜箔").district == world.districts["east"]


def test_a_park_officer_registers_in_his_park_only(world, client_of):
    park = client_of("park")
    assert "park" in wrong(park.post("/projects/new/", facts(world, park=world.parks["west"].pk)))
    assert park.post("/projects/new/", facts(world)).status_code == 302


def test_a_far_site_is_stored_with_a_warning(world, client_of):
    square = [[106.7, 39.6], [106.8, 39.6], [106.8, 39.7], [106.7, 39.7], [106.7, 39.6]]
    Park.objects.filter(pk=world.parks["east"].pk).update(boundary={"type": "Polygon", "coordinates": [square]})
    response = client_of("pm").post("/projects/new/", facts(world, longitude="116.4", latitude="39.9"), follow=True)
    assert [m.level_tag for m in response.context["messages"]] == ["warning", "success"]


def test_edit(world, client_of):
    target = world.target
    address = f"/projects/{target.code}/edit/"
    typed = facts(world, code="2699-159901-04-01-999999", name="改名", park="", district=world.districts["west"].pk)
    assert client_of("pm").post(address, typed).status_code == 302
    target.refresh_from_db()
    assert target.name == "改名" and target.park is None and target.district == world.districts["west"]
    assert target.code == "2601-159901-04-01-100001"  # for life
    assert client_of("leader").post(address, typed).status_code == 403
    assert client_of("pm", "stranger").post(address, typed).status_code == 404
    assert client_of("sysadmin").get(address).status_code == 403


def test_assign_and_hand_over(world, client_of):
    address = f"/projects/{world.target.code}/assign/"
    officer = world.people["officer", "other_department"]
    typed = {"role": "service_officer", "user": officer.username, "started_on": "2026-11-10", "note": "已约访企业"}
    assert client_of("pm").post(address, typed).status_code == 302
    old, new = Assignment.objects.filter(project=world.target, role="service_officer").order_by("pk")
    assert (old.ended_on, old.hand_over_note) == (dt.date(2026, 11, 10), "已约访企业")
    assert (new.user, new.department) == (officer, officer.department)
    page = client_of("pm").get(address).content.decode()
    assert "已约访企业" in page
    assert "started_on" in wrong(client_of("pm").post(address, typed | {"started_on": "2026-08-01", "user": "pm-own"}))
    assert "started_on" in wrong(client_of("pm").post(address, typed | {"started_on": "2999-01-01"}))
    assert "user" in wrong(client_of("pm").post(address, typed))
    assert client_of("approver").post(address, typed).status_code == 403
    assert client_of("pm", "stranger").post(address, typed).status_code == 404


def test_three_assignments_page_lists_what_lacks(world, client_of):
    response = client_of("supervisor").get("/three-assignments/")
    rows = list(response.context["page"])
    assert [row["project"] for row in rows] == [world.target]
    assert rows[0]["three"].lacking == ("task_force",)
    assert world.projects["west"].name not in response.content.decode()
    other = client_of("supervisor").get("/three-assignments/?district=159902&show=all")
    assert other.context["district"] is None


def test_key_points(world, client_of):
    address = f"/projects/{world.target.code}/key-points/"
    client = client_of("pm")
    typed = {"filed-planned_on": "2026-09-10", "filed-actual_on": "2026-09-12", "started-planned_on": "2026-09-01"}
    response = client.post(address, typed, follow=True)
    assert {p.name for p in KeyPoint.objects.filter(project=world.target)} == {"filed", "started"}
    assert AuditEntry.objects.get(kind="project.key_points").detail["changed"] == {
        "filed": {"planned_on": ["", "2026-09-10"], "actual_on": ["", "2026-09-12"]},
        "started": {"planned_on": ["", "2026-09-01"]},
    }
    assert [m.level_tag for m in response.context["messages"]] == ["success", "warning"]  # planned out of order
    assert "filed-actual_on" in wrong(client.post(address, {"filed-actual_on": "2999-01-01"}))
    client.post(address, {"filed-planned_on": "2026-09-10"})
    assert KeyPoint.objects.get(project=world.target, name="filed").actual_on is None
    assert client_of("leader").post(address, typed).status_code == 403
    assert client_of("pm", "stranger").post(address, typed).status_code == 404


def test_monthly_figures(world, client_of):
    address = f"/projects/{world.target.code}/key-points/"
    client = client_of("pm")

    def report(month, done, jobs=""):
        typed = {"do": "figure", "figure-month": month, "figure-investment_done_wan": done, "figure-jobs": jobs}
        return client.post(address, typed)

    assert report("2026-09", "100").status_code == 302
    assert report("2026-10", "150.5", "30").status_code == 302
    assert report("2026-10", "160").status_code == 302  # corrects
    assert list(MonthlyFigure.objects.order_by("month").values_list("investment_done_wan", flat=True)) == [100, 160]
    assert wrong(report("2026-10", "99")) == {"investment_done_wan"}
    assert wrong(report("2999-01", "99")) == {"month"}
    assert client.get(address + "?month=2026-09").context["figure"].initial["investment_done_wan"] == 100
    assert report("2026-10", "160").status_code == 302  # the same again is no change
    told = [e.detail for e in AuditEntry.objects.filter(kind="project.figure").order_by("sequence")]
    assert [d["month"] for d in told] == ["2026-09", "2026-10", "2026-10"]
    assert told[1]["changed"] == {"investment_done_wan": ["", "150.5"], "jobs": ["", "30"]}
    assert told[2]["changed"] == {"investment_done_wan": ["150.50", "160"], "jobs": ["30", ""]}


def test_pinyin_search_and_keyset_pages(world, client_of):
    people_actions.grant(world.people["pm", "own"], "manage_projects", world.districts["west"])
    rows = [
        Enterprise(credit_code=f"{n:018d}", name=f"企业{n % 7}", district=world.districts["west"]) for n in range(120)
    ]
    for row in rows:
        row.save()
    client, seen, address = client_of("pm"), [], "/enterprises/"
    while address:
        response = client.get(address)
        seen += [row.pk for row in response.context["page"].rows]
        after = response.context["page"].after
        address = f"/enterprises/?cursor={after}" if after else None
    assert len(seen) == len(set(seen)) == 122
    found = client.get("/enterprises/?q=jsq").context["page"].rows
    assert [row.pk for row in found] == [world.enterprises["east"].pk]  # 金丝雀
    assert client.get("/enterprises/?cursor=rubbish").status_code == 200
