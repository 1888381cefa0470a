"""Two people at once: one wins, the other is told who; eight on one chain all land. On both databases."""

import threading

import pytest
from django.db import connection

from approvals import actions
from approvals.actions import Overtaken, Refused
from approvals.models import Stage, StageEvent
from approvals.states import State
from projects import tallies
from projects.models import Project
from tests.approvals.world import NOW

pytestmark = [pytest.mark.both_databases]


def at_once(*jobs):
    """Run the jobs in threads that start together; return what each returned or raised."""
    start, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(n, job):
        try:
            start.wait(30)
            results[n] = job()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_decisions_at_once_one_wins_and_the_other_is_told_who(committed_world):
    world = committed_world
    world.walk("01", "receive 11-03", "accept 11-03")
    seen = StageEvent.objects.latest("id").pk
    stage = world.stage("01")

    def decide(by, action):
        return lambda: actions.act(by=by, stage=stage, action=action, occurred_at=NOW, now=NOW, seen_event=seen)

    results = at_once(decide(world.a, "pass"), decide(world.pm, "fail"))
    won = [r for r in results if isinstance(r, StageEvent)]
    lost = [r for r in results if isinstance(r, Overtaken)]
    assert len(won) == len(lost) == 1, results
    assert won[0].by.display_name in str(lost[0])
    assert StageEvent.objects.filter(stage=stage).count() == 3
    assert world.stage("01").state == won[0].to_state
    assert tallies.differences() == []


def test_without_having_looked_the_second_is_refused(committed_world):
    world = committed_world
    stage = world.stage("01")

    def receive():
        return actions.act(by=world.pm, stage=stage, action="receive", occurred_at=NOW, now=NOW)

    results = at_once(receive, receive)
    assert sorted(type(r).__name__ for r in results) == ["Refused", "StageEvent"], results


def test_the_same_request_at_once_is_one_event(committed_world):
    world = committed_world
    stage = world.stage("01")

    def receive():
        return actions.act(by=world.pm, stage=stage, action="receive", occurred_at=NOW, now=NOW, key="once")

    results = at_once(receive, receive)
    assert results[0] == results[1] == StageEvent.objects.get()


def test_eight_acts_on_one_chain_all_land(committed_world):
    world = committed_world
    stages = list(Stage.objects.filter(chain=world.chain).order_by("position"))

    def job(stage, action, note=""):
        return lambda: actions.act(by=world.pm, stage=stage, action=action, occurred_at=NOW, now=NOW, note=note)

    jobs = [job(stage, "receive") for stage in stages] + [job(stage, "note", "说明") for stage in stages[:3]]
    results = at_once(*jobs)
    assert not [r for r in results if isinstance(r, Refused)], results
    assert all(isinstance(r, StageEvent) for r in results), results
    assert StageEvent.objects.count() == 8
    assert set(Stage.objects.values_list("state", flat=True)) == {State.RECEIVED}
    assert tallies.differences() == []
    assert len(Project.objects.get().current_stages) == 4
