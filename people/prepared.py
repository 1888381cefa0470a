"""Queries that differ from request to request by numbers at the most, compiled once per process.

Django spends some ten times as long on building the SQL of a small query as the database on answering it; pages that
fill a dozen filters pay it a dozen times. What is kept is the statement, never an answer.
"""

from collections.abc import Callable, Iterator
from itertools import count

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


STAND_IN = -1_000_000_000
"""The first of the numbers that stand in for ids: no row has it."""


class Prepared:
    """A `values_list` query whose only parameters are ids. Call it with them for the rows, as tuples.

    `make` returns the queryset; it is called once per kind of database with numbers that stand in for the ids, and
    once per length of a list of ids (lengths are filled up to a power of two by naming the last id again). The columns
    are handed on as the driver gives them: text and whole numbers only, which need no conversion on either database.
    """

    def __init__(self, make: Callable[..., QuerySet]):
        self.make, self.kept = make, {}

    def __call__(self, *values: int | list[int]) -> list[tuple]:
        """Return all rows, none where a list of ids is empty. One query."""
        if [] in values:
            return []
        values = [_filled(value) if isinstance(value, list) else value for value in values]
        shape = (connection.vendor, *(len(value) if isinstance(value, list) else 0 for value in values))
        if shape not in self.kept:
            self.kept[shape] = self.compiled(values)
        sql, parameters = self.kept[shape]
        given = dict(zip(count(STAND_IN), _flat(values), strict=False))
        with connection.cursor() as cursor:
            cursor.execute(sql, [given.get(parameter, parameter) for parameter in parameters])
            return cursor.fetchall()

    def compiled(self, values) -> tuple[str, tuple]:
        """Return the statement and its parameters for values of this shape, with stand-ins for the ids."""
        numbers = count(STAND_IN)
        stand_ins = [[next(numbers) for _id in value] if isinstance(value, list) else next(numbers) for value in values]
        return self.make(*stand_ins).query.sql_with_params()


def _flat(values) -> Iterator[int]:
    for value in values:
        yield from value if isinstance(value, list) else [value]


def _filled(ids: list[int]) -> list[int]:
    return ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids))
