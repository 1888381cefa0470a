"""Writing the journal: one function of the database on PostgreSQL, plain statements in one transaction on SQLite.

Both take the same prepared entries and do the same in the same order of locks: reservations, accounts (by tier, what
is shared by many last; with them the pools of demands whose holdings change), demands, voucher numbers, audit log.
`factors.ledger.post` is the only caller.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from factors.rules import Entry


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry with the pieces of its audit entry (`people.audit.pieces`) and its detail as JSON text."""

    entry: Entry
    head: str
    tail: str
    summary: str
    detail: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an entry. `replayed`: the key had been used before, and this is the entry of that time."""

    id: int
    year: int
    number: int
    key: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call wrote. `flips`: some demand is blocked that was not, or the other way round.

    `sealed` is False when the audit entries are still to be written (`seal`): as the last thing of the transaction.
    """

    posted: tuple[Posted, ...]
    flips: bool = False
    sealed: bool = True


def of(connection):
    """Return the engine of a database: a module with `write`, `write_alone`, `seal`, `wait_for_disk` and `install`."""
    return _engine(connection.vendor)


@cache
def _engine(vendor: str):
    return import_module(f"factors.engines.{vendor}")


def install_after_migrate(sender, using, **kwargs) -> None:
    """Listen to post_migrate: make the posting function anew from the code, where the database has one."""
    from django.db import connections

    connection = connections[using]
    if "factors_transfer" in connection.introspection.table_names():
        of(connection).install(connection)
