"""The pages of an import, as a project manager uses them, and who gets what."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import ImportBatch
from projects.models import Project
from tests.imports.conftest import person, values

CODE = "2607-159901-04-01-381725"
HEADS = ["项目代码", "项目名称", "区县", "总投资"]


@pytest.fixture
def browser(pm):
    client = Client()
    client.force_login(pm, backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(client, path, kind="projects", **more):
    return client.post("/imports/", {"kind": kind, "file": SimpleUploadedFile(path.name, path.read_bytes()), **more})


def test_upload_look_and_import(browser, sheet, pm):
    path = sheet(["重点项目"], HEADS, [CODE, "甲<script>alert(1)</script>", "河东区", "1.2亿"])
    answer = upload(browser, path)
    batch = ImportBatch.objects.get()
    assert answer.url == f"/imports/{batch.pk}/"
    page = browser.get(answer.url).content.decode()
    assert "导入 1 行" in page and "第 2 行" in page and "table.xlsx" in page
    assert "<script>alert" not in page and "style=" not in page
    assert not Project.objects.exists()
    page = browser.post(answer.url, {"do": "confirm", "mode": "all"}, follow=True).content.decode()
    assert "导入完成：新增 1 行" in page
    assert Project.objects.get().investment_wan == 12000
    again = upload(browser, path)
    page = browser.get(again.url).content.decode()
    assert f"与批次 #{batch.pk} 相同" in page and "没有需要导入的行" in page


def test_mistakes_suggestions_and_good_rows(browser, sheet):
    path = sheet(
        HEADS, [CODE, "甲", "河东区", 1], ["bad", "乙", "河东", "十六天"], ["2607-159901-04-01-000002", "丙", "河东", 1]
    )
    url = upload(browser, path).url
    page = browser.get(url).content.decode()
    assert 'id="cell-A3"' in page and "改为“河东区”" in page and "2 处同改" in page
    assert "有 2 行出错，现在不能导入" in page
    browser.post(url, {"do": "confirm", "mode": "all"})
    assert not Project.objects.exists()
    browser.post(url, {"do": "adopt", "row": "3", "column": "C", "everywhere": "1"})
    page = browser.get(url + "?show=wrong").content.decode()
    assert "导入 2 行" in page
    browser.post(url, {"do": "confirm", "mode": "good"})
    assert Project.objects.count() == 2
    rows = values(browser.get(url + "receipt/").content)
    assert [row[-2] for row in rows[1:]] == ["已新增", "有错，未导入", "已新增"]
    assert len(values(browser.get(url + "receipt/?only=wrong").content)) == 2
    for junk in (
        {"do": "adopt", "row": "x", "column": "C"},
        {"do": "adopt", "row": "3", "column": "'"},
        {"do": "?"},
        {},
    ):
        assert browser.post(url, junk).status_code == 302
    assert browser.get(url + "?show=x&group=99999999999&at=-1").status_code == 200


def test_what_cannot_be_read_stays_on_the_form(browser, sheet, text_file):
    for path in (
        text_file(b"", name="a.xlsx"),
        text_file("x", name="b.pdf"),
        sheet(["甲"], [1]),
        text_file(b"PK\x03\x04", name="c.xlsx"),
    ):
        answer = upload(browser, path)
        assert answer.status_code == 422
        assert "error-summary" in answer.content.decode()
    answer = upload(browser, sheet(HEADS, [CODE, "甲", "河东区", 1]), sheet="没有这张")
    assert answer.status_code == 422 and "没有工作表" in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_cancel(browser, sheet):
    url = upload(browser, sheet(HEADS, [CODE, "甲", "河东区", 1])).url
    browser.post(url, {"do": "cancel"})
    browser.post(url, {"do": "confirm", "mode": "all"})
    assert ImportBatch.objects.get().status == "cancelled" and not Project.objects.exists()
    assert browser.get(url).status_code == 200


def test_a_batch_belongs_to_who_uploaded_it(browser, sheet, city):
    url = upload(browser, sheet(HEADS, [CODE, "甲", "河东区", 1])).url
    other = Client()
    other.force_login(person("other", "pm", city["root"]), backend="django.contrib.auth.backends.ModelBackend")
    assert other.get(url).status_code == other.get(url + "receipt/").status_code == 404
    assert other.post(url, {"do": "confirm", "mode": "all"}).status_code == 404
    assert browser.get("/imports/?kind=parks").status_code == 403
    assert browser.get("/imports/?kind=planets").status_code == 404
    assert browser.get("/imports/templates/parks/").status_code == 403


def test_templates_and_exports(browser, project, pm, city):
    for kind in ("projects", "enterprises", "progress"):
        assert browser.get(f"/imports/templates/{kind}/").status_code == 200
    rows = values(browser.get("/exports/projects/").content)
    assert (len(rows), rows[1][0], rows[0][0]) == (2, CODE, "项目代码")
    assert len(values(browser.get("/exports/projects/?q=没有").content)) == 1
    assert len(values(browser.get("/exports/projects/", {"query": "q=没有", "all": "1", "project": CODE}).content)) == 1
    assert len(values(browser.get("/exports/projects/", {"query": "q=没有", "project": CODE}).content)) == 2
    csv = b"".join(browser.get("/exports/projects/?format=csv").streaming_content).decode("utf-8-sig")
    assert CODE in csv
    assert len(values(browser.get("/exports/progress/").content)) == 4
    assert len(values(browser.get("/exports/parks/").content)) == 3
    stranger = Client()
    stranger.force_login(person("far", "pm", city["west"]), backend="django.contrib.auth.backends.ModelBackend")
    assert len(values(stranger.get("/exports/projects/").content)) == 1
    assert len(values(stranger.get("/exports/progress/").content)) == 1


def test_an_upload_of_progress(browser, project, sheet):
    path = sheet(
        ["项目代码", "环节", "受理日期", "办结日期"],
        [CODE, "01", "2026-09-01", "2026-09-03"],
        name="河西区11月办理进度.xlsx",
    )
    url = upload(browser, path, kind="progress").url
    assert "河西区11月办理进度.xlsx" in browser.get(url).content.decode()
    browser.post(url, {"do": "confirm", "mode": "all"})
    project.refresh_from_db()
    assert project.stages_done == 1
    page = browser.get("/schedule-report/").content.decode()
    assert "项目备案" in page


def test_english(browser, sheet):
    browser.cookies["luodi_language"] = "en"
    path = sheet(["Project code", "Project name", "District"], ["bad", "x", "河东区"])
    page = browser.get(upload(browser, path).url).content.decode()
    assert "is not a project code" in page and "Wrong rows" in page


def test_the_page_of_a_batch_costs_few_queries(browser, sheet, django_assert_max_num_queries):
    rows = [[f"2607-159901-04-01-{n:06}", "甲", "河东", "一"] for n in range(300)]
    url = upload(browser, sheet(HEADS, *rows)).url
    with django_assert_max_num_queries(15):
        assert browser.get(url).status_code == 200
