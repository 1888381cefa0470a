"""Handing in, citing, waiving, and verifying what was promised."""

import datetime as dt

import pytest

from approvals import material_actions
from approvals.actions import Forbidden, Refused
from approvals.models import MaterialUse, StageEvent
from projects.models import Material, Project
from tests.approvals.test_actions import assert_snapshot_true
from tests.approvals.world import NOW


def use_of(world, code, name="工伤保险参保凭证"):
    return MaterialUse.objects.get(stage=world.stage(code), name=name)


def document(world, name="工伤保险参保凭证"):
    return Material.objects.create(enterprise=world.enterprise, name=name, given_by=world.pm)


def test_a_deferred_material_is_made_good_with_an_event(world):
    world.walk("01", "receive", "accept_with_deferral")
    use = material_actions.hand_in(by=world.a, use=use_of(world, "01"), now=NOW, material=document(world))
    assert (use.status, use.made_good_on) == ("given", dt.date(2026, 11, 20))
    assert StageEvent.objects.get(kind="deferral_made_good").note == "工伤保险参保凭证"
    assert Project.objects.get().deferral_due_on is None
    assert_snapshot_true(world.project, NOW)
    with pytest.raises(Refused):
        material_actions.hand_in(by=world.a, use=use, now=NOW, material=document(world))


def test_cited_again_is_reuse_and_asked_again_is_flagged(world):
    once = document(world)
    assert material_actions.hand_in(by=world.pm, use=use_of(world, "01"), now=NOW, material=once).status == "given"
    assert material_actions.hand_in(by=world.pm, use=use_of(world, "02"), now=NOW, material=once).status == "reused"
    again = material_actions.hand_in(by=world.pm, use=use_of(world, "03"), now=NOW, material=document(world))
    assert (again.status, again.asked_again) == ("given", True)


def test_waived_and_not_by_strangers(world):
    with pytest.raises(Forbidden):
        material_actions.hand_in(by=world.d, use=use_of(world, "01"), now=NOW, waived=True)
    assert material_actions.hand_in(by=world.pm, use=use_of(world, "01"), now=NOW, waived=True).status == "waived"


def test_a_commitment_is_verified_once(world):
    world.walk("02", "receive")
    with pytest.raises(Refused):
        material_actions.verify_commitment(by=world.pm, stage=world.stage("02"), kept=True, now=NOW)
    world.walk("02", "accept_on_commitment", "request_supplement")
    with pytest.raises(Refused):  # not while the enterprise has it
        material_actions.verify_commitment(by=world.b, stage=world.stage("02"), kept=True, now=NOW)
    world.walk("02", "receive_supplement", "pass")
    with pytest.raises(Forbidden):
        material_actions.verify_commitment(by=world.a, stage=world.stage("02"), kept=True, now=NOW)
    done = material_actions.verify_commitment(by=world.b, stage=world.stage("02"), kept=False, now=NOW)
    assert (done.result, done.verified_by) == ("broken", world.b)
    with pytest.raises(Refused):
        material_actions.verify_commitment(by=world.b, stage=world.stage("02"), kept=True, now=NOW)
    assert_snapshot_true(world.project, NOW)
