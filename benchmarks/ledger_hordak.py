"""django-hordak with the overdraft guard that it lacks: lock the account, ask its balance, then transfer.

`recording` is the same, and does besides what every posting of ours does and hordak leaves to its user: a key that is
known once, a number without holes, an entry in a chained audit log. In plain SQL, the leanest that comes to mind.
"""

import hashlib
import uuid

from django.db import connection, transaction

RECORDS = """
CREATE TABLE bench_number (year int PRIMARY KEY, last_number int NOT NULL);
CREATE TABLE bench_document (year int, number int, key text UNIQUE NOT NULL, transaction_id bigint NOT NULL,
                             at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (year, number));
CREATE TABLE bench_head (id int PRIMARY KEY, sequence bigint NOT NULL, hash text NOT NULL);
CREATE TABLE bench_audit (sequence bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), kind text NOT NULL,
                          target text NOT NULL, prev_hash text NOT NULL, hash text NOT NULL);
INSERT INTO bench_number VALUES (2026, 0);
INSERT INTO bench_head VALUES (1, 0, repeat('0', 64));
"""


class Overdrawn(Exception):
    """The guard said no."""


def poster(rng, hot, record=None):
    """Return a function that moves one unit from a pool to a holding, and then calls `record` with the transaction."""
    from djmoney.money import Money
    from hordak.models import Account

    pools = list(Account.objects.filter(name__startswith="pool").order_by("pk"))
    holdings = list(Account.objects.filter(name__startswith="holding").order_by("pk"))
    if hot:
        pools = pools[:1]
    one = Money(1, "EUR")

    def post():
        pool, holding = rng.choice(pools), rng.choice(holdings)
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=pool.pk)
            if locked.get_balance()["EUR"].amount < 1:
                raise Overdrawn
            made = locked.transfer_to(holding, one)
            if record:
                record(made)

    return post


def recording(rng, hot):
    """Return a function that moves one unit and leaves the records of a ledger."""
    return poster(rng, hot, _record)


def _record(made):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_number SET last_number = last_number + 1 WHERE year = 2026 RETURNING last_number")
        (number,) = cursor.fetchone()
        key = uuid.uuid4().hex
        cursor.execute(
            "INSERT INTO bench_document (year, number, key, transaction_id) VALUES (2026, %s, %s, %s)",
            [number, key, made.pk],
        )
        cursor.execute("SELECT sequence, hash FROM bench_head WHERE id = 1 FOR UPDATE")
        sequence, before = cursor.fetchone()
        own = hashlib.sha256(f"{sequence + 1}|{key}|{made.pk}|{before}".encode()).hexdigest()
        cursor.execute(
            "INSERT INTO bench_audit (sequence, kind, target, prev_hash, hash) VALUES (%s, 'posting', %s, %s, %s)",
            [sequence + 1, str(made.pk), before, own],
        )
        cursor.execute("UPDATE bench_head SET sequence = %s, hash = %s WHERE id = 1", [sequence + 1, own])
