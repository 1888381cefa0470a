"""The writers of bench_ledger: they post as fast as they can for some seconds and print how often they did.

    python -m benchmarks.ledger_worker VARIANT SECONDS WRITERS [hot]

Variants: `ours` (factors.ledger.post), `raw` (the same function called by psycopg; on SQLite the same statements by
sqlite3), `queued` (SQLite: `raw` that lines up as every writer of the product does), `minimal` (PostgreSQL: posting,
transfer, two balances, nothing else), `naive` (the same rows by the ORM, the accounts locked by select_for_update),
`hordak`, `recording` (hordak that writes key, number and audit entry, too), `batch` (ours, as many entries a
transaction as the import of a file takes).
"""

import json
import multiprocessing
import os
import random
import sys
import time
import uuid
from datetime import date, timedelta

TODAY = date(2026, 11, 20)
UNTIL = TODAY + timedelta(days=180)
HORDAK = ("hordak", "recording")


def main(variant: str, seconds: float, writers: int, hot: bool) -> None:
    """Print {"n": postings, "s": seconds, "p99": seconds} for each of the writers, which begin together.

    They are forked from one process that has loaded everything, and connect after it.
    """
    import django

    django.setup()
    if variant in HORDAK:
        from benchmarks import ledger_hordak

        poster = ledger_hordak.recording if variant == "recording" else ledger_hordak.poster
    else:
        poster = POSTERS[variant]
    fork = multiprocessing.get_context("fork")
    begin, told = fork.Barrier(writers), fork.SimpleQueue()
    crowd = [fork.Process(target=write, args=(variant, poster, seconds, n, hot, begin, told)) for n in range(writers)]
    for one in crowd:
        one.start()
    for _one in crowd:
        print(json.dumps(told.get()))
    for one in crowd:
        one.join()


def write(variant, poster, seconds, seed, hot, begin, told) -> None:
    """Post as fast as it goes for some seconds, once all are ready."""
    post = poster(random.Random(seed), hot)
    post()  # prepared statements, caches
    begin.wait()
    begun = time.perf_counter()
    taken = []
    while (now := time.perf_counter()) - begun < seconds:
        post()
        taken.append(time.perf_counter() - now)
    taken.sort()
    each = batch_size() if variant == "batch" else 1
    told.put({"n": len(taken) * each, "s": time.perf_counter() - begun, "p99": taken[int(len(taken) * 0.99)]})


def accounts(rng, hot):
    """Return a function that draws a pool and a holding."""
    from factors.models import Account

    pools = list(Account.objects.filter(role="pool").order_by("pk"))
    holdings = list(Account.objects.filter(role="holding").order_by("pk"))
    if hot:
        pools = pools[:1]
    return lambda: (rng.choice(pools), rng.choice(holdings))


def ours(rng, hot):
    """Post through the product's own way in."""
    from django.utils import timezone

    from factors import entries, ledger

    draw = accounts(rng, hot)

    def post():
        pool, holding = draw()
        ledger.post([entries.reserve(pool, holding, 1, UNTIL, key=uuid.uuid4().hex, on=TODAY)], now=timezone.now())

    return post


def batch_size() -> int:
    """Return how many entries the import of a file posts in one transaction."""
    from factors import post_file

    return post_file.BATCH


def batch(rng, hot):
    """Post a batch of an import in one transaction."""
    from django.utils import timezone

    from factors import entries, ledger

    draw, size = accounts(rng, hot), batch_size()

    def post():
        made = [entries.reserve(*draw(), 1, UNTIL, key=uuid.uuid4().hex, on=TODAY) for _ in range(size)]
        ledger.post(made, now=timezone.now())

    return post


def naive(rng, hot):
    """Do the same by the ORM, as one would at first: lock, look, save, create."""
    from django.db import transaction
    from django.utils import timezone

    from factors.models import Account, JournalYear, Posting, Reservation, Transfer
    from people import audit

    draw = accounts(rng, hot)

    def post():
        pool, holding = draw()
        with transaction.atomic():
            rows = {
                a.pk: a for a in Account.objects.select_for_update().filter(pk__in=[pool.pk, holding.pk]).order_by("pk")
            }
            give, take = rows[pool.pk], rows[holding.pk]
            if give.available < 1:
                raise RuntimeError("empty")
            give.debits_pending += 1
            take.credits_pending += 1
            give.last_on = take.last_on = TODAY
            give.save()
            take.save()
            year = JournalYear.objects.select_for_update().get_or_create(year=TODAY.year)[0]
            year.last_number += 1
            year.save()
            row = Posting.objects.create(
                year=year.year,
                number=year.last_number,
                key=uuid.uuid4().hex,
                kind="reserve",
                occurred_on=TODAY,
                recorded_at=timezone.now(),
            )
            transfer = Transfer.objects.create(
                posting=row, line=1, phase="pending", debit=give, credit=take, amount=1, expires_on=UNTIL
            )
            Reservation.objects.create(
                transfer=transfer, pool=give, holding=take, amount=1, reserved_on=TODAY, expires_on=UNTIL
            )
            audit.record("ledger.posting", target=row, kind_of_entry="reserve")

    return post


