"""One writer or reader of the crowd. It runs in a process of its own with a connection of its own.

Mix of a writer, in percent (reliability.md A3(1)): reserve 35, confirm 20, release 15, expire 5, adjust the limit 5,
reverse 5, between pools 5, repeat an earlier request with its key 10. Two in a hundred reservations go through vouchers
(draft, submit, and somebody else passes, refuses or withdraws); now and then a project is changed, as other users do.

Before each call the writer notes the entry in a file, after the reply it notes the id. So a writer that comes after one
that was killed can repeat the request of which nobody knows the outcome, and the checker knows every id that was told.
"""

import json
import os
import random
import time
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import translation

from factors import actions, entries, invariants, ledger
from factors.models import Account, Posting, Reservation, Voucher
from factors.refusals import LedgerRefused, Refused
from factors.rules import Entry, Line
from people import audit
from people.models import User
from projects.models import Project
from tests.factors.soak import city

MIX = {"reserve": 33, "confirm": 20, "release": 15, "expire": 5, "adjust": 5, "reverse": 5, "move": 5, "repeat": 10,
       "voucher": 2}  # fmt: skip
DAY_SECONDS = 6  # a day of the city


def ended_by_server(error: BaseException | None) -> bool:
    """Say whether the server ended the connection, by what was raised or by what that was raised on the way out of.

    An `executemany` of psycopg runs in a pipeline. When it is told of the end and the socket is still open, leaving
    the pipeline fails too ("cannot exit pipeline mode while busy"), and that is what is raised; the reason is the
    context. So it went for 9 of 5,900 connections that were ended during an `executemany`.
    """
    while error is not None:
        if getattr(error, "sqlstate", None) == "57P01" or "closed the connection" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


