"""Projects, enterprises and parks: what is new, changed, unchanged or wrong, and that what goes out comes back."""

import datetime as dt
from decimal import Decimal

import pytest

from imports import engine, exports, runs
from imports.importers import make
from imports.models import ImportBatch, ImportRow
from people.models import AuditEntry
from projects.models import Enterprise, LightTally, Park, Project
from projects.tallies import differences
from tests.imports.conftest import person, values

pytestmark = pytest.mark.both_databases

CODE = "2607-159901-04-01-381725"
HEADS = ["项目代码", "项目名称", "建设单位", "区县", "园区", "总投资（亿元）", "签约时间", "立项类型"]


def plan_of(kind, path, by, now):
    importer = make(kind, by=by, now=now)
    return engine.check(importer, engine.read(importer, path))


def preview(kind, path, by, now):
    return engine.preview(kind=kind, path=path, name=path.name, by=by, now=now)


def test_a_new_project_with_everything(sheet, pm, now):
    path = sheet(
        HEADS,
        [
            " ２６０７-159901-04-01-381725",
            "石墨负极　材料 ",
            "91350100M000100Y43",
            "河东区",
            "云川经开区",
            "1.2",
            "2026年5月",
            "备案",
        ],
    )
    batch = engine.confirm(batch=preview("projects", path, pm, now), mode="all", by=pm, now=now)
    project = Project.objects.get(code=CODE)
    assert (batch.status, batch.new, batch.total) == ("done", 1, 1)
    assert (project.name, project.enterprise.name) == ("石墨负极 材料", "云川宏远炭材料有限公司")
    assert (project.park.code, project.district.name) == ("159901PK01", "河东区")
    assert (project.investment_wan, project.signed_on, project.kind) == (Decimal(12000), dt.date(2026, 5, 1), "filing")
    assert "smfj" in project.search_text
    assert project.assignments.get().user == pm
    assert differences() == []
    assert AuditEntry.objects.filter(kind="import", by=pm).count() == 1


def test_a_preview_writes_nothing(sheet, pm, now):
    batch = preview("projects", sheet(HEADS, [CODE, "甲", "", "河东区", "", "1", "", ""]), pm, now)
    assert (batch.status, batch.new) == ("previewed", 1)
    assert Project.objects.count() == LightTally.objects.count() == 0


def test_the_same_file_twice_changes_nothing_and_says_so(sheet, pm, now):
    path = sheet(HEADS, [CODE, "甲", "", "河东区", "", "1", "", ""])
    first = engine.confirm(batch=preview("projects", path, pm, now), mode="all", by=pm, now=now)
    again = preview("projects", path, pm, now)
    assert (again.new, again.changed, again.unchanged, again.earlier()) == (0, 0, 1, first)
    with pytest.raises(engine.NotImported):
        engine.confirm(batch=first, mode="all", by=pm, now=now)


def test_every_mistake_is_told_at_its_cell(sheet, pm, now):
    path = sheet(
        ["重点项目表"],
        [],
        HEADS,
        [CODE, "甲", "", "河东", "", "十六亿", "2026-02-30", "备岸类"],
        ["2608-15990-04-01-627715", "乙", "", "河东区", "", "", "", ""],
        [CODE, "", "没有的公司", "河西区", "云川经济开发区", "-1", "", ""],
        ["2607-159901-04-01-000001", "", "", "", "", "", "", ""],
    )
    batch = preview("projects", path, pm, now)
    assert (batch.heading_row, batch.total, batch.wrong) == (3, 4, 4)
    found = {row.number: row.problems for row in batch.rows.all()}
    assert sorted(found[4]) == ["D", "F", "G", "H"]
    assert found[4]["D"]["suggestion"] == "河东区"
    assert found[4]["H"]["suggestion"].startswith("备案")
    assert sorted(found[5]) == ["A"]
    assert "C" in found[6] and "F" in found[6]
    assert sorted(found[7]) == ["B", "D"]
    assert batch.wrong_cells == sum(len(problems) for problems in found.values())


