"""Pages of the templates and the comparison: who may do what, what is shown, drafts from click to publication."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from approvals import template_actions
from approvals.models import Chain, ChainTemplate
from approvals.template_rows import spec_of
from people.models import AuditEntry, District
from projects.models import Project

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def shipped(db):
    template_actions.load_shipped(now=NOW)


@pytest.fixture
def draft(shipped):
    return template_actions.new_draft(ChainTemplate.objects.get(code="T19-101"), by=None)


def at(name, *args):
    return reverse(name, args=args)


def text(response):
    return response.content.decode()


# --- reading


def test_every_shipped_code_is_a_code_and_a_path_is_none(shipped):
    for template in ChainTemplate.objects.all():
        template.full_clean()  # B6-49.5 has a dot
    for code in ("", ".", "../x", "a/b", "a b", "链", "T19\n", "T" * 41):
        with pytest.raises(ValidationError):
            ChainTemplate(code=code, name="x").clean_fields()


def test_the_list_shows_code_figures_and_status(clients, shipped, django_assert_max_num_queries):
    client = clients["leader"]
    client.get(at("template-list"))
    with django_assert_max_num_queries(6):
        page = text(client.get(at("template-list")))
    for words in ("T19-101", "101.0", "64.0", "B6-49.5", "49.5", "已发布"):
        assert words in page
    assert at("template-create") not in page


def test_an_empty_list_says_so(clients):
    assert "还没有模板" in text(clients["leader"].get(at("template-list")))


def test_a_version_shows_stages_materials_gates_and_sources(clients, shipped, django_assert_max_num_queries):
    client = clients["leader"]
    client.get(at("template-list"))
    with django_assert_max_num_queries(14):
        page = text(client.get(at("template-page", "IND-BA", 1)))
    for words in (
        "企业投资项目备案",
        "节能报告",
        "取自环节 I02",
        "能耗指标",
        "环境影响评价法第二十二条",
        "214.5",
        "92.0",
    ):
        assert words in page
    assert "I05 I10 I27" in page
    assert "style=" not in page
    assert "<svg" in page


def test_unknown_versions_are_not_found(clients, shipped):
    for url in (at("template-page", "NONE", 1), at("template-page", "KG", 7), at("chain-compare") + "?ours=NONE:1"):
        assert clients["leader"].get(url).status_code == 404


def test_a_version_can_be_taken_away_as_a_file(clients, shipped):
    response = clients["leader"].get(at("template-download", "KG", 1))
    assert response["Content-Disposition"] == 'attachment; filename="KG-v1.yaml"'
    from approvals.chain_format import read

    assert read(response.content) == spec_of(ChainTemplate.objects.get(code="KG"))


# --- making and editing a draft


def test_a_reader_makes_no_drafts(clients, shipped):
    for name, args in (("template-new-draft", ("KG", 1)), ("template-publish", ("KG", 1))):
        assert clients["leader"].post(at(name, *args)).status_code == 403
    assert clients["pm"].post(at("template-publish", "KG", 1)).status_code == 403


def test_from_a_new_draft_to_its_publication(clients, shipped):
    pm, supervisor = clients["pm"], clients["supervisor"]
    assert pm.post(at("template-new-draft", "T19-101", 1)).status_code == 302
    page = text(pm.get(at("template-page", "T19-101", 2)))
    assert at("template-stage-edit", "T19-101", 2, "10") in page
    assert at("template-publish", "T19-101", 2) not in page
    form = at("template-stage-edit", "T19-101", 2, "10")
    assert pm.get(form).status_code == 200
    assert pm.post(form, stage_data(committed="2.5", committed_unit="working_day")).status_code == 302
    draft = ChainTemplate.objects.get(code="T19-101", version=2)
    assert spec_of(draft).stage("10").committed.amount == Decimal("2.5")
    assert draft.sum_working_days == Decimal("100.5")
    assert supervisor.post(at("template-publish", "T19-101", 2)).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "published"
    assert AuditEntry.objects.filter(kind="template.published").count() == 7
    assert "2.5" in text(pm.get(at("template-diff", "T19-101", 2)))
    assert supervisor.post(at("template-retire", "T19-101", 1)).status_code == 302
    assert ChainTemplate.objects.get(code="T19-101", version=1).status == "retired"


def stage_data(**changes):
    """What the form of stage 10 of T19-101 posts."""
    data = {
        "code": "10",
        "name": "建筑工程施工许可证核发",
        "phase": "P3",
        "case_type": "committed",
        "committed": "3",
        "committed_unit": "working_day",
        "statutory": "7",
        "statutory_unit": "working_day",
        "prerequisites": ["4", "5"],
        "gates": ["energy", "water"],
        "water_source": "ground",
        "valid_months": "3",
        "materials-TOTAL_FORMS": "2",
        "materials-INITIAL_FORMS": "0",
        "materials-0-name": "用地证明",
        "materials-0-required": "on",
        "materials-0-source_stage": "4",
        "materials-1-name": "",
        "procedures-TOTAL_FORMS": "1",
        "procedures-INITIAL_FORMS": "0",
        "procedures-0-name": "专家评审",
        "procedures-0-limit": "5",
        "procedures-0-limit_unit": "working_day",
    }
    return data | changes


def test_every_field_of_a_stage_is_saved(clients, draft):
    url = at("template-stage-edit", draft.code, 2, "10")
    assert clients["pm"].post(url, stage_data(code="10A", note="说明", lag_days="4")).status_code == 302
    spec = spec_of(draft)
    stage = spec.stage("10A")
    assert spec.stage("10") is None
    assert spec.stage("12").prerequisites == ("10A",)
    assert stage.gates == ("energy", "water:ground")
    assert (stage.materials[0].name, stage.materials[0].reusable, stage.materials[0].source_stage) == (
        "用地证明",
        True,
        "4",
    )
    assert (stage.special_procedures[0].name, stage.special_procedures[0].limit.amount) == ("专家评审", 5)
    assert (stage.lag_days, stage.valid_months, stage.note) == (4, 3, "说明")


def as_drawn(response):
    """Return what the page of a stage would send if nothing were typed."""
    data = {}
    parts = [response.context["form"]]
    for rows in (response.context["materials"], response.context["procedures"]):
        parts += [rows.management_form, *rows]
    for bound in (bound for part in parts for bound in part):
        value = bound.value()
        if value not in (None, "", False, []):
            data[bound.html_name] = "on" if value is True else value
    return data


def test_what_is_not_touched_stays(clients, draft):
    for code in ("15", "3"):
        url, before = at("template-stage-edit", draft.code, 2, code), spec_of(draft).stage(code)
        assert before.materials
        typed = as_drawn(clients["pm"].get(url))
        assert clients["pm"].post(url, typed).status_code == 302
        assert spec_of(draft).stage(code) == before
        assert clients["pm"].post(url, typed | {"committed": "2"}).status_code == 302
        assert spec_of(draft).stage(code) == replace(before, committed=before.committed._replace(amount=Decimal(2)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"committed": "8"}, "超过法定时限"),
        ({"committed_unit": ""}, "时限须有单位"),
        ({"committed": "0"}, "须大于零"),
        ({"committed": "1.25"}, "小数"),
        ({"code": "11"}, "重复"),
        ({"code": "a b"}, "不含空格"),
        ({"procedures-0-limit_unit": ""}, "时限须有单位"),
        ({"materials-1-name": "用地证明"}, "这份材料重复"),
    ],
)
def test_a_wrong_stage_is_told_at_its_field_and_keeps_what_was_typed(clients, draft, changes, words):
    response = clients["pm"].post(
        at("template-stage-edit", draft.code, 2, "10"), stage_data(note="打过的字", **changes)
    )
    assert response.status_code == 422
    assert words in text(response)
    assert "打过的字" in text(response)
    assert spec_of(draft).stage("10").committed.amount == 3


def test_stages_are_added_moved_and_removed(clients, draft):
    pm = clients["pm"]
    assert pm.get(at("template-stage-add", draft.code, 2)).status_code == 200
    assert (
        pm.post(at("template-stage-add", draft.code, 2), stage_data(code="20", prerequisites=["19"])).status_code == 302
    )
    pm.post(at("template-stage-move", draft.code, 2, "20"), {"direction": "up"})
    assert [stage.code for stage in spec_of(draft).stages][-2:] == ["20", "19"]
    pm.post(at("template-stage-remove", draft.code, 2, "19"))
    assert spec_of(draft).stage("20").prerequisites == ("16",)


def test_the_head_is_edited(clients, draft):
    pm = clients["pm"]
    url = at("template-edit", draft.code, 2)
    assert "P1 立项用地规划许可 1" in text(pm.get(url))
    data = {"name": "新名", "kind": "city", "phases": "P1 甲 1\nP2 乙\nP3 丙\nP4 丁\nP5 戊 5", "note": "缘由"}
    assert pm.post(url, data).status_code == 302
    draft.refresh_from_db()
    spec = spec_of(draft)
    assert (spec.name, spec.note) == ("新名", "缘由")
    assert [(phase.code, phase.name, phase.standard_no) for phase in spec.phases][:2] == [
        ("P1", "甲", 1),
        ("P2", "乙", None),
    ]
    response = pm.post(url, data | {"phases": "P1 甲"})
    assert response.status_code == 422
    assert "还有环节" in text(response)


def test_a_published_version_offers_no_editing_and_refuses_it(clients, shipped):
    pm = clients["pm"]
    assert at("template-stage-edit", "KG", 1, "K01") not in text(pm.get(at("template-page", "KG", 1)))
    for name in ("template-edit", "template-stage-add"):
        assert pm.get(at(name, "KG", 1)).status_code == 302
    before = spec_of(ChainTemplate.objects.get(code="KG"))
    pm.post(at("template-stage-remove", "KG", 1, "K01"))
    pm.post(at("template-discard", "KG", 1))
    assert spec_of(ChainTemplate.objects.get(code="KG")) == before


def test_a_broken_draft_says_what_is_wrong_and_is_not_published(clients, draft):
    clients["pm"].post(
        at("template-stage-edit", draft.code, 2, "3"), stage_data(code="3", phase="P2", prerequisites=["4"])
    )
    page = text(clients["supervisor"].get(at("template-page", draft.code, 2)))
    assert "形成循环" in page
    clients["supervisor"].post(at("template-publish", draft.code, 2))
    draft.refresh_from_db()
    assert draft.status == "draft"
    assert clients["pm"].get(at("chain-compare") + "?ours=T19-101:2").status_code == 200


def test_a_draft_is_discarded(clients, draft):
    clients["pm"].post(at("template-discard", draft.code, 2))
    assert not ChainTemplate.objects.filter(version=2).exists()


# --- files


def upload(client, content, name="x.yaml"):
    return client.post(at("template-create"), {"upload": "1", "file": SimpleUploadedFile(name, content.encode())})


def test_a_file_becomes_a_draft(clients):
    response = upload(clients["pm"], "code: X\nname: 某链\nversion: 1\nstages: [{code: A, limit: 1 working_day}]\n")
    assert response.status_code == 302
    assert ChainTemplate.objects.get().status == "draft"


def test_a_bad_file_is_told_with_its_lines(clients):
    response = upload(clients["pm"], "code: X\nname: <b>\nversion: 1\nstages:\n  - {code: A, limit: 1}\n", "<i>.yaml")
    assert response.status_code == 422
    assert ".yaml:5: " in text(response)
    assert "缺少单位" in text(response)
    assert "<i>" not in text(response)
    assert not ChainTemplate.objects.exists()


def test_an_empty_template_is_begun(clients):
    response = clients["pm"].post(at("template-create"), {"code": "NEW-1", "name": "新链", "kind": "city"})
    assert response["Location"] == at("template-edit", "NEW-1", 1)
    assert clients["pm"].get(at("template-page", "NEW-1", 1)).status_code == 200
    again = clients["pm"].post(at("template-create"), {"code": "NEW-1", "name": "新链", "kind": "city"})
    assert again.status_code == 422
    assert clients["pm"].post(at("template-create"), {"code": "../x", "name": "n", "kind": "city"}).status_code == 422


# --- the comparison


def test_the_comparison_shows_head_rows_and_total(clients, shipped, django_assert_max_num_queries):
    client = clients["leader"]
    client.get(at("template-list"))
    with django_assert_max_num_queries(24):
        page = text(client.get(at("chain-compare")))
    for words in (
        "13/19",
        "68.42 %",
        "51.5/101.0",
        "50.99 %",
        "14.5/64.0",
        "22.66 %",
        "−19.0",
        "79.17 %",
        "标杆无对应环节",
    ):
        assert words in page
    assert "无办结项目" in page
    assert "style=" not in page


def test_the_comparison_as_a_file(clients, shipped):
    response = clients["leader"].get(at("chain-compare") + "?format=csv")
    rows = response.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 9
    assert rows[-1].split(",")[2:8] == ["19", "6", "101.0", "49.5", "-51.5", "50.99"]


def test_without_templates_it_says_what_is_missing(clients):
    assert clients["leader"].get(at("chain-compare")).status_code == 200


@pytest.fixture
def project(shipped):
    city = District.objects.create(code="159900", name="云川市")
    return Project.objects.create(code="2601-159900-04-01-100001", name="某项目", district=city)


def test_a_project_is_compared_without_the_stages_that_do_not_apply(clients, project):
    from guardian.shortcuts import assign_perm

    from approvals import actions

    client = clients["pm"]
    url = at("chain-compare") + f"?project={project.code}"
    assert client.get(url).status_code == 404  # a stranger
    assign_perm("manage_projects", client.user, project.district)
    assert client.get(url).status_code == 404  # no chain yet
    template = ChainTemplate.objects.get(code="T19-101")
    skipped = {"8": "不建防空地下室"}
    actions.start_chain(
        by=client.user, project=project, template=template, started_on=date(2026, 3, 2), now=NOW, skipped=skipped
    )
    page = text(client.get(url))
    assert "某项目" in page
    assert "12/18" in page
    assert "98.0" in page
    assert clients["officer"].get(url).status_code == 404


def test_real_practice_is_the_median_of_what_one_may_see(clients, project):
    from guardian.shortcuts import assign_perm

    leader = clients["leader"]
    template = ChainTemplate.objects.get(code="T19-101")
    today = timezone.localdate()
    for number, (net, gross, age) in enumerate(
        [("70", "200", 10), ("80", "300", 20), ("90", "310", 30), ("5", "6", 400)]
    ):
        row = Project.objects.create(code=f"2601-159900-04-01-20000{number}", name="甲", district=project.district)
        Chain.objects.create(
            project=row, template=template, started_on=date(2025, 1, 2), made_by=leader.user,
            closed_on=today - timedelta(days=age), net_days=net, gross_days=gross,
        )  # fmt: skip
    assert "无办结项目" in text(leader.get(at("chain-compare")))
    assign_perm("view_projects", leader.user, project.district)
    page = text(leader.get(at("chain-compare")))
    assert "办结 3 个项目" in page
    assert "80.0" in page
    assert "300" in page
