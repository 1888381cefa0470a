"""The audit log cannot be changed, and a change made behind the application's back is found."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from people import audit, triggers
from people.models import AuditEntry, AuditHead, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(db):
    user = User.objects.create_user("li", display_name="李", role="pm")
    for number in range(5):
        audit.record("export", by=user, target=user, rows=number)
    return user


def tamper(**changes):
    """Change the third entry as somebody with the database's password would."""
    with triggers.lifted():
        AuditEntry.objects.filter(sequence=3).update(**changes)


def test_numbers_have_no_gap_and_the_chain_holds(entries):
    assert list(AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]
    assert audit.verify() == (5, None)


@pytest.mark.both_databases
@pytest.mark.parametrize("verb", ["update", "delete", "save"])
def test_the_database_refuses_to_change_an_entry(entries, verb):
    row = AuditEntry.objects.get(sequence=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        if verb == "update":
            AuditEntry.objects.filter(pk=row.pk).update(kind="login")
        elif verb == "delete":
            AuditEntry.objects.filter(pk=row.pk)._raw_delete("default")
        else:
            row.kind = "login"
            row.save()
    assert audit.verify() == (5, None)


@pytest.mark.parametrize(
    "changes", [{"kind": "login"}, {"detail": {"rows": 9}}, {"by_name": "wang"}, {"ip": "10.0.0.1"}, {"target_id": "7"}]
)
def test_a_changed_entry_is_found(entries, changes):
    tamper(**changes)
    assert audit.verify()[1] == audit.Fault(3, "changed")


def test_a_changed_entry_with_a_new_hash_breaks_the_next_link(entries):
    row = AuditEntry.objects.get(sequence=3)
    row.kind = "login"
    tamper(kind="login", hash=audit.digest(row))
    assert audit.verify()[1] == audit.Fault(4, "broken link")


def test_a_removed_entry_and_a_cut_tail_are_found(entries):
    with triggers.lifted():
        AuditEntry.objects.filter(sequence=5).delete()
    assert audit.verify()[1] == audit.Fault(5, "cut off")
    with triggers.lifted():
        AuditEntry.objects.filter(sequence=2).delete()
    assert audit.verify()[1].reason == "missing"


def test_triggers_stand_again_after_they_were_lifted(entries):
    tamper(kind="login")
    assert not triggers.missing(connection)


def test_lost_triggers_are_made_again_after_migrate(entries):
    triggers.drop(connection, "people_auditentry")
    assert "people_auditentry_no_update" in triggers.missing(connection)
    triggers.restore(connection)
    assert not triggers.missing(connection)


def test_an_entry_of_a_rolled_back_action_vanishes_with_it(entries):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("import", by=entries)
        raise RuntimeError
    audit.record("print", by=entries)
    assert audit.verify() == (6, None)


def test_detail_keeps_dates_and_chinese(entries):
    from datetime import date

    entry = audit.record("print", by=entries, day=date(2026, 11, 20), name="𬭎\r\n注入")
    entry.refresh_from_db()
    assert entry.detail == {"day": "2026-11-20", "name": "𬭎\r\n注入"}
    assert audit.verify()[1] is None


def test_there_is_one_head(entries):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditHead.objects.create(pk=2, sequence=0, hash="")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_writers_stand_in_a_row():
    user = User.objects.create_user("li", display_name="李", role="pm")
    audit.record("login", by=user)

    def write():
        for _number in range(5):
            audit.record("export", by=user)
        connection.close()

    threads = [threading.Thread(target=write) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify() == (21, None)