class Writer:
    """`job`: number, generation, attempts, seed, folder, started (time.time() of the run)."""

    def __init__(self, job: dict):
        self.job, self.random = job, random.Random(f"{job['seed']}:{job['number']}:{job['generation']}")
        self.counts, self.errors, self.took = Counter(), [], []
        self.count, self.mine = 0, []
        path = f"{job['folder']}/writer{job['number']}"
        self.log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.path = path
        rows = Account.objects.select_related("cap", "book__kind").order_by("book__kind_id", "pk")
        self.pools = [row for row in rows if row.role == "pool"]
        hot = next(row for row in self.pools if row.book.kind.code == "energy" and row.code == "pool0")
        self.hot = hot
        self.holdings = {
            pool.pk: [h for h in rows if h.role == "holding" and h.book_id == pool.book_id
                      and h.code.startswith(pool.code.replace("pool", "holding") + ".")]
            for pool in self.pools
        }  # fmt: skip
        self.issuers = {row.book_id: row for row in rows if row.role == "issuer"}
        self.officers = list(User.objects.filter(username__in=city.OFFICERS))

    @property
    def instant(self) -> datetime:
        """The instant in the city, whose days pass quickly."""
        return city.NOW + timedelta(days=(time.time() - self.job["started"]) / DAY_SECONDS)

    @property
    def today(self) -> date:
        return self.instant.date()

    @property
    def now(self) -> datetime:
        """What a request would have read from the clock: some time before it gets its turn."""
        return self.instant - timedelta(minutes=self.random.randint(0, 30))

    # --- one call -----------------------------------------------------------------------------------------------------
    def post(self, entry: Entry):
        """Post one entry and note it; None when it was refused. A lost connection is tried again with the same key."""
        self.note({"try": asdict(entry)})
        began = time.perf_counter()
        # Who dates an entry today has seen midnight pass.
        midnight = datetime.combine(entry.occurred_on, datetime.min.time(), self.instant.tzinfo)
        for _again in range(3):
            try:
                (posted,) = ledger.post([entry], now=max(self.now, midnight))
                break
            except LedgerRefused as refused:
                self.counts["refused"] += 1
                self.counts[f"refused: {refused.code}"] += 1
                self.note({"no": refused.code})
                return None
            except (DatabaseError, InterfaceError) as error:
                if not self.was_cut_off(error):
                    raise
        else:
            return None
        self.took.append(time.perf_counter() - began)
        self.note({"id": posted.id, "key": posted.key})
        self.counts["replayed" if posted.replayed else "posted"] += 1
        return posted

    def was_cut_off(self, error) -> bool:
        """Say whether the connection was terminated (the runner does that); it is given up then."""
        there = connection.connection
        if not ended_by_server(error) and there is not None and not getattr(there, "closed", False):
            return False
        connection.close()
        self.counts["cut off"] += 1
        if there is None:
            time.sleep(0.05)  # no connection was to be had: the server recovers
        return True

    def note(self, what: dict) -> None:
        os.write(self.log, (json.dumps(what, default=str) + "\n").encode())

    # --- the mix ------------------------------------------------------------------------------------------------------
    def run(self) -> dict:
        """Repeat what a predecessor left open, then make attempts until they are used up or the run ends."""
        self.finish_predecessor()
        kinds, weights = list(MIX), list(MIX.values())
        stop = f"{self.job['folder']}/stop"
        for number in range(1, self.job["attempts"] + 1):
            self.count = number
            if os.path.exists(stop):
                break
            kind = self.random.choices(kinds, weights)[0]
            self.counts["attempts"] += 1
            try:
                getattr(self, f"do_{kind}")()
                if self.random.random() < 0.02:
                    self.change_a_project()
            except (DatabaseError, InterfaceError) as error:
                if not self.was_cut_off(error):
                    self.fail(kind, error)
            except Exception as error:
                self.fail(kind, error)
            if len(self.errors) > (0 if self.job["mutant"] else 20):  # a mutant needs to be seen once
                Path(stop).touch()
                break
        return self.report()

    def fail(self, kind, error) -> None:
        self.errors.append(f"{kind}: {type(error).__name__}: {error}"[:300])
        connection.close()

    def report(self) -> dict:
        took = sorted(self.took) or [0]
        return {
            "counts": dict(self.counts),
            "errors": self.errors,
            "p50": took[len(took) // 2],
            "p99": took[int(len(took) * 0.99)],
        }

    def finish_predecessor(self) -> None:
        """Post again the last request of which no answer was noted."""
        last = None
        with open(self.path, errors="replace") as file:
            for line in file:
                try:
                    what = json.loads(line)
                except ValueError:
                    continue  # cut in the middle
                last = what.get("try")
        if last:
            day = {name: date.fromisoformat(last[name]) for name in ("occurred_on", "renewed_until") if last[name]}
            lines = tuple(
                Line(**{**line, "expires_on": line["expires_on"] and date.fromisoformat(line["expires_on"])})
                for line in last.pop("lines")
            )
            self.post(Entry(**{**last, **day, "lines": lines}))
            self.counts["outcome unknown"] += 1

    def key(self) -> str:
        return f"{self.job['seed']}.{self.job['number']}.{self.job['generation']}.{self.count}"

    def pool(self) -> Account:
        return self.hot if self.random.random() < 0.5 else self.random.choice(self.pools)

    def made(self, entry) -> None:
        if self.post(entry) is not None:
            self.mine = [*self.mine[-40:], entry]

    def do_reserve(self):
        pool = self.pool()
        pool.refresh_from_db(fields=["debits_posted", "credits_posted", "debits_pending"])
        amount = self.random.randint(30, 150)  # on a loaded machine more runs out in between: ask for more than is left
        if pool.available and self.random.random() < 0.5:
            amount = pool.available  # all that is left: somebody else may be faster
        holding = self.random.choice(self.holdings[pool.pk])
        until = self.today + timedelta(days=self.random.randint(0, 5))
        self.made(entries.reserve(pool, holding, amount, until, key=self.key(), on=self.today))

    def open_one(self) -> Reservation | None:
        rows = Reservation.objects.filter(pool=self.pool(), resolved_by=None, twin_of=None).select_related("twin")
        some = list(rows[:8])
        return self.random.choice(some) if some else None

    def do_confirm(self):
        row = self.open_one()
        if row is None:
            return self.do_reserve()
        amount = self.random.choice([row.amount, self.random.randint(1, row.amount)])
        self.made(entries.confirm(row, amount, key=self.key(), on=self.today, keep_rest=self.random.random() < 0.5))

    def do_release(self, kind="release"):
        row = self.open_one()
        if row is None:
            return self.do_reserve()
        if kind == "release" and not row.renewed and self.random.random() < 0.2:
            return self.made(entries.renew(row, row.expires_on + timedelta(days=3), key=self.key(), on=self.today))
        key = f"expire:{row.pk}" if kind == "expire" else self.key()
        self.made(entries.release(row, key=key, on=self.today, kind=kind))

    def do_expire(self):
        self.do_release("expire")

    def do_adjust(self):
        pool, issuer = self.pool(), None
        issuer = self.issuers[pool.book_id]
        amount = self.random.randint(1, 60)
        kind, pair = self.random.choice(
            [("grant", (issuer, pool)), ("grant", (issuer, pool)), ("reduce", (pool, issuer))]
        )
        self.made(entries.move(kind, *pair, amount, key=self.key(), on=self.today))

    def do_move(self):
        pool = self.pool()
        if self.random.random() < 0.5:  # what was confirmed comes back
            holding = self.random.choice(self.holdings[pool.pk])
            holding.refresh_from_db(fields=["debits_posted", "credits_posted", "debits_pending"])
            amount = max(1, holding.available)
            return self.made(entries.move("recover", holding, pool, amount, key=self.key(), on=self.today))
        other = self.random.choice([p for p in self.pools if p.book_id == pool.book_id and p.pk != pool.pk])
        amount = self.random.randint(1, 40)
        self.made(entries.move("reallocate", pool, other, amount, key=self.key(), on=self.today))

    def do_reverse(self):
        entry = self.random.choice(self.mine) if self.mine else None
        if entry is None or entry.kind in ("reverse", "renew"):
            return self.do_reserve()
        posting = Posting.objects.get(key=entry.key)
        rows = posting.transfers.select_related("debit", "credit", "reservation", "resolves__reservation")
        try:
            made = entries.reverse(posting, rows.order_by("line"), key=self.key(), on=self.today)
        except ValueError:  # a reservation of it was resolved since
            self.counts["refused"] += 1
            self.counts["refused: resolved since"] += 1
            return
        self.made(made)

    def do_repeat(self):
        if self.mine and self.random.random() < 0.7:
            entry = self.random.choice(self.mine)
        else:  # the same request as other writers at this moment
            moment = int((time.time() - self.job["started"]) * 4)
            holding = self.holdings[self.hot.pk][0]
            entry = entries.reserve(
                self.hot, holding, 1, city.START + timedelta(days=9), key=f"{self.job['seed']}:{moment}", on=self.today
            )
        known = any(entry.key == other.key for other in self.mine)
        posted = self.post(entry)
        if known and posted is not None and not posted.replayed:
            self.errors.append(f"repeat: {entry.key} was made twice")

    # --- what goes through people -------------------------------------------------------------------------------------
    def do_voucher(self):
        waiting = list(Voucher.objects.filter(status="submitted").order_by("pk")[:4])
        with translation.override("en"):
            try:
                if len(waiting) < 3 or self.random.random() < 0.3:
                    self.ask()
                else:
                    self.decide(self.random.choice(waiting))
                self.counts["voucher steps"] += 1
            except (LedgerRefused, Refused) as refused:
                self.counts["refused"] += 1
                self.counts[f"refused: {refused.code}"] += 1

    def ask(self):
        pool, by, now = self.pool(), self.random.choice(self.officers), self.now
        line = actions.LineDraft(
            debit=pool,
            credit=self.random.choice(self.holdings[pool.pk]),
            amount=self.random.randint(1, 9),
            expires_on=self.today + timedelta(days=30),
        )
        voucher = actions.draft_voucher(
            by=by, now=now, kind="reserve", lines=[line], document_no="X〔2026〕1号", summary="预占", reason="压力"
        )
        actions.submit_voucher(by=by, voucher=voucher, now=now)

    def decide(self, voucher):
        now = self.now
        checker = self.random.choice([u for u in self.officers if u.pk != voucher.maker_id])
        step = self.random.choice(["pass", "pass", "refuse", "cancel"])
        if step == "pass":
            for posting in actions.pass_voucher(by=checker, voucher=voucher, now=now):
                self.note({"id": posting.pk, "key": posting.key})
        elif step == "refuse":
            actions.refuse_voucher(by=checker, voucher=voucher, now=now, reason="不同意")
        else:
            actions.cancel_voucher(by=voucher.maker, voucher=voucher, now=now)

    def change_a_project(self):
        """As users of other pages do: the project's row, then the audit log."""
        pk = self.random.choice(self.holdings[self.pool().pk]).project_id
        with transaction.atomic():
            project = Project.objects.select_for_update().get(pk=pk)
            Project.objects.filter(pk=pk).update(name=f"项目 {self.count}")
            audit.record("project.edit", target=project)
        self.counts["projects changed"] += 1


def write(job: dict) -> dict:
    """Be a writer; one whose connection is ended while it looks around begins again."""
    while True:
        try:
            writer = Writer(job)
            break
        except (DatabaseError, InterfaceError):
            if connection.vendor != "postgresql" or job["what"] != "writer":
                raise
            connection.close()
            time.sleep(0.05)
    return writer.run()


def read(job: dict) -> dict:
    """Ask again and again whether the ledger is sound, until the run stops. Counts locks that were waited for, too."""
    reads, faults, waits = 0, [], set()
    while not os.path.exists(f"{job['folder']}/stop"):
        faults += [str(fault) for fault in invariants.live()][:5]
        reads += 1
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid, query_start::text FROM pg_stat_activity "
                    "WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                waits |= set(cursor.fetchall())
        time.sleep(0.1)
    return {"reads": reads, "faults": faults[:20], "waits": sorted(waits)}


def count_queue_waits() -> list[int]:
    """Count how often this process found the writers' queue of SQLite taken. Returns a list that holds the number."""
    from config.sqlite.queue import Tickets

    waits, wait = [0], Tickets._wait

    def counting(self, number, deadline):
        if not self._lock(1, self.FIRST, number):  # LOCK_SH, up to the byte before our own
            waits[0] += 1
        wait(self, number, deadline)

    Tickets._wait = counting
    return waits
