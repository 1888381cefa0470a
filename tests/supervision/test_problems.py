"""The problem register: states, four eyes, limits, suspensions, masks, rates."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.lights import Light
from approvals.refusals import Refused
from calendars import store
from people.access import department_ids
from projects.uploads import Upload
from supervision import actions, lights, standing, visible
from supervision.models import Problem, ProblemEvent, Visit
from supervision.states import ProblemState
from tests.approvals.world import at
from tests.supervision.world import NOW, problem

TODAY = NOW.date()
PHOTO = b"\xff\xd8\xff" + b"0" * 20


def photo() -> Upload:
    return Upload("现场.jpg", ContentFile(PHOTO))


def asked(world, **facts) -> Problem:
    """A problem whose unit asked for the close-out."""
    row = problem(world, **facts)
    actions.claim(by=world.b, now=NOW, problem=row)
    return actions.ask(by=world.b, now=NOW, problem=row, text="已增容 630 kVA", upload=photo())


@pytest.mark.both_databases
def test_the_way_from_visit_to_close_out(world):
    visit = Visit(project=world.project, visited_at=at("11-20 09:00"), minutes=50, met="李工", note="谈用电")
    raised = Problem(category="utility", text="临时用电容量不足")
    actions.log_visit(by=world.officer, now=NOW, visit=visit, problems=[(raised, world.departments["b"])])
    row = Problem.objects.get()
    assert row.number == "2026-0001" and row.state == ProblemState.ASSIGNED and row.visit == visit
    assert row.due_on == dt.date(2026, 11, 25), "three working days after Friday"
    assert row.claim_due_on == dt.date(2026, 11, 23)
    with pytest.raises(PermissionDenied):  # another unit
        actions.claim(by=world.c, now=NOW, problem=row)
    actions.claim(by=world.b, now=NOW, problem=row)
    with pytest.raises(Refused) as caught:
        actions.ask(by=world.b, now=NOW, problem=row, text="已增容", upload=None)
    assert caught.value.field == "file"
    actions.progress(by=world.b2, now=NOW, problem=row, text="已派员勘查", upload=photo())
    row = actions.ask(by=world.b, now=NOW, problem=row, text="已增容 630 kVA", upload=None)
    offered = {offer.action: offer.refused for offer in actions.offers(world.officer, row)}
    assert offered["close"] and not offered["confirm"] and not offered["return"]
    row = actions.confirm(by=world.officer, now=NOW, problem=row, satisfaction="satisfied")
    with pytest.raises(Refused):  # who registered
        actions.close(by=world.officer, now=NOW, problem=row, satisfaction="satisfied")
    row = actions.close(by=world.pm, now=NOW, problem=row, satisfaction="satisfied")
    assert row.state == ProblemState.CLOSED and row.closed_on == TODAY
    kinds = list(row.events.values_list("kind", flat=True))
    assert kinds == ["register", "assign", "claim", "progress", "ask", "confirm", "close"]
    assert standing.visits([world.project.pk])[world.project.pk][0].problems == 1
    assert standing.open_problems([world.project.pk], TODAY) == {world.project.pk: []}


@pytest.mark.both_databases
def test_who_asked_or_handled_never_closes(world):
    world.pm.department = world.departments["b"]  # a manager who sits in the handling unit
    world.pm.save()
    row = problem(world)
    actions.claim(by=world.pm, now=NOW, problem=row)
    row = actions.ask(by=world.b, now=NOW, problem=row, text="已增容", upload=photo())
    with pytest.raises(Refused):
        actions.close(by=world.pm, now=NOW, problem=row, satisfaction="satisfied")
    with pytest.raises(IntegrityError), transaction.atomic():
        Problem.objects.filter(pk=row.pk).update(closed_by=world.b)
    with pytest.raises(IntegrityError), transaction.atomic():
        Problem.objects.filter(pk=row.pk).update(closed_by=world.officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProblemEvent.objects.filter(problem=row).update(text="")


def test_returned_suspended_escalated(world):
    row = asked(world)
    row = actions.return_(by=world.officer, now=NOW, problem=row, text="企业反映仍跳闸")
    assert row.state == ProblemState.RETURNED and row.times_returned == 1
    row = actions.escalate(by=world.officer, now=NOW, problem=row, text="需跨部门协调")
    assert row.level == "task_force" and row.due_on == dt.date(2026, 12, 1)
    with pytest.raises(Refused):
        actions.suspend(by=world.officer, now=NOW, problem=row, text="待省里批复", review_on=TODAY)
    row = actions.suspend(by=world.officer, now=NOW, problem=row, text="待省里批复", review_on=dt.date(2026, 12, 20))
    calendar = store.current()
    assert lights.of_problem(row, TODAY, calendar).light == Light.STOPPED
    assert lights.of_problem(row, dt.date(2026, 12, 21), calendar).light == Light.RED
    assert standing.problem_rate(Problem.objects.all(), dt.date(2026, 12, 31)).N == 0, "what is suspended is not due"
    row = actions.resume(by=world.officer, now=NOW, problem=row)
    assert row.state == ProblemState.CLAIMED and row.review_on is None and row.due_on == dt.date(2026, 12, 1)
    row = actions.hand_back(by=world.b, now=NOW, problem=row, text="属供电公司职责")
    assert row.state == ProblemState.REGISTERED and row.department is None
    for _step in ("sponsor", "meeting"):
        row = actions.escalate(by=world.officer, now=NOW, problem=row, text="仍无结果")
    with pytest.raises(Refused):
        actions.escalate(by=world.officer, now=NOW, problem=row, text="再上报")


@pytest.mark.both_databases
def test_the_unit_complained_of_is_not_told_who_complains(world):
    row = problem(world, "b", concerns=world.departments["b"], masked=True, raised_by="李工", text="窗口两次口头补正")
    pk = world.project.pk
    assert visible.problems(world.b).get() == row, "it handles it"
    assert visible.masked_from(world.b, row)
    assert not visible.named(world.b).exists()
    for viewer, shown in ((world.b, 0), (world.c, 1), (world.officer, 1), (world.pm, 1), (None, 0)):
        assert len(standing.open_problems([pk], TODAY, user=viewer)[pk]) == shown, viewer
    world.pm.department = world.departments["b"]
    world.pm.save()
    world.pm.__dict__.pop("_near", None), world.pm.__dict__.pop("_offices", None)
    assert visible.masked_from(world.pm, row) and department_ids(world.pm)
    with pytest.raises(PermissionDenied):
        actions.escalate(by=world.pm, now=NOW, problem=row, text="上报")


def test_strangers_see_nothing(world):
    problem(world)
    assert not visible.problems(world.officer2).exists()
    assert visible.problems(world.d).count() == 0 and visible.problems(world.c).count() == 1
    with pytest.raises(PermissionDenied):
        problem(world, by=world.officer2)


@pytest.mark.both_databases
def test_lights_are_the_same_in_sql(world):
    calendar = store.current()
    for number, (day, claim) in enumerate(
        [("2026-11-19", None), ("2026-11-20", None), ("2026-11-23", None), ("2026-11-24", None), ("2026-12-04", None)]
        + [("2026-12-04", "2026-11-19"), ("2026-12-04", "2026-11-20")]
    ):
        row = problem(world, text=f"问题{number}", due_on=dt.date.fromisoformat(day))
        if claim:
            Problem.objects.filter(pk=row.pk).update(claim_due_on=claim)
    actions.suspend(by=world.officer, now=NOW, problem=row, text="待批", review_on=dt.date(2026, 11, 25))
    seen = set()
    for today in (TODAY, dt.date(2026, 11, 21), dt.date(2026, 11, 24), dt.date(2026, 11, 26)):
        for row in Problem.objects.annotate(lit=lights.problem_lights(today, calendar)):
            assert row.lit == lights.of_problem(row, today, calendar).light, (today, row.text)
            seen.add(row.lit)
    assert seen == {"red", "amber", "green", "stopped"}
    assert lights.days_left(dt.date(2026, 11, 20), dt.date(2026, 11, 21), calendar) == -1, "late on the Saturday"


@pytest.mark.both_databases
def test_the_rate_counts_what_was_to_be_closed(world):
    early = asked(world, text="提前办结", due_on=dt.date(2026, 12, 10))
    actions.close(by=world.pm, now=NOW, problem=early, satisfaction="satisfied")
    problem(world, text="逾期", due_on=dt.date(2026, 11, 19))
    problem(world, text="未到期", due_on=dt.date(2026, 12, 10))
    rows = Problem.objects.all()
    assert str(standing.problem_rate(rows, TODAY)) == "1/2 50.00%"
    assert str(standing.problem_rate(rows, dt.date(2026, 12, 31), since=dt.date(2026, 12, 1))) == "0/2 0.00%"


@pytest.mark.both_databases
def test_visits_due(world):
    due = standing.visits_due(world.officer, TODAY)
    assert [row.enterprise for row in due] == [world.enterprise] and due[0].last_on is None
    for month, gone in (("10", False), ("11", True)):
        visit = Visit(project=world.project, visited_at=at(f"{month}-10 09:00"), minutes=30)
        actions.log_visit(by=world.officer, now=NOW, visit=visit)
        assert (standing.visits_due(world.officer, TODAY) == []) is gone
    with pytest.raises(IntegrityError), transaction.atomic():
        visit = Visit(project=world.project, visited_at=NOW + dt.timedelta(days=1), minutes=30)
        actions.log_visit(by=world.officer, now=NOW, visit=visit)
    with pytest.raises(PermissionDenied):
        actions.log_visit(by=world.officer2, now=NOW, visit=Visit(project=world.project, visited_at=NOW, minutes=3))


def test_reads_cost_the_same_for_any_number_of_projects(world, django_assert_max_num_queries):
    other = world.new_project(381726, "另一个项目", chain=False)
    problem(world)
    for call in (
        lambda ids: standing.open_problems(ids, TODAY),
        standing.visits,
        lambda ids: standing.orders(ids, TODAY),
    ):
        with django_assert_max_num_queries(3):  # one is the calendar's
            call([world.project.pk, other.pk])
    assert timezone.is_aware(NOW)
