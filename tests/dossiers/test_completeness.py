"""How complete a card would be, and what the service officer's block says of it."""

import pytest

from dossiers.completeness import LINES, completeness, officer_slot
from projects.models import KeyPoint, Project
from tests.approvals import world as city

pytestmark = pytest.mark.django_db


def test_what_a_card_lacks(django_assert_num_queries):
    world = city.build()
    world.new_project(381726, "空白项目", chain=False, enterprise=None, park=None)
    ids = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    with django_assert_num_queries(5):
        empty, full = completeness(ids)
    assert set(full.missing) < set(empty.missing) == set(LINES)
    assert "sponsor" not in full.missing and "chain" not in full.missing and "energy" in full.missing
    KeyPoint.objects.create(project=world.project, name="started", planned_on=city.NOW.date())
    assert completeness(ids)[1].rate.n == full.rate.n + 1
    context = officer_slot(world.pm, ids, city.NOW).context
    total = context["rate"].N
    assert context["number"] == 2 and total == 2 * len(LINES)
    assert officer_slot(world.pm, [], city.NOW) is None
