"""Reservations in the course of time: what has run out, what runs out soon.

A reservation holds through `expires_on`; from the next day on it is expired. No nightly job is needed: lists and gates
sweep before they read, as the lights of projects do, and `manage.py ledger expire` does the same.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from factors import entries, ledger, rights
from factors.models import Account, Posting, Reservation
from factors.refusals import LedgerRefused

BATCH = 200
NOTICE_DAYS = 7
SUMMARY = "预占到期"  # text of the journal, in the language of the house


def open_ones() -> QuerySet:
    """Return reservations that are neither confirmed nor released nor expired; those under a cap go with theirs."""
    return Reservation.objects.filter(resolved_by=None, twin_of=None)


def expiring(*, now: datetime, days: int = NOTICE_DAYS, user=None) -> QuerySet:
    """Return open reservations that hold today and run out within `days` days, the first first.

    With `user` only those whose holding he may see: the notice for project managers, service officers and keepers.
    """
    today = timezone.localtime(now).date()
    rows = open_ones()
    if user is not None:
        rows = rows.filter(holding__in=rights.visible_accounts(user).order_by().values("pk"))
    return (
        rows.filter(expires_on__range=(today, today + timedelta(days=days)))
        .select_related("pool__book__kind", "pool__book__source", "holding__project", "holding__enterprise")
        .order_by("expires_on", "pk")
    )


def due(today: date, account: Account | int | None = None) -> QuerySet:
    """Return open reservations whose last day has passed, all or those that hold something of one pool or cap."""
    rows = open_ones().filter(expires_on__lt=today)
    if account is not None:
        rows = rows.filter(Q(pool=account) | Q(twin__pool=account))
    return rows.order_by("pk")


def sweep(now: datetime, account: Account | int | None = None) -> int:
    """Expire what has run out, all or of one account; returns how many. Each is an entry of its own, by the system.

    One query when nothing is due. What the ledger refuses (an account with an entry of a later day) stays and is tried
    again with the next sweep; a reservation that somebody else settles meanwhile is left to him.
    """
    today = timezone.localtime(now).date()
    done, last = 0, 0
    while True:
        rows = list(due(today, account).filter(pk__gt=last).select_related("twin")[:BATCH])
        if not rows:
            return done
        last = rows[-1].pk
        done += _expire(rows, today, now)


def _expire(rows, today: date, now: datetime) -> int:
    made = [
        entries.release(row, kind=Posting.Kind.EXPIRE, key=f"expire:{row.pk}", on=today, summary=SUMMARY)
        for row in rows
    ]
    try:
        with transaction.atomic():
            return sum(not posted.replayed for posted in ledger.post(made, now=now))
    except LedgerRefused:
        if len(rows) == 1:
            return 0
    return sum(_expire([row], today, now) for row in rows)