def test_the_same_code_twice_names_the_first_row(sheet, pm, now):
    batch = preview("projects", sheet(HEADS[:4], [CODE, "甲", "", "河东区"], [CODE, "乙", "", "河东区"]), pm, now)
    assert batch.rows.get(number=3).problems["A"]["params"]["row"] == 2


def test_the_park_must_lie_in_the_district(sheet, pm, now):
    batch = preview("projects", sheet(HEADS[:5], [CODE, "甲", "", "河西区", "云川经济开发区"]), pm, now)
    assert batch.rows.get().problems["E"]["params"] == {"district": "河东区"}


def test_dates_and_points_are_checked_together(sheet, pm, now):
    heads = ["项目代码", "项目名称", "区县", "拟开工时间", "拟建成时间", "经度", "纬度"]
    path = sheet(
        heads,
        ["2607-159901-04-01-000001", "甲", "河东区", "2026-05-01", "2026-04-01", "", ""],
        ["2607-159901-04-01-000002", "乙", "河东区", "", "", "39.6", "106.8"],
        ["2607-159901-04-01-000003", "丙", "河东区", "", "", "106.8", ""],
        ["2607-159901-04-01-000004", "丁", "河东区", "", "", "106.8", "39.6"],
    )
    rows = {row.number: row.problems for row in preview("projects", path, pm, now).rows.all()}
    assert [sorted(rows[n]) for n in (2, 3, 4, 5)] == [["E"], ["G"], ["G"], []]


def test_good_rows_first_or_all_or_nothing(sheet, pm, now):
    path = sheet(HEADS[:4], [CODE, "甲", "", "河东区"], ["bad", "乙", "", "河东区"])
    batch = preview("projects", path, pm, now)
    with pytest.raises(engine.NotImported):
        engine.confirm(batch=batch, mode="all", by=pm, now=now)
    assert Project.objects.count() == 0
    batch = engine.confirm(batch=batch, mode="good", by=pm, now=now)
    assert (batch.status, batch.mode, Project.objects.count()) == ("done", "good", 1)


def test_an_empty_cell_leaves_and_the_word_clears(sheet, pm, now, project, city):
    heads = ["项目代码", "建设地点", "总投资", "签约时间"]
    runs.run(kind="projects", path=sheet(heads, [CODE, "河东路 1 号", "12,000", "2026.5.1"]), by=pm, now=now)
    run = runs.run(kind="projects", path=sheet(heads, [CODE, "", "", ""]), by=pm, now=now)
    assert run.plan.counts["unchanged"] == 1
    run = runs.run(kind="projects", path=sheet(heads, [CODE, "清空", "清空", ""]), by=pm, now=now)
    project.refresh_from_db()
    assert (project.address, project.investment_wan, project.signed_on) == ("", None, dt.date(2026, 5, 1))
    assert run.plan.rows[0].changes == {"address": "河东路 1 号", "investment_wan": "12000.00"}


def test_a_stranger_may_not_change_it(sheet, project, city, now):
    other = person("other", "pm", city["west"])
    batch = preview("projects", sheet(["项目代码", "项目名称"], [CODE, "改名"]), other, now)
    assert batch.wrong == 1 and batch.changed == 0
    assert "may not change" in batch.rows.get().problems["A"]["msgid"]


def test_a_preview_that_no_longer_holds_is_judged_anew(sheet, pm, now, project):
    batch = preview("projects", sheet(["项目代码", "项目名称"], [CODE, "新名"]), pm, now)
    Project.objects.filter(pk=project.pk).update(name="别人改的名")
    with pytest.raises(engine.Stale):
        engine.confirm(batch=batch, mode="all", by=pm, now=now)
    batch.refresh_from_db()
    assert batch.rows.get().changes == {"B": "别人改的名"}
    engine.confirm(batch=batch, mode="all", by=pm, now=now)
    project.refresh_from_db()
    assert project.name == "新名"


