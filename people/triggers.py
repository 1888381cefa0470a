"""Tables whose rows can be added but never changed or removed: triggers on SQLite and PostgreSQL.

An app registers a table with `append_only("app_model")` in its `AppConfig.ready`. Django rebuilds SQLite tables in
schema migrations and drops their triggers on the way, so after every `migrate` they are made again and counted.
"""

from contextlib import contextmanager

from django.db import connections, transaction

_tables: set[str] = set()

SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION luodi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL = """
CREATE OR REPLACE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH {level} EXECUTE FUNCTION luodi_append_only()
"""
VERBS = {"sqlite": ("update", "delete"), "postgresql": ("update", "delete", "truncate")}


class TriggersMissing(Exception):
    """After a migration fewer triggers stand than the registered tables need."""


def append_only(table: str) -> None:
    """Register a table; its triggers are made after the next `migrate`."""
    _tables.add(table)


def registered() -> tuple[str, ...]:
    """Return the registered tables, in order of their names."""
    return tuple(sorted(_tables))


def install(connection, table: str) -> None:
    """Make the triggers of one table. Does nothing where they stand; no other database vendor is supported."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_FUNCTION)
        for verb in VERBS[connection.vendor]:
            if connection.vendor == "sqlite":
                cursor.execute(SQLITE.format(table=table, verb=verb))
            else:
                level = "STATEMENT" if verb == "truncate" else "ROW"
                cursor.execute(POSTGRESQL.format(table=table, verb=verb, level=level))


def drop(connection, table: str) -> None:
    """Remove the triggers of one table."""
    with connection.cursor() as cursor:
        for verb in VERBS[connection.vendor]:
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}")


def standing(connection) -> set[str]:
    """Return the names of our triggers that stand in the database. One query."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def missing(connection) -> set[str]:
    """Return the names of triggers that should stand and do not."""
    return {f"{table}_no_{verb}" for table in _tables for verb in VERBS[connection.vendor]} - standing(connection)


def restore(connection) -> None:
    """Make the triggers of every registered table that exists, and count them.

    Raises TriggersMissing when one still lacks.
    """
    present = set(connection.introspection.table_names())
    for table in _tables & present:
        install(connection, table)
    lacking = {name for name in missing(connection) if name.rsplit("_no_", 1)[0] in present}
    if lacking:
        raise TriggersMissing(", ".join(sorted(lacking)))


def restore_after_migrate(sender, using, **kwargs) -> None:
    """Listen to post_migrate (sent once per app, after all migrations): work once, for the app `people`."""
    if sender.label == "people":
        restore(connections[using])


@contextmanager
def lifted(using: str = "default"):
    """Take the triggers away inside one transaction: for `demo reset` and the clean-up of tests, nothing else."""
    connection = connections[using]
    with transaction.atomic(using=using):
        present = set(connection.introspection.table_names())
        for table in _tables & present:
            drop(connection, table)
        yield
        restore(connection)


def installer(table: str):
    """Return a function for `migrations.RunPython` that makes the triggers of `table`."""

    def forwards(apps, schema_editor):
        install(schema_editor.connection, table)

    return forwards


def remover(table: str):
    """Return the reverse of `installer`."""

    def backwards(apps, schema_editor):
        drop(schema_editor.connection, table)

    return backwards
