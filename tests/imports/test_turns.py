"""Two files written at once that lock rows in opposite order: both land, one after the other. On PostgreSQL."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from imports import running
from people.models import District
from tests.approvals.test_races import at_once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again():
    rows = [District.objects.create(code=f"99000{n}", name=f"区{n}") for n in (1, 2)]
    both_hold_one, tries = threading.Barrier(2), []

    def job(first, second, letter):
        def write():
            tries.append(letter)
            with transaction.atomic():
                for row in (first, second):
                    found = District.objects.select_for_update().get(pk=row.pk)
                    found.name += letter
                    found.save()
                    if row is first and tries.count(letter) == 1:
                        both_hold_one.wait(20)

        def run():
            running.taking_turns(write)

        return run

    assert at_once(job(*rows, "甲"), job(*reversed(rows), "乙")) == [None, None]
    assert len(tries) >= 3  # three, unless the machine is so busy that they meet once more
    for row in District.objects.filter(pk__in=[row.pk for row in rows]):
        assert sorted(row.name[2:]) == sorted("甲乙")


def test_other_errors_of_the_database_are_told_at_once():
    tries = []

    def write():
        tries.append(1)
        raise OperationalError("disk full")

    with pytest.raises(OperationalError):
        running.taking_turns(write)
    assert tries == [1]
    assert not connection.in_atomic_block
