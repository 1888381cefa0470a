"""Queries that are the same for everybody and every request, compiled once per process.

Django spends some ten times as long on building the SQL of a small query as the database on answering it; pages that
fill a dozen filters pay it a dozen times. What is kept is the statement, never an answer.
"""

from collections.abc import Callable

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


def literal(word: str) -> RawSQL:
    """Return a word that stands in the SQL itself, for the condition of a partial index: `filter(light=literal(…))`.

    SQLite uses such an index only where it sees the word of its condition, and a parameter hides it.
    """
    if not word.isidentifier():
        raise ValueError(word)
    return RawSQL(f"'{word}'", ())


class Prepared:
    """A `values_list` query without parameters from a request. Call it for the rows, as tuples.

    `make` returns the queryset; it is called once per kind of database. The columns are handed on as the driver gives
    them: text and whole numbers only, which need no conversion on either database.
    """

    def __init__(self, make: Callable[[], QuerySet]):
        self.make, self.kept = make, {}

    def __call__(self) -> list[tuple]:
        """Return all rows. One query."""
        if connection.vendor not in self.kept:
            self.kept[connection.vendor] = self.make().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(*self.kept[connection.vendor])
            return cursor.fetchall()
