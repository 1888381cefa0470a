"""`manage.py chain`: loading is idempotent, a published version never changes, the figures come as JSON."""

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from approvals import chain_format, template_actions
from approvals.models import ChainTemplate, StageTemplate
from approvals.template_actions import TemplateRefused
from approvals.template_rows import spec_of
from people.models import AuditEntry, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
SMALL = """code: X
name: 某链
version: 1
stages:
  - {code: A, limit: 3 working_day}
  - {code: B, limit: 7 calendar_day, prerequisites: [A], materials: [{name: 批复, from: A}]}
"""


@pytest.fixture
def run(capsys):
    def call(*words):
        try:
            call_command("chain", *words)
        except SystemExit as end:
            return capsys.readouterr(), end.code
        return capsys.readouterr(), 0

    return call


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def only():
    return ChainTemplate.objects.get()


def test_the_shipped_templates_are_loaded_once(run):
    out, code = run("load", "--shipped", "--publish")
    assert code == 0
    assert out.out.count(": created") == 6
    assert ChainTemplate.objects.filter(status="published").count() == 6
    out, code = run("load", "--shipped", "--publish")
    assert out.out.count(": unchanged") == 6


@pytest.mark.parametrize(("code", "count", "total", "path"), [("T19-101", 19, 101.0, 64.0), ("B6-49.5", 6, 49.5, 49.5)])
def test_show_prints_the_three_figures(run, code, count, total, path):
    run("load", "--shipped")
    out, _code = run("show", code, "--json")
    data = json.loads(out.out)
    assert (data["code"], data["version"], data["stage_count"]) == (code, 1, count)
    assert (data["sum_working_days"], data["critical_path_working_days"]) == (total, path)
    assert f'"sum_working_days": {total}' in out.out
    assert len(data["stages"]) == count
    assert data["critical_path"][-1] == {"T19-101": "19", "B6-49.5": "6"}[code]
    row = ChainTemplate.objects.get(code=code)
    assert (row.stage_count, float(row.sum_working_days), float(row.critical_path_working_days)) == (count, total, path)


def test_rows_say_what_the_file_says(run, file):
    run("load", "--shipped")
    for path in template_actions.shipped_files():
        assert spec_of(ChainTemplate.objects.get(code=path.stem)) == chain_format.read(path.read_bytes())


def test_calendar_days_stand_apart_and_are_converted_on_the_path(run, file):
    run("load", str(file))
    data = json.loads(run("show", "X", "--version", "1", "--json")[0].out)
    assert (data["sum_working_days"], data["sum_calendar_days"]) == (3.0, 7.0)
    assert data["critical_path_working_days"] == 8.0
    assert data["critical_path_approximate"] is True


def test_a_draft_is_replaced_and_a_published_version_is_not(run, file):
    assert "created" in run("load", str(file))[0].out
    file.write_text(SMALL.replace("3 working_day", "4 working_day"), encoding="utf-8")
    assert "replaced" in run("load", str(file))[0].out
    assert StageTemplate.objects.get(code="A").committed_amount == 4
    assert "published" in run("load", str(file), "--publish")[0].out
    file.write_text(SMALL, encoding="utf-8")
    out, code = run("load", str(file))
    assert code == 1
    assert "x.yaml" in out.err
    assert StageTemplate.objects.get(code="A").committed_amount == 4


def test_a_broken_file_is_told_with_its_line_and_stores_nothing(run, file):
    file.write_text(SMALL.replace("3 working_day", "3"), encoding="utf-8")
    out, code = run("load", str(file))
    assert code == 1
    assert f"{file}:5: " in out.err
    assert not ChainTemplate.objects.exists()


