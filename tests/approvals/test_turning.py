"""Lights turned thousands at a time say what one chain derived anew says, on random portfolios."""

import datetime as dt
import random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import keeping, turning, verify
from approvals.models import Chain, Stage
from calendars import store
from demo import generator
from projects.models import Project
from projects.tallies import differences

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=timezone.get_default_timezone())


def stored() -> list:
    """Return every row that a sweep may write, as it is stored."""
    return [list(model.objects.order_by("pk").values()) for model in (Stage, Chain, Project)]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.django_db
def test_a_sweep_stores_what_refreshing_chain_by_chain_stores(seed):
    generator.build(20, NOW, seed=seed, shapes=20)
    for hours in sorted(random.Random(seed).sample(range(1, 24 * 60), 5)):
        now = NOW + dt.timedelta(hours=hours)
        due = list(Project.objects.filter(next_flip_at__lte=now).values_list("pk", flat=True))
        with transaction.atomic():
            for chain in Chain.objects.filter(project__in=due):
                keeping.refresh(chain, now)
            one_by_one = stored()
            transaction.set_rollback(True)
        assert keeping.sweep(now) == len(due)
        assert stored() == one_by_one
    assert differences() == []
    assert [difference for _chain, found in verify.chains(now, store.current()) for difference in found] == []


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_sweep_asks_as_many_queries_for_many_projects_as_for_few():
    now = timezone.localtime()
    generator.build(80, now, shapes=16)
    later = now + dt.timedelta(days=30)
    counts = []
    for limit in (5, 1000):
        with CaptureQueriesContext(connection) as queries:
            counts.append((turning.turn(later, store.current(), limit), len(queries)))
    (few, asked), (many, asked_for_many) = counts
    assert few == 5 < 20 < many
    assert asked <= asked_for_many <= 20  # with the savepoints and the calendar
    assert keeping.sweep(later) == 0
    assert differences() == []


@pytest.mark.django_db
def test_a_project_without_chain_is_not_due_for_ever(world):
    bare = world.new_project(2, "没有审批链", chain=False)
    Project.objects.filter(pk=bare.pk).update(next_flip_at=NOW)
    assert keeping.sweep(NOW) == 1
    assert keeping.sweep(NOW) == 0
