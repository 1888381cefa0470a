"""Nine ways to break the ledger, put in at run time. `scripts/mutants.py` shows each is caught.

Eight are those of reliability.md A3(1), the ninth is what ADR 0021 must not do.

A mutant changes the database when the city is built, or a writer when it starts; never the tree. Those of SQLite show
on SQLite, those of locks on PostgreSQL, where writers really are side by side.
"""

from dataclasses import dataclass
from pathlib import Path

from django.db import connection


@dataclass(frozen=True)
class Mutant:
    """What is broken, on which database it shows, and the mix that makes it show (`run` arguments)."""

    words: str
    vendor: str
    run: dict


FEW = {"writers": 8, "attempts": 800}
MUTANTS = {
    "no-lock": Mutant("accounts and reservations are read without a lock", "postgresql", FEW),
    "no-check": Mutant("the CHECK against overdraft is dropped", "postgresql", {"writers": 2, "attempts": 100}),
    "float": Mutant("totals are floats", "sqlite", {"writers": 2, "attempts": 200}),
    "commit-in-two": Mutant(
        "accounts are committed before the journal", "sqlite", {"writers": 2, "kills": 3, "place": "after-posting"}
    ),
    "key-not-unique": Mutant("the key is not unique, and looked for once only", "postgresql", FEW),
    "deferred": Mutant("BEGIN DEFERRED, and no queue", "sqlite", FEW),
    "state-by-update": Mutant(
        "a voucher's state is written without its lock", "postgresql", {"writers": 8, "attempts": 240}
    ),
    "expire-without-lock": Mutant("expiry does not lock or look again", "postgresql", FEW),
    "told-too-early": Mutant(
        "told before it is on disk", "postgresql", {"writers": 6, "kills": 8, "every": 0.3, "server": "kill"}
    ),
}


def infect(name: str, build: bool) -> None:
    """Break the database (with `build`) or this process in the named way."""
    act = (BUILDS if build else WRITERS).get(name)
    if act:
        act()
    elif name not in MUTANTS and name != MANY_VOUCHERS:
        raise KeyError(name)


def _function(*changes: tuple[str, str]) -> None:
    """Make the posting function with changes of its text, each of which must be there."""
    from factors.engines import postgresql

    text = (Path(postgresql.__file__).parent / "post.sql").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    original, Path.read_text = Path.read_text, lambda self, *args, **kwargs: text
    try:
        postgresql.install(connection)
    finally:
        Path.read_text = original


def _drop_constraint(table: str, like: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND conname LIKE %s", [table, like]
        )
        names = [name for (name,) in cursor.fetchall()]
        assert names
        for name in names:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


# What is broken is broken in both functions: that of any list of entries and that of one plain entry.
LOCKED_ONE = "AND (p_phase = 'post' OR p_amount = p_held)\n           FOR UPDATE;"
WAITS = "PERFORM pg_logical_emit_message(true, 'luodi', '');"
UNLOCKED = (
    ("                     FOR UPDATE\n              ) v ON true", "              ) v ON true"),
    (LOCKED_ONE, LOCKED_ONE.replace("\n           FOR UPDATE", "")),
)


def _key_not_unique() -> None:
    _drop_constraint("factors_posting", "%_key_%")
    _function(
        ("WHERE p.key = ANY(v_keys);", "WHERE false AND p.key = ANY(v_keys);"),
        ("FROM factors_posting p WHERE p.key = p_key;", "FROM factors_posting p WHERE false AND p.key = p_key;"),
    )


def _no_lock() -> None:
    _function(("ORDER BY tier, id FOR UPDATE", "ORDER BY tier, id"), *UNLOCKED)


def _expire_without_lock() -> None:
    _function(
        ("x.id = w.reservation AND x.resolved_by_id IS NULL",
         "x.id = w.reservation AND (w.phase = 'expire' OR x.resolved_by_id IS NULL)"),
        ("x.id = p_reservation AND x.resolved_by_id IS NULL",
         "x.id = p_reservation AND (p_phase = 'expire' OR x.resolved_by_id IS NULL)"),
        *UNLOCKED,
    )  # fmt: skip


def _float() -> None:
    from factors import ledger
    from factors.engines import sqlite

    whole = sqlite.totals
    sqlite.totals = lambda line: tuple(tuple(value * 0.1 * 10 for value in side) for side in whole(line))
    ledger._require_sound = lambda entries: None


def _commit_in_two() -> None:
    from factors.engines import sqlite

    move = sqlite._move

    def moved(cursor, entry, line, day):
        move(cursor, entry, line, day)
        connection.connection.execute("COMMIT")
        connection.connection.execute("BEGIN IMMEDIATE")

    sqlite._move = moved


def _deferred() -> None:
    from config.sqlite.base import DatabaseWrapper

    DatabaseWrapper.begin_turn = lambda self: False
    connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"


def _state_by_update() -> None:
    from factors import actions
    from factors.models import Voucher

    actions._locked = lambda voucher: Voucher.objects.get(pk=voucher.pk)
    mixed("voucher")


def _told_too_early() -> None:
    from factors.engines import postgresql

    postgresql.wait_for_disk = lambda connection: None


def mixed(kind: str) -> None:
    """Let half of the attempts be of one kind."""
    from tests.factors.soak import worker

    worker.MIX[kind] = 100


BUILDS = {
    "no-lock": _no_lock,
    "no-check": lambda: _drop_constraint("factors_account", "account_never_overdrawn"),
    "key-not-unique": _key_not_unique,
    "expire-without-lock": _expire_without_lock,
    "told-too-early": lambda: _function((WAITS, "NULL;")),
}
MANY_VOUCHERS = "many-vouchers"  # nothing is broken, but half of the work goes through people
WRITERS = {
    MANY_VOUCHERS: lambda: mixed("voucher"),
    "float": _float,
    "commit-in-two": _commit_in_two,
    "deferred": _deferred,
    "state-by-update": _state_by_update,
    "expire-without-lock": lambda: mixed("expire"),
    "told-too-early": _told_too_early,
}
