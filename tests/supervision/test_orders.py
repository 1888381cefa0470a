"""Supervision orders: numbers without gaps, who signs and answers, one extension, review, the next form."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from approvals.lights import Light
from approvals.refusals import Refused
from calendars import store
from supervision import lights, order_actions, standing, visible
from supervision.models import OrderEvent, SupervisionOrder
from tests.approvals.world import at
from tests.supervision.world import NOW

TODAY = NOW.date()
DUE = dt.date(2026, 11, 27)


def draft(world, by=None, **facts) -> SupervisionOrder:
    facts = {"source": "alert", "basis": "环境影响评价超期 3 个工作日", "project": world.project, "due_on": DUE} | facts
    return order_actions.draft_order(
        by=by or world.chief, now=NOW, lead=world.departments["b"], items=facts.pop("items", ["限期办结环评"]), **facts
    )


def signed(world, **facts) -> SupervisionOrder:
    return order_actions.sign(by=world.chief, now=NOW, order=draft(world, **facts))


@pytest.mark.both_databases
def test_numbers_are_given_at_signing_without_gaps(world):
    first, second, third = draft(world), draft(world), draft(world)
    assert first.number is None
    order_actions.discard(by=world.chief, now=NOW, order=second)
    assert order_actions.sign(by=world.leader, now=NOW, order=third).number == "云督〔2026〕1号"
    with pytest.raises(RuntimeError), transaction.atomic():
        order_actions.sign(by=world.chief, now=NOW, order=first)
        raise RuntimeError("the request failed after signing")
    assert order_actions.sign(by=world.chief, now=NOW, order=first).number == "云督〔2026〕2号"
    late = draft(world, due_on=dt.date(2027, 1, 8))
    assert order_actions.sign(by=world.chief, now=NOW + dt.timedelta(days=45), order=late).number == "云督〔2027〕1号"
    with pytest.raises(Refused):
        order_actions.sign(by=world.chief, now=NOW, order=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionOrder.objects.filter(pk=second.pk).update(number="云督〔2026〕9号")


def test_the_way_of_an_order(world):
    order = signed(world, co_units=[world.departments["c"], world.departments["b"]])
    assert order.receive_due_on == dt.date(2026, 11, 23)
    assert list(order.co_units.all()) == [world.departments["c"]], "the lead unit does not join itself"
    assert visible.orders(world.b).exists() and visible.orders(world.c).exists()
    assert not visible.orders(world.d).exists()
    with pytest.raises(PermissionDenied):  # a co-operating unit does not answer
        order_actions.receive(by=world.c, now=NOW, order=order)
    order = order_actions.receive(by=world.b, now=NOW, order=order)
    order_actions.report(by=world.b2, now=NOW, order=order, text="已组织专家评审")
    order = order_actions.ask_extension(
        by=world.b, now=NOW, order=order, text="需补充监测", due_on=dt.date(2026, 12, 4)
    )
    assert order.due_on == DUE, "it stays until somebody grants it"
    order = order_actions.grant_extension(by=world.chief, now=NOW, order=order)
    assert order.due_on == dt.date(2026, 12, 4)
    with pytest.raises(Refused):  # once
        order_actions.ask_extension(by=world.b, now=NOW, order=order, text="再延", due_on=dt.date(2026, 12, 24))
    order = order_actions.answer(by=world.b, now=NOW, order=order, text="已办结")
    order = order_actions.return_(by=world.chief, now=NOW, order=order, text="未附批复")
    order = order_actions.answer(by=world.b, now=NOW, order=order, text="已办结，附批复")
    order = order_actions.accept(by=world.chief, now=NOW, order=order, grade="good")
    order = order_actions.close(by=world.leader, now=NOW, order=order)
    assert order.closed_on == TODAY and order.times_returned == 1
    assert lights.of_order(order, TODAY, store.current()).light == Light.DONE
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderEvent.objects.filter(order=order).delete()


def test_an_extension_is_asked_for_before_the_due_date(world):
    order = order_actions.receive(by=world.b, now=NOW, order=signed(world))
    with pytest.raises(Refused):
        order_actions.ask_extension(
            by=world.b, now=at("11-28 09:00"), order=order, text="来不及", due_on=dt.date(2026, 12, 4)
        )
    with pytest.raises(Refused):
        order_actions.ask_extension(by=world.b, now=NOW, order=order, text="来不及", due_on=DUE)


@pytest.mark.both_databases
def test_an_overdue_order_is_raised_to_the_next_form_once(world):
    order = signed(world, level="letter")
    calendar, later = store.current(), at("11-30 09:00")
    with pytest.raises(PermissionDenied):
        order_actions.raise_level(by=world.chief, now=NOW, order=order, due_on=dt.date(2026, 12, 4))
    assert lights.of_order(order, TODAY, calendar).light == Light.GREEN
    assert lights.of_order(order, dt.date(2026, 11, 24), calendar).light == Light.AMBER, "nobody signed for it"
    assert lights.of_order(order, later.date(), calendar) == (Light.RED, -1)
    above = order_actions.raise_level(by=world.chief, now=later, order=order, due_on=dt.date(2026, 12, 4))
    assert above.level == "order" and above.raised_from == order and order.number in above.basis
    assert [item.text for item in above.items.all()] == ["限期办结环评"]
    with pytest.raises(Refused):
        order_actions.raise_level(by=world.chief, now=later, order=order, due_on=dt.date(2026, 12, 4))
    for today in (TODAY, dt.date(2026, 11, 24), dt.date(2026, 11, 25), later.date()):
        for row in SupervisionOrder.objects.annotate(lit=lights.order_lights(today, calendar)):
            assert row.lit == lights.of_order(row, today, calendar).light, today


def test_drafts_are_for_those_who_draft(world):
    order = draft(world)
    assert not visible.orders(world.b).exists() and visible.orders(world.pm).exists()
    assert standing.orders([world.project.pk], TODAY) == {world.project.pk: []}, "nothing went out"
    with pytest.raises(PermissionDenied):
        draft(world, by=world.officer)
    with pytest.raises(PermissionDenied):
        order_actions.sign(by=world.pm, now=NOW, order=order)
    hidden = world.new_project(
        381726, "看不到的项目", manager=world.pm2, chain=False, district=world.extra["west"], park=None
    )
    with pytest.raises(PermissionDenied):
        draft(world, items=[("限期办结", hidden)])
    with pytest.raises(Refused):
        draft(world, due_on=dt.date(2026, 11, 19))
    order_actions.sign(by=world.chief, now=NOW, order=order)
    assert [row.number for row in standing.orders([world.project.pk], TODAY)[world.project.pk]] == ["云督〔2026〕1号"]
