"""Statements compiled once give the rows of the ids that they are called with, whoever was first."""

import pytest

from people.models import Department
from people.prepared import Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def departments():
    """Return five departments, the later ones below the first."""
    first = Department.objects.create(code="d0", name="甲局")
    return [first, *(Department.objects.create(code=f"d{i}", name=f"{i}处", parent=first) for i in range(1, 5))]


def test_ids_and_lists_of_ids_take_their_places_in_any_order_of_the_columns(departments):
    first, *others = departments
    ask = Prepared(
        lambda ids, parent: (
            Department.objects.filter(parent=parent, pk__in=ids).exclude(code="d1").order_by("code").values_list("code")
        )
    )
    assert ask([one.pk for one in others], first.pk) == [("d2",), ("d3",), ("d4",)]
    assert ask([one.pk for one in others[:3]], first.pk) == [("d2",), ("d3",)]  # filled up to four: the same statement
    assert ask([others[3].pk], first.pk) == [("d4",)]
    assert ask([others[3].pk], others[0].pk) == []
    assert len(ask.kept) == 2


def test_an_empty_list_of_ids_asks_nothing(departments, django_assert_num_queries):
    ask = Prepared(lambda ids: Department.objects.filter(pk__in=ids).values_list("code"))
    with django_assert_num_queries(0):
        assert ask([]) == []
