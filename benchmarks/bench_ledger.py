"""The ledger's speed, everything side by side in one run:  python -m benchmarks.bench_ledger [--seconds 4] [--rounds 3]

Prints Markdown. PostgreSQL runs in a throw-away cluster that waits for the disk (scripts/with_postgres.py --durable),
SQLite in a throw-away file with synchronous=FULL. django-hordak needs requirements-bench.txt in a folder of its own
(`pip install --target FOLDER -r requirements-bench.txt`, HORDAK_PATH=FOLDER); without it its lines are left out.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ledger_worker import HORDAK

ROOT = Path(__file__).resolve().parent.parent
POOLS, HOLDINGS, PLENTY = 64, 10_000, 10**12
MINIMAL = """
CREATE TABLE IF NOT EXISTS bench_posting (id bigserial PRIMARY KEY, key text UNIQUE, at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS bench_entry (id bigserial PRIMARY KEY, posting bigint, account bigint, amount bigint);
CREATE TABLE IF NOT EXISTS bench_balance (account bigint PRIMARY KEY, balance bigint CHECK (balance >= 0));
INSERT INTO bench_balance SELECT id, 1000000000000 FROM factors_account ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION bench_post(k text, f bigint, t bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE p bigint; BEGIN
  INSERT INTO bench_posting (key) VALUES (k) RETURNING id INTO p;
  INSERT INTO bench_entry (posting, account, amount) VALUES (p, t, 1), (p, f, -1);
  UPDATE bench_balance SET balance = balance + 1 WHERE account = t;
  UPDATE bench_balance SET balance = balance - 1 WHERE account = f AND balance >= 1;
  RETURN p; END $$;
"""


def setting(hordak: bool) -> dict[str, str]:
    """Return the environment of a worker."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "0", "DEMO": "1"}
    if hordak:
        environ |= {
            "DJANGO_SETTINGS_MODULE": "benchmarks.hordak_settings",
            "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postgres?", "/hordak?"),
            "PYTHONPATH": os.environ["HORDAK_PATH"],
        }
    return environ


def rate(variant: str, writers: int, seconds: float, hot: bool) -> tuple[float, float]:
    """Return postings per second of all writers together, and the worst p99 of one posting in milliseconds."""
    command = [sys.executable, "-m", "benchmarks.ledger_worker", variant, str(seconds), str(writers)]
    done = subprocess.run(
        [*command, *(["hot"] if hot else [])],
        cwd=ROOT, env=setting(variant in HORDAK), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(told) != writers:
        raise RuntimeError(f"{variant}: {len(told)} of {writers} writers told")
    return sum(t["n"] / t["s"] for t in told), max(t["p99"] for t in told) * 1000


def prepare() -> None:
    """Make 64 pools and 10,000 holdings of one book, and the rival functions."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from factors.models import Account, Book, FactorKind, FactorSource

    call_command("migrate", verbosity=0)
    kind = FactorKind.objects.create(
        code="bench", name="b", group="energy", family="energy", unit="tce", year_end="keep"
    )
    book = Book.objects.create(code="bench", kind=kind, source=FactorSource.objects.create(kind=kind))
    Account.objects.bulk_create(
        Account(book=book, role=role, code=f"{role}{n}", name=str(n), period="2026", tier=Account.TIERS[role],
                credits_posted=PLENTY if role == "pool" else 0)
        for role, number in (("pool", POOLS), ("holding", HOLDINGS))
        for n in range(number)
    )  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(MINIMAL)


HORDAK_SETUP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from djmoney.money import Money
from hordak.models import Account
issuer = Account.objects.create(name="issuer", type="LI", currencies=["EUR"])
pools = [Account.objects.create(name=f"pool{n}", type="AS", currencies=["EUR"]) for n in range(64)]
[Account.objects.create(name=f"holding{n}", type="AS", currencies=["EUR"]) for n in range(200)]
for pool in pools: issuer.transfer_to(pool, Money(10**9, "EUR"))
from django.db import connection
from benchmarks.ledger_hordak import RECORDS
connection.cursor().execute(RECORDS)
"""
# Legs that balance, in the order hordak writes them, in SQL, its checks switched off: what is measured is reading
# them, and posting on top of them.
HORDAK_MORE = """
import sys, time, django; django.setup()
transfers = int(sys.argv[1])
from django.db import connection
from hordak.models import Account
with connection.cursor() as c:
    c.execute("SET session_replication_role = replica")
    c.execute("SELECT id FROM hordak_account WHERE name LIKE 'pool%'"); pools = [r[0] for r in c.fetchall()]
    c.execute("SELECT id FROM hordak_account WHERE name LIKE 'holding%'"); holds = [r[0] for r in c.fetchall()]
    c.execute("SELECT column_name FROM information_schema.columns WHERE table_name='hordak_leg'")
    columns = {r[0] for r in c.fetchall()}
    c.execute("INSERT INTO hordak_transaction (uuid, timestamp, date, description) "
              "SELECT gen_random_uuid(), now(), current_date, '' FROM generate_series(1, %s)", [transfers])
    currencies = [name for name in ("currency", "credit_currency", "debit_currency") if name in columns]
    names = ", ".join(["uuid, transaction_id, account_id, credit, debit, description", *currencies])
    values = "gen_random_uuid(), t.id, leg.account, leg.credit, leg.debit, ''" + ", 'EUR'" * len(currencies)
    c.execute(f"INSERT INTO hordak_leg ({names}) SELECT {values} FROM "
              "(SELECT id FROM hordak_transaction ORDER BY id DESC LIMIT %s) t CROSS JOIN LATERAL (VALUES "
              f"(1, (%s::int[])[1 + t.id %% {len(pools)}], 1, NULL::int), "
              f"(2, (%s::int[])[1 + t.id %% {len(holds)}], NULL, 1)) "
              "leg (n, account, credit, debit) ORDER BY t.id, leg.n", [transfers, pools, holds])
    c.execute("ANALYZE hordak_leg")
pool = Account.objects.get(name="pool0")
best = []
for _ in range(15):
    begun = time.perf_counter(); pool.get_balance(); best.append(time.perf_counter() - begun)
print(sorted(best)[7])
"""


def write_more(first: int, transfers: int) -> float:
    """Add transfers to the journal; return milliseconds (median of 15) that one pool's available amount takes then."""
    from django.db import connection

    from factors import book_reading
    from factors.models import Account

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO factors_posting (year, number, key, kind, occurred_on, recorded_at, document_no, summary) "
            "SELECT 2025, n, 'old-' || n, 'reallocate', '2025-01-01', now(), '', '' "
            "FROM generate_series(%s, %s) n",
            [first, first + transfers - 1],
        )
        cursor.execute(
            "INSERT INTO factors_transfer (posting_id, line, phase, debit_id, credit_id, amount) "
            "SELECT p.id, 1, 'posted', (%s::bigint[])[1 + p.number %% 64], (%s::bigint[])[1 + (p.number + 7) %% 64], 1 "
            "FROM factors_posting p WHERE p.year = 2025 AND p.number >= %s",
            [ids := list(Account.objects.filter(role="pool").values_list("pk", flat=True)), ids, first],
        )
        cursor.execute("ANALYZE factors_transfer")
    pool = Account.objects.filter(role="pool").first()
    return median(lambda: book_reading.live(pool.pk).available)


def median(call, times: int = 15) -> float:
    """Return the median of some runs, in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


SHAPES = [(1, False), (16, False), (16, True)]


def interleaved(variants: list[str], seconds: float, rounds: int) -> dict:
    """Return {(variant, writers, hot): [(postings per second, worst p99 in ms) of each round]}."""
    found: dict = {}
    for _round in range(rounds):
        for writers, hot in SHAPES:
            for variant in variants:
                found.setdefault((variant, writers, hot), []).append(rate(variant, writers, seconds, hot))
    return found


def show(found: dict, variants: list[str], rivals: list[str]) -> dict:
    """Print the rates and how many times faster ours is than its rivals. Returns the median rates."""
    print("| way | 1 writer | 16 writers | 16 on one pool | worst p99 of one, ms |\n|---|--:|--:|--:|--:|")
    speed = {key: statistics.median(r for r, _p in told) for key, told in found.items()}
    for variant in variants:
        cells = [f"{speed[variant, *shape]:,.0f}" for shape in SHAPES]
        slowest = max(p for shape in SHAPES for _r, p in found[variant, *shape])
        print(f"| {variant} | {' | '.join(cells)} | {slowest:,.0f} |")
    print("\n| ours is × | 1 writer | 16 writers | 16 on one pool |\n|---|--:|--:|--:|")
    for variant in rivals:
        print(f"| {variant} | " + " | ".join(f"{speed['ours', *s] / speed[variant, *s]:.2f}" for s in SHAPES) + " |")
    return speed


def measure(seconds: float, rounds: int, sizes: list[int]) -> None:
    """Print the tables of the database that DATABASE_URL names. Runs inside the throw-away cluster or file."""
    from django.db import connection

    from benchmarks.ledger_worker import batch_size

    prepare()
    postgresql = connection.vendor == "postgresql"
    hordak = postgresql and bool(os.environ.get("HORDAK_PATH"))
    if hordak:
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE hordak")
        subprocess.run([sys.executable, "-c", HORDAK_SETUP], cwd=ROOT, env=setting(True), check=True)
    connection.close()
    variants = ["ours", "raw", "minimal" if postgresql else "queued", "naive", *(HORDAK if hordak else []), "batch"]
    found = interleaved(variants, seconds, rounds)
    print(f"### {connection.vendor}, postings a second (median of {rounds} interleaved rounds of {seconds:g} s)\n")
    speed = show(found, variants, variants[1:-1])
    batches = " | ".join(f"{speed['batch', *s] / speed['ours', *s]:.1f}" for s in SHAPES)
    print(f"| batch of {batch_size()} ÷ one by one | {batches} |")
    if postgresql:
        with_more(sizes, seconds, rounds, hordak)


def with_more(sizes: list[int], seconds: float, rounds: int, hordak: bool) -> None:
    """Print what a balance and a posting cost when the books are not empty: so many entries, so many legs."""
    written = 0
    for size in sizes:
        more = size // 2 - written
        mine = write_more(written + 1, more)
        written += more
        print(f"\nAvailable amount of one pool, {size:,} entries: ours {mine:.2f} ms", end="")
        if not hordak:
            print(".")
            continue
        command = [sys.executable, "-c", HORDAK_MORE, str(more)]
        out = subprocess.run(command, cwd=ROOT, env=setting(True), check=True, capture_output=True, text=True).stdout
        other = float(out.splitlines()[-1]) * 1000
        print(f", hordak {other:.1f} ms: {other / mine:.0f} ×.\n\nPostings a second on top of them:\n")
        both = ["ours", *HORDAK]
        show(interleaved(both, seconds, rounds), both, both[1:])


def main() -> None:
    """Measure on both databases, each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--databases", default="postgres,sqlite")
    parser.add_argument("--entries", default="1000000", help="how full the books are then, growing: 100000,1000000")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        os.environ.update(setting(False))
        measure(options.seconds, options.rounds, [int(size) for size in options.entries.split(",")])
        return
    me = [sys.executable, "-m", "benchmarks.bench_ledger", "--inside", "--seconds", str(options.seconds)]
    me += ["--rounds", str(options.rounds), "--entries", options.entries]
    for database in options.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
            environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
            command = (
                [sys.executable, "scripts/with_postgres.py", "--durable", "--", *me] if database == "postgres" else me
            )
            subprocess.run(command, env=environ, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