def test_a_suggestion_is_taken_over_for_one_cell_or_all(sheet, pm, now):
    rows = [[f"2607-159901-04-01-00000{n}", "甲", "", "河东"] for n in range(4)]
    batch = preview("projects", sheet(HEADS[:4], *rows), pm, now)
    assert batch.wrong == 4
    assert engine.adopt(batch=batch, by=pm, now=now, number=2, letter="D") == 1
    assert (batch.wrong, batch.new) == (3, 1)
    assert engine.adopt(batch=batch, by=pm, now=now, number=3, letter="D", everywhere=True) == 3
    assert engine.adopt(batch=batch, by=pm, now=now, number=3, letter="D") == 0
    engine.confirm(batch=batch, mode="all", by=pm, now=now)
    assert Project.objects.filter(district__name="河东区").count() == 4


def test_a_crash_leaves_nothing(sheet, pm, now, monkeypatch):
    batch = preview("projects", sheet(HEADS[:4], [CODE, "甲", "", "河东区"]), pm, now)

    def crash(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(engine.audit, "record", crash)
    with pytest.raises(MemoryError):
        engine.confirm(batch=batch, mode="all", by=pm, now=now)
    batch.refresh_from_db()
    assert (Project.objects.count(), LightTally.objects.count(), batch.status) == (0, 0, "previewed")


def test_columns_missing_double_and_unknown(sheet, pm, now):
    with pytest.raises(engine.Unbound) as caught:
        preview("projects", sheet(["项目名称", "区县"], ["甲", "河东区"]), pm, now)
    assert (
        "项目代码" in caught.value.problem.params["columns"] or "Project code" in caught.value.problem.params["columns"]
    )
    with pytest.raises(engine.Unbound):
        preview("projects", sheet(["项目代码", "区县", "区 县"], [CODE, "河东区", "河西区"]), pm, now)
    batch = preview(
        "projects", sheet(["项目代码", "项目名称", "区县", "领导批示"], [CODE, "甲", "河东区", "好"]), pm, now
    )
    assert any("领导批示" in sentence for sentence in batch.sentences)


def test_enterprises_and_two_names_for_one_column(sheet, pm, now):
    path = sheet(
        ["统一社会信用代码", "企业名称", "区县", "联系电话"],
        ["91110000600037341L", "甲公司", "159902", "0470－8123456"],
    )
    runs.run(kind="enterprises", path=path, by=pm, now=now)
    row = Enterprise.objects.get(credit_code="91110000600037341L")
    assert (row.district.name, row.contact_phone) == ("河西区", "0470-8123456")
    assert "jiagongsi" in row.search_text
    heads = ["项目代码", "项目名称", "区县", "企业名称", "统一社会信用代码"]
    path = sheet(heads, [CODE, "甲", "河东区", "随便写的名字", "91110000600037341L"])
    runs.run(kind="projects", path=path, by=pm, now=now)
    assert Project.objects.get(code=CODE).enterprise == row


def test_parks_with_points_and_boundaries(sheet, park_officer, now, city):
    heads = ["园区代码", "园区名称", "区县", "批准级别", "核准面积_公顷", "经度", "纬度", "批准时间"]
    path = sheet(heads, ["159902PK02", "新材料园", "河西区", "省级", "121.49", "106.789390", "39.654105", "2006.04"])
    run = runs.run(kind="parks", path=path, by=park_officer, now=now)
    park = Park.objects.get(code="159902PK02")
    assert run.plan.counts["new"] == 1
    assert park.boundary == {"type": "Point", "coordinates": [106.78939, 39.654105]}
    assert (park.approved_on, park.area_ha) == (dt.date(2006, 4, 1), Decimal("121.49"))
    assert runs.run(kind="parks", path=path, by=park_officer, now=now).plan.counts["unchanged"] == 1
    moved = sheet(heads, ["159902PK02", "新材料园", "河西区", "", "", "106.7", "39.6", ""], name="moved.xlsx")
    run = runs.run(kind="parks", path=moved, by=park_officer, now=now)
    assert run.plan.rows[0].changes == {"longitude": "106.789390", "latitude": "39.654105"}
    taken = sheet(heads[:3], ["159902PK03", "新材料园", "河西区"], name="taken.xlsx")
    assert runs.run(kind="parks", path=taken, by=park_officer, now=now).plan.counts["wrong"] == 1
    park.refresh_from_db()
    park.boundary = {"type": "Polygon", "coordinates": [[[1, 1], [1, 2], [2, 2], [1, 1]]]}
    park.save()
    assert runs.run(kind="parks", path=moved, by=park_officer, now=now).plan.counts["unchanged"] == 1


NASTY = [
    "=1+1",
    "+86",
    "-0",
    "@SUM",
    "'quote",
    "'=x",
    "\ttab",
    '"q"',
    "a,b",
    "two\nlines",
    "０１２",
    "年产（一期）",
    "𬭎矿",
]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_goes_out_comes_back_unchanged(tmp_path, pm, park_officer, now, city, form):
    east, park = city["east"], Park.objects.first()
    Park.objects.filter(pk=park.pk).update(
        boundary={"type": "Point", "coordinates": [106.1, 39.123456]}, area_ha="12.5"
    )
    for number, text in enumerate(NASTY):
        Project.objects.create(
            code=f"2607-159901-04-01-{number:06}",
            name=text,
            address=text.strip(),
            content=text,
            district=east,
            park=park if number % 2 else None,
            enterprise=Enterprise.objects.first() if number % 3 else None,
            investment_wan=Decimal("12345.67") * number or None,
            signed_on=dt.date(2026, 5, 1) if number % 2 else None,
            longitude="106.123456" if number else None,
            latitude="39.5" if number else None,
            industry_code="C3091",
        )
        Enterprise.objects.filter(pk=Enterprise.objects.first().pk).update(contact=text.strip(), note=text)
    for kind, model, by in (("projects", Project, pm), ("enterprises", Enterprise, pm), ("parks", Park, park_officer)):
        importer = make(kind, by=by, now=now)
        rows, columns = importer.export_queryset(model.objects.order_by("pk")), exports.columns_of(importer)
        path = tmp_path / f"{kind}.{form}"
        if form == "xlsx":
            path.write_bytes(exports.workbook(rows, columns))
        else:
            path.write_text("".join(exports.csv_lines(rows, columns)), encoding="utf-8", newline="")
        counts = plan_of(kind, path, by, now).counts
        assert counts["unchanged"] == counts["total"] == model.objects.count(), (kind, counts)


@pytest.mark.parametrize("kind", ["projects", "enterprises", "parks", "progress"])
def test_the_blank_template_imports_as_nothing(tmp_path, pm, now, kind, template):
    path = tmp_path / "blank.xlsx"
    path.write_bytes(exports.template(make(kind, by=pm, now=now)))
    plan = plan_of(kind, path, pm, now)
    assert plan.counts["total"] == 0
    assert len(plan.bound) == len([c for c in plan.importer.columns if not c.export_only])
    assert any("example" in remark.msgid for remark in plan.remarks)


def test_exports_open_safely(pm, now, city):
    Project.objects.create(code=CODE, name="=HYPERLINK(1)", district=city["east"])
    importer = make("projects", by=pm, now=now)
    rows, columns = Project.objects.all(), exports.columns_of(importer)
    assert values(exports.workbook(rows, columns))[1][1] == "'=HYPERLINK(1)"
    assert "'=HYPERLINK(1)" in "".join(exports.csv_lines(rows, columns))


def test_counts_must_add_up_in_the_database(pm, now):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        ImportBatch.objects.create(kind="projects", file_name="x", sha256="0", by=pm, made_at=now, total=2, new=1)
    assert ImportRow.objects.count() == 0
