"""`manage.py verify` finds what was changed behind the product's back; a generated portfolio is right."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.models import Chain, Stage
from demo import generator
from projects import search
from projects.models import Enterprise, LightTally, Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio():
    generator.build(12, timezone.localtime() - timedelta(minutes=5), shapes=5)


def verify(capsys) -> tuple[int, str]:
    try:
        call_command("verify")
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


@pytest.mark.both_databases
def test_a_generated_portfolio_is_right(portfolio, capsys):
    status, told = verify(capsys)
    assert status == 0, told
    assert "12 chains derived again" in told and " 0 differences" in told
    assert Stage.objects.count() == 12 * 19
    for model in (Project, Enterprise):
        for row in model.objects.all():
            assert set(row.search_text.split()) == set(search.index_text(*row.searchable()).split()), row


@pytest.mark.both_databases
def test_new_rows_are_numbered_behind_generated_ones(portfolio):
    last = Project.objects.order_by("-pk").first()
    made = Project.objects.create(
        code="2612-159901-04-01-999999", name="新", district=last.district, enterprise=last.enterprise
    )
    assert made.pk > last.pk


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda: Project.objects.filter(pk=Project.objects.first().pk).update(light="amber", sort_group=2), "light"),
        (lambda: Stage.objects.filter(pk=Stage.objects.first().pk).update(due_on="2031-01-01"), "due_on"),
        (lambda: Stage.objects.filter(pk=Stage.objects.first().pk).update(state=13), "state"),
        (lambda: Chain.objects.filter(pk=Chain.objects.first().pk).update(closed_on="2031-01-01"), "closed_on"),
        (lambda: LightTally.objects.filter(pk=LightTally.objects.first().pk).update(projects=99), "tally"),
    ],
)
def test_what_was_changed_behind_its_back_is_named(portfolio, capsys, change, named):
    change()
    status, told = verify(capsys)
    assert status == 1
    assert named in told