def raw(rng, hot):
    """Call the posting function without Django between; on SQLite run the same statements through sqlite3."""
    from django.db import connection

    return (_raw_postgresql if connection.vendor == "postgresql" else _raw_sqlite)(rng, hot)


def _raw_postgresql(rng, hot):
    import psycopg
    from django.db import connection

    draw = accounts(rng, hot)
    parameters = {
        k: v for k, v in connection.get_connection_params().items() if k in ("host", "user", "dbname", "port")
    }
    link = psycopg.connect(autocommit=True, **parameters)

    def post():
        pool, holding = draw()
        link.execute(
            "CALL factors_post_alone(%s, 'reserve', %s, '', '', NULL, NULL, NULL, 'pending', %s, %s, 1, NULL, 0,"
            " %s, false, '', '', '', '{}', now(), NULL, '', NULL, NULL, NULL, NULL, NULL)",
            [uuid.uuid4().hex, TODAY, pool.pk, holding.pk, UNTIL],
        ).fetchone()

    return post


def _raw_sqlite(rng, hot):
    import sqlite3

    from django.db import connection

    from factors.engines import sqlite as engine

    draw = accounts(rng, hot)
    link = sqlite3.connect(connection.settings_dict["NAME"], timeout=20, isolation_level=None)
    link.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;"
    )
    day, until, run = TODAY.isoformat(), UNTIL.isoformat(), link.execute
    demands, flips = engine.DEMAND.format(marks="?, ?"), engine.FLIPS.format(marks="?, ?")
    years = "UPDATE factors_journalyear SET last_number = last_number + 1 WHERE year = 2026 RETURNING last_number"

    def post():
        (pool, holding), key = (row.pk for row in draw()), uuid.uuid4().hex
        run("BEGIN IMMEDIATE")
        run("SELECT id, year, number, key FROM factors_posting WHERE key IN (?)", [key]).fetchall()
        run(engine.ACCOUNTS, [pool, holding]).fetchall()
        run(engine.MOVE, [pool, 0, holding, 0, pool, 1, holding, 1, day, pool, holding, pool, 1])
        (number,) = run(years).fetchone()
        facts = [2026, number, key, "reserve", day, day, "", "", None, None, None, None, None, None]
        posting = run(engine.POSTING, facts).lastrowid
        transfer = run(engine.TRANSFER, [posting, 1, "pending", pool, holding, 1, None, until]).lastrowid
        run(engine.RESERVATION, [transfer, pool, holding, 1, day, until, False, None])
        run(demands, [pool, holding])
        run(flips, [pool, holding] * 3).fetchone()
        sequence, before = run("SELECT sequence, hash FROM people_audithead WHERE id = 1").fetchone()
        run(engine.AUDIT, [sequence + 1, day, None, "", None, str(posting), "", "{}", before, before])
        run("UPDATE people_audithead SET sequence = ?, hash = ? WHERE id = 1", [sequence + 1, before])
        run("COMMIT")

    return post


def queued(rng, hot):
    """As raw on SQLite, each posting in its turn: without the queue some writers wait for seconds."""
    from django.db import connection

    from config.sqlite.queue import queue_of

    alone, queue = _raw_sqlite(rng, hot), queue_of(os.path.realpath(connection.settings_dict["NAME"]))

    def post():
        queue.enter(20)
        try:
            alone()
        finally:
            queue.leave()

    return post


def minimal(rng, hot):
    """Call a function that only moves the two balances and writes posting and transfer (PostgreSQL)."""
    import psycopg
    from django.db import connection

    draw = accounts(rng, hot)
    parameters = {
        k: v for k, v in connection.get_connection_params().items() if k in ("host", "user", "dbname", "port")
    }
    link = psycopg.connect(autocommit=True, **parameters)
    key = iter(range(10**12))
    base = int.from_bytes(os.urandom(4), "big") % 10**8

    def post():
        pool, holding = draw()
        link.execute("SELECT bench_post(%s, %s, %s)", [f"{base}-{next(key)}", pool.pk, holding.pk]).fetchone()

    return post


POSTERS = {"ours": ours, "batch": batch, "naive": naive, "raw": raw, "queued": queued, "minimal": minimal}

if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), "hot" in sys.argv[4:])
