"""The project page for each role, and what it answers when an action is refused."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import Chain, ChainTemplate, StageEvent
from tests.approvals.world import STAGES, publish

BACKEND = "django.contrib.auth.backends.ModelBackend"


def as_(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(world, **query):
    return reverse("project-page", args=[world.project.code], query=query or None)


def post(client, world, code, **fields):
    fields.setdefault("occurred_on", timezone.localdate().isoformat())
    return client.post(reverse("stage-act", args=[world.project.code, code]), fields)


@pytest.mark.parametrize(
    ("person", "status", "may_record"),
    [("pm", 200, True), ("a", 200, True), ("leader", 200, False), ("pm2", 404, None), ("d", 404, None)],
)
def test_who_sees_the_page_and_who_may_record(world, person, status, may_record):
    response = as_(world.people[person]).get(page(world, stage="01"))
    assert response.status_code == status
    if status == 200:
        assert (b'name="seen_event"' in response.content) is may_record
        assert response.context["may_record"] is may_record


def test_readers_who_post_get_403_strangers_404(world):
    assert post(as_(world.leader), world, "01", action="receive").status_code == 403
    assert post(as_(world.b), world, "01", action="receive").status_code == 403  # another department's stage
    assert post(as_(world.pm2), world, "01", action="receive").status_code == 404
    assert post(as_(world.pm), world, "77", action="receive").status_code == 404
    assert post(as_(world.pm), world, "01", action="explode").status_code == 404
    assert not StageEvent.objects.exists()


def test_recorded_and_back_to_the_stage(world):
    response = post(as_(world.a), world, "01", action="receive", case_no="HP-1", seen_event="0")
    assert response.status_code == 302
    assert response.url.endswith("?stage=01#panel")
    assert world.stage("01").case_no == "HP-1"


def test_a_refusal_keeps_what_was_typed(world):
    client = as_(world.pm)
    post(client, world, "02", action="receive")
    response = post(client, world, "02", action="accept", note="纸质件已核对", case_no="GH-77")
    assert response.status_code == 422
    text = response.content.decode()
    assert "纸质件已核对" in text
    assert "GH-77" in text
    assert "01" in str(response.context["form"].non_field_errors())
    late = post(client, world, "01", action="receive", occurred_on="2020-01-03", note="补录的")
    assert late.status_code == 422
    assert "补录的" in late.content.decode()
    assert "reason" in late.context["form"].errors


def test_the_form_comes_back_for_the_action_that_was_posted(world):
    client = as_(world.pm)
    for action in ("receive", "accept_with_deferral"):
        kept = {"materials": "工伤保险参保凭证", "materials_due_on": "2099-01-01"}
        post(client, world, "02", action=action, **kept)
    response = post(client, world, "02", action="extend", days="99", approver="局长")
    assert response.status_code == 422
    assert response.context["action"] == "extend"
    assert "days" in response.context["form"].errors


def test_overtaken_is_409_and_says_who(world):
    post(as_(world.a), world, "01", action="receive", seen_event="0")
    response = post(as_(world.pm), world, "01", action="receive", seen_event="0", note="我也在登记")
    assert response.status_code == 409
    text = response.content.decode()
    assert "刘海燕" in text
    assert "我也在登记" in text
    assert StageEvent.objects.count() == 1


def test_a_correction_by_the_page(world):
    client = as_(world.pm)
    post(client, world, "01", action="receive")
    event = StageEvent.objects.get()
    address = reverse("stage-correct", args=[world.project.code, event.pk])
    today = timezone.localdate()
    fields = {"occurred_on": (today - dt.timedelta(days=1)).isoformat(), "note": "日期录错"}
    assert client.get(page(world, correct=event.pk)).status_code == 200
    wrong = client.post(address, fields)
    assert wrong.status_code == 422
    assert "日期录错" in wrong.content.decode()
    assert as_(world.leader).post(address, fields).status_code == 403
    assert as_(world.pm2).post(address, fields).status_code == 404
    assert client.post(address, {**fields, "reason": "看错日历"}).status_code == 302
    assert StageEvent.objects.get(supersedes=event).reason == "看错日历"
    assert "看错日历" in client.get(page(world)).content.decode()


def test_the_preview_says_what_follows_and_writes_nothing(world):
    client = as_(world.pm)
    post(client, world, "01", action="receive")
    address = reverse("stage-preview", args=[world.project.code, "01"])
    assert "承诺到期" in client.get(address, {"action": "accept"}).content.decode()
    assert client.get(address, {"action": "pass", "occurred_on": "never"}).status_code == 200
    assert StageEvent.objects.count() == 1


def test_a_chain_is_started_on_the_page(world):
    project = world.new_project(7, "新项目", chain=False)
    address = reverse("chain-start", args=[project.code])
    client = as_(world.pm)
    assert client.get(reverse("project-page", args=[project.code])).status_code == 200
    shown = client.get(address, {"template": world.template.pk, "started_on": "2026-11-02"})
    assert "建设工程规划许可证" in shown.content.decode()
    fields = {"template": world.template.pk, "started_on": "2026-11-02", "start": "1", "not-03": "on"}
    assert client.post(address, fields).status_code == 422  # no reason given
    assert not Chain.objects.filter(project=project).exists()
    assert client.post(address, {**fields, "skip-03": "不涉及"}).status_code == 302
    assert project.chain.stages.get(code="03").skip_reason == "不涉及"
    assert as_(world.leader).get(address).status_code == 403


def test_the_move_to_a_newer_version_is_offered_previewed_and_done(world):
    client = as_(world.pm)
    address = reverse("chain-move", args=[world.project.code])
    assert client.get(address).status_code == 404
    ChainTemplate.objects.filter(pk=world.template.pk).update(status="retired")
    newest = publish(2, STAGES)
    assert address in client.get(page(world)).content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "提速"}).status_code == 302
    assert world.chain.template == newest
