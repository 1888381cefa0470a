"""Enterprises with their library, the documents of stages, and parks."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import MaterialUse
from projects import outline
from projects.models import Enterprise, Material, Park
from projects.registry import order_warnings

SQUARE = '{"type":"Polygon","coordinates":[[[106.7,39.6],[106.8,39.6],[106.8,39.7],[106.7,39.7],[106.7,39.6]]]}'


def pdf(name="批复.pdf", content=b"%PDF-1.7 test"):
    return SimpleUploadedFile(name, content)


def wrong(response, form="form"):
    assert response.status_code == 422
    return set(response.context[form].errors)


@pytest.fixture
def use(world):
    """A document that the first stage of the target asks for."""
    return MaterialUse.objects.create(stage=world.stage, name="营业执照", reusable=True)


def test_enterprise_create_explains_the_credit_code(world, client_of):
    park = client_of("park")
    typed = {"credit_code": "91350100M000100Y4", "name": "新企业"}
    response = park.post("/enterprises/new/", typed)
    assert wrong(response) == {"credit_code"} and "新企业" in response.content.decode()
    assert wrong(park.post("/enterprises/new/", typed | {"credit_code": "91350100M000100Y43"})) == {"credit_code"}
    assert park.post("/enterprises/new/", typed | {"credit_code": "91110000-802100433B"}).status_code == 302
    assert Enterprise.objects.get(name="新企业").credit_code == "91110000802100433B"
    assert client_of("leader").post("/enterprises/new/", typed).status_code == 403


def test_phone_is_whole_only_for_those_who_manage(world, client_of):
    enterprise = world.enterprises["east"]
    Enterprise.objects.filter(pk=enterprise.pk).update(contact_phone="13812340000")
    address = f"/enterprises/{enterprise.credit_code}/"
    assert "13812340000" in client_of("pm").get(address).content.decode()
    page = client_of("leader").get(address).content.decode()
    assert "138****0000" in page and "13812340000" not in page
    assert "13812340000" not in client_of("pm").get("/enterprises/").content.decode()
    assert client_of("leader", "stranger").get(address).status_code == 404
    assert client_of("leader").post(address + "edit/", {}).status_code == 403


def test_a_renamed_enterprise_finds_its_projects(world, client_of):
    enterprise = world.enterprises["east"]
    typed = {"credit_code": enterprise.credit_code, "name": "云川孔雀有限公司", "district": enterprise.district_id}
    client_of("pm").post(f"/enterprises/{enterprise.credit_code}/edit/", typed)
    world.target.refresh_from_db()
    assert "kongque" in world.target.search_text


def test_library_add_and_download(world, client_of):
    enterprise = world.enterprises["east"]
    address = f"/enterprises/{enterprise.credit_code}/materials/add/"
    typed = {"name": "营业执照", "document_no": "1号", "valid_until": "2030-01-01"}
    assert client_of("pm").post(address, typed | {"file": pdf()}).status_code == 302
    material = Material.objects.get()
    assert material.sha256 and material.given_by == world.people["pm", "own"]
    response = client_of("approver").get(f"/materials/{material.pk}/file/")
    assert response.status_code == 200 and response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content) == b"%PDF-1.7 test"
    assert client_of("approver", "stranger").get(f"/materials/{material.pk}/file/").status_code == 404
    assert client_of("pm").post(address, typed | {"file": pdf()}).status_code == 422  # the same file again
    assert wrong(client_of("pm").post(address, typed | {"file": pdf("a.exe")})) == {"file"}
    assert wrong(client_of("pm").post(address, typed | {"file": pdf("a.pdf", b"MZ")})) == {"file"}
    assert wrong(client_of("pm").post(address, {"name": "空"})) == {"document_no"}
    assert client_of("approver").post(address, typed | {"name": "审批部门加的"}).status_code == 302
    assert client_of("leader").post(address, typed).status_code == 403
    assert client_of("pm", "stranger").post(address, typed).status_code == 404


def test_hand_in_from_the_library_again_and_anew(world, client_of, use):
    client, address = client_of("pm"), f"/projects/{world.target.code}/materials/{use.pk}/"
    new = {"way": "new", "new-name": "营业执照", "new-document_no": "1号"}
    assert client.post(address, new).status_code == 302
    use.refresh_from_db()
    assert (use.status, use.asked_again, use.material.document_no) == ("given", False, "1号")
    later = world.chain.stages.order_by("position")[1]
    cited = MaterialUse.objects.create(stage=later, name="营业执照")
    address = f"/projects/{world.target.code}/materials/{cited.pk}/"
    assert client.get(address).context["form"].fields["material"].initial == use.material_id
    assert client.post(address, {"way": "library", "material": use.material_id}).status_code == 302
    cited.refresh_from_db()
    assert cited.status == "reused"
    again = MaterialUse.objects.create(stage=later, name="法人身份证明")
    Material.objects.create(
        enterprise=world.enterprises["east"], name="法人身份证明", given_by=world.bystander, document_no="0"
    )
    address = f"/projects/{world.target.code}/materials/{again.pk}/"
    assert client.post(address, new | {"new-name": "法人身份证明"}).status_code == 302
    report = client.get("/materials/")
    assert (report.context["again"], report.context["reused"], report.context["total"]) == (1, 1, 3)
    assert str(report.context["percent"]) == "33.33"
    assert "法人身份证明" in report.content.decode()
    elsewhere = client_of("pm", "stranger").get("/materials/")
    assert elsewhere.context["total"] == 0 and "法人身份证明" not in elsewhere.content.decode()


def test_hand_in_refuses_expired_and_keeps_what_was_typed(world, client_of, use):
    client, address = client_of("pm"), f"/projects/{world.target.code}/materials/{use.pk}/"
    old = Material.objects.create(
        enterprise=world.enterprises["east"],
        name="营业执照",
        given_by=world.bystander,
        valid_until=dt.date(2020, 1, 1),
    )
    assert wrong(client.post(address, {"way": "library", "material": old.pk})) == {"material"}
    assert wrong(client.post(address, {"way": "library"})) == {"material"}
    response = client.post(address, {"way": "new", "new-name": "营业执照", "new-issued_by": "市监局"})
    assert wrong(response, "new") == {"document_no"} and "市监局" in response.content.decode()
    assert client.post(address, {"way": "waive"}).status_code == 302
    use.refresh_from_db()
    assert use.status == "waived"


def test_hand_in_rights(world, client_of, use):
    address = f"/projects/{world.target.code}/materials/{use.pk}/"
    assert client_of("approver").get(address).status_code == 200  # the department of the stage
    assert client_of("leader").post(address, {"way": "waive"}).status_code == 403
    assert client_of("pm", "stranger").post(address, {"way": "waive"}).status_code == 404
    other = f"/projects/{world.projects['west'].code}/materials/{use.pk}/"
    assert client_of("pm", "stranger").get(other).status_code == 404  # not of that project


def test_park_pages(world, client_of):
    east = world.parks["east"]
    typed = {"name": east.name, "district": east.district_id, "level": "city", "boundary_text": SQUARE}
    officer = client_of("park")
    assert officer.post(f"/parks/{east.code}/edit/", typed).status_code == 302
    east.refresh_from_db()
    assert east.boundary["type"] == "Polygon"
    page = officer.get(f"/parks/{east.code}/").content.decode()
    assert "<path d=" in page and world.target.name in page and "style=" not in page
    stranger = client_of("park", "stranger").get(f"/parks/{east.code}/").content.decode()
    assert world.target.name not in stranger
    assert client_of("park", "stranger").post(f"/parks/{east.code}/edit/", typed).status_code == 403
    assert officer.get("/parks/new/").status_code == 403  # manages a park, no district


@pytest.mark.parametrize(
    "text",
    [
        "Polygon",
        "[]",
        '{"type":"LineString","coordinates":[[1,2],[3,4]]}',
        '{"type":"Polygon","coordinates":[[[39.6,206.7],[39.7,106.7],[39.7,106.8],[39.6,206.7]]]}',
        '{"type":"Polygon","coordinates":[[[106,39],[107,39],[107,40]]]}',
        '{"type":"Polygon","coordinates":[[[106,39],[107,39],[107,40],[106,40]]]}',
        '{"type":"Polygon","coordinates":[106,39]}',
        '{"type":"Point","coordinates":[[106,39]]}',
        '{"type":"Point","coordinates":[NaN,39]}',
        '{"type":"FeatureCollection","features":[]}',
        '{"type":"Point"}',
        "[" * 100_000,
    ],
)
def test_a_wrong_outline_is_explained(world, client_of, text):
    east = world.parks["east"]
    typed = {"name": east.name, "district": east.district_id, "level": "city", "boundary_text": text}
    assert wrong(client_of("park").post(f"/parks/{east.code}/edit/", typed)) == {"boundary_text"}


def test_park_create_suggests_the_code(world, client_of):
    from people import actions

    actions.grant(world.people["park", "own"], "manage_projects", world.districts["east"])
    officer = client_of("park")
    typed = {"name": "河东新园", "district": world.districts["east"].pk, "level": "county"}
    assert officer.post("/parks/new/", typed).status_code == 302
    assert Park.objects.get(name="河东新园").code == "159901PK02"
    assert wrong(officer.post("/parks/new/", typed)) == {"name"}
    assert wrong(officer.post("/parks/new/", typed | {"name": "x", "code": "159902PK09"})) == {"code"}
    assert wrong(officer.post("/parks/new/", typed | {"name": "y", "district": world.districts["west"].pk})) == {
        "district"
    }


def test_outline_keeps_the_shape_of_the_ground():
    drawn = outline.draw({"type": "Polygon", "coordinates": [[[0, 60], [2, 60], [2, 61], [0, 61], [0, 60]]]})
    corners = [tuple(map(float, part.split())) for part in drawn.path.strip("MZ").split("L")]
    wide, high = corners[1][0] - corners[0][0], corners[0][1] - corners[2][1]
    assert wide / high == pytest.approx(1, abs=0.03)  # at 60 degrees a degree of longitude is half as long
    assert outline.draw(None) is None
    assert outline.draw({"type": "Point", "coordinates": [106.8, 39.6]}).point


def test_order_of_key_points():
    day = dt.date
    points = {
        "filed": {"planned_on": day(2026, 1, 5), "actual_on": None},
        "started": {"planned_on": day(2026, 1, 4), "actual_on": day(2026, 3, 1)},
        "completed": {"planned_on": None, "actual_on": day(2026, 3, 1)},
    }
    assert order_warnings(points) == [("planned_on", "filed", "started")]
