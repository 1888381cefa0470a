"""`manage.py verify` replays problems and orders: what the rows say is what their events tell."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile

from projects.uploads import Upload
from supervision import actions, order_actions
from supervision.models import Problem, Series, SupervisionOrder
from supervision.verify import differences
from tests.supervision.world import NOW, problem

LATER = dt.date(2026, 12, 18)


@pytest.mark.both_databases
def test_rows_are_what_their_events_tell(world):
    row = problem(world)
    actions.suspend(by=world.officer, now=NOW, problem=row, text="等省里", review_on=LATER)
    actions.resume(by=world.officer, now=NOW, problem=row)
    actions.claim(by=world.b, now=NOW, problem=row)
    photo = Upload("现场.jpg", ContentFile(b"\xff\xd8\xff" + b"0" * 20))
    actions.ask(by=world.b, now=NOW, problem=row, text="已增容", upload=photo)
    actions.return_(by=world.pm, now=NOW, problem=row, text="没有增容")
    actions.escalate(by=world.pm, now=NOW, problem=row, text="再催", due_on=LATER)
    handed = problem(world, text="另一件")
    actions.hand_back(by=world.b, now=NOW, problem=handed, text="不是我们的事")
    order = order_actions.draft_order(
        by=world.chief,
        now=NOW,
        source="meeting",
        basis="会议",
        lead=world.departments["b"],
        due_on=dt.date(2026, 12, 1),
    )
    order = order_actions.sign(by=world.chief, now=NOW, order=order)
    order_actions.receive(by=world.b, now=NOW, order=order)
    order_actions.ask_extension(by=world.b, now=NOW, order=order, text="还要几天", due_on=LATER)
    order_actions.grant_extension(by=world.chief, now=NOW, order=order)
    assert differences() == []

    Problem.objects.filter(pk=row.pk).update(due_on=NOW.date(), times_returned=0)
    SupervisionOrder.objects.filter(pk=order.pk).update(due_on=NOW.date())
    Series.objects.filter(code="problem").update(last=7)
    found = {(each.row, each.column) for each in differences()}
    assert found == {
        (f"problem {row.number}", "due_on"),
        (f"problem {row.number}", "times_returned"),
        (f"order {order.number}", "due_on"),
        ("numbers of problems 2026", "last"),
    }


def test_an_event_that_may_not_follow_is_named(world):
    row = problem(world, department=None)
    row.events.create(kind="close", by=world.pm, at=NOW, value="satisfied")
    (found,) = differences()
    assert (found.row, found.stored) == (f"problem {row.number}", "close after registered")