def test_one_bad_file_does_not_keep_the_good_ones_out(run, file, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("code: Y\n", encoding="utf-8")
    _out, code = run("load", str(bad), str(file))
    assert code == 1
    assert only().code == "X"


def test_missing_things_are_errors(run, tmp_path):
    for words in (("show", "NONE"), ("load",), ("load", str(tmp_path / "none.yaml"))):
        with pytest.raises(CommandError):
            run(*words)


def test_list_and_diff(run, file):
    run("load", str(file), "--publish")
    file.write_text(
        SMALL.replace("version: 1", "version: 2").replace("3 working_day", "2 working_day"), encoding="utf-8"
    )
    run("load", str(file), "--publish")
    listed = json.loads(run("list", "--json")[0].out)
    assert [(row["code"], row["version"], row["sum_working_days"]) for row in listed] == [("X", 1, 3.0), ("X", 2, 2.0)]
    assert "X v2" in run("list")[0].out
    out, code = run("diff", "X", "1", "2")
    assert code == 1
    assert "~ A" in out.out
    assert "3.0" in out.out and "2.0" in out.out
    assert run("diff", "X", "2", "2")[1] == 0
    assert json.loads(run("show", "X", "--json")[0].out)["version"] == 2
    assert "critical_path: A → B" in run("show", "X")[0].out


def test_the_number_of_queries_does_not_grow_with_the_stages(run, django_assert_max_num_queries):
    rows = "".join(
        f"  - {{code: S{n}, limit: 1 working_day, materials: [a, b]{f', prerequisites: [S{n - 1}]' if n else ''}}}\n"
        for n in range(300)
    )
    spec = chain_format.read("code: BIG\nname: n\nversion: 1\nstages:\n" + rows)
    with django_assert_max_num_queries(40):
        template_actions.load(spec, now=NOW)
    with django_assert_max_num_queries(5):
        assert spec_of(only()) == spec


# --- drafts


@pytest.fixture
def people(db):
    return {role: User.objects.create_user(role, role=role) for role in ("pm", "supervisor", "approver")}


@pytest.fixture
def published(file):
    return template_actions.load_file(file, now=NOW, publish=True)[0]


def test_a_draft_is_made_edited_and_published(published, people):
    pm, supervisor = people["pm"], people["supervisor"]
    draft = template_actions.new_draft(published, by=pm)
    assert (draft.version, draft.status) == (2, "draft")
    template_actions.move_stage(draft, "B", -5, by=pm)
    assert [stage.code for stage in spec_of(draft).stages] == ["B", "A"]
    with pytest.raises(PermissionDenied):
        template_actions.publish(draft, by=pm, now=NOW)
    done = template_actions.publish(draft, by=supervisor, now=NOW)
    assert (done.status, done.published_by, done.published_at) == ("published", supervisor, NOW)
    assert AuditEntry.objects.filter(kind="template.published", by=supervisor).exists()
    with pytest.raises(TemplateRefused):
        template_actions.move_stage(done, "B", 1, by=pm)
    retired = template_actions.retire(done, by=supervisor, now=NOW)
    assert retired.status == "retired"


def test_removing_a_stage_closes_the_gap_it_leaves(people):
    rows = "  - {code: A}\n  - {code: B, prerequisites: [A]}\n"
    rows += "  - {code: C, prerequisites: [B], materials: [{name: x, from: B}]}\n"
    spec = chain_format.read("code: X\nname: n\nversion: 1\nstages:\n" + rows)
    draft, _outcome = template_actions.load(spec, now=NOW)
    template_actions.remove_stage(draft, "B", by=people["pm"])
    left = spec_of(draft)
    assert left.stage("C").prerequisites == ("A",)
    assert left.stage("C").materials[0].source_stage == ""


def test_a_renamed_stage_is_followed(published, people):
    draft = template_actions.new_draft(published, by=people["pm"])
    stage = replace(spec_of(draft).stage("A"), code="A1")
    template_actions.put_stage(draft, stage, replaces="A", by=people["pm"])
    other = spec_of(draft).stage("B")
    assert other.prerequisites == ("A1",)
    assert other.materials[0].source_stage == "A1"


def test_there_is_one_draft_per_code(published, people):
    template_actions.new_draft(published, by=people["pm"])
    with pytest.raises(TemplateRefused):
        template_actions.new_draft(published, by=people["pm"])


def test_who_may_not_edit_may_not(published, people):
    with pytest.raises(PermissionDenied):
        template_actions.new_draft(published, by=people["approver"])


def test_a_broken_draft_is_not_published(published, people):
    draft = template_actions.new_draft(published, by=people["pm"])
    template_actions.put_stage(
        draft, replace(spec_of(draft).stage("A"), prerequisites=("B",)), replaces="A", by=people["pm"]
    )
    with pytest.raises(TemplateRefused) as caught:
        template_actions.publish(draft, by=people["supervisor"], now=NOW)
    assert "A → B → A" in caught.value.problems[0].message
    draft.refresh_from_db()
    assert draft.status == "draft"
    template_actions.discard(draft, by=people["pm"])
    assert only() == published
