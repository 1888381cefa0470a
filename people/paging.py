"""Keyset paging: the cursor is the last row's sort key, so page 2,000 costs what page 1 does, and rows do not slip."""

import base64
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q

LONGEST_CURSOR = 2_000


@dataclass(frozen=True)
class Page:
    """One page of rows in order, and the cursors (URL-safe text) of its neighbours, None where there is none."""

    rows: list
    before: str | None
    after: str | None


def page(queryset, order: tuple[str, ...], cursor: str, size: int = 50) -> Page:
    """Return one page of `queryset` by `order`, a tuple of non-null columns (or annotations) whose last is unique; "-x"
    descends.

    A cursor that is not one of ours, or of another order, shows the first page. One query.
    """
    found = decode(cursor, [_field(queryset, name.lstrip("-")) for name in order])
    backwards = found is not None and found[0] == "b"
    if found:
        queryset = queryset.filter(_beyond(order, found[1], backwards))
    rows = list(queryset.order_by(*(map(_flip, order) if backwards else order))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else found is not None
    has_after = backwards or more
    return Page(
        rows,
        encode("b", _key(rows[0], order)) if rows and has_before else None,
        encode("a", _key(rows[-1], order)) if rows and has_after else None,
    )


def _field(queryset, name: str):
    annotation = queryset.query.annotations.get(name)
    return annotation.output_field if annotation is not None else queryset.model._meta.get_field(name)


def encode(direction: str, values) -> str:
    """Return a cursor for the rows `direction` ("a" after, "b" before) a row with these sort values."""
    raw = json.dumps([direction, *values], default=str, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, fields: list) -> tuple[str, list] | None:
    """Return direction and values of a cursor, one value for each model field, or None when it is not one of ours."""
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return None
    try:
        direction, *raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_value(field, value) for field, value in zip(fields, raw, strict=True)]
    except (ValueError, TypeError, ArithmeticError, RecursionError, ValidationError):
        return None
    return (direction, values) if direction in ("a", "b") else None


def _value(field, raw):
    """Return the value for the column. Raises ValueError, TypeError, ArithmeticError or ValidationError otherwise."""
    if raw is None or isinstance(raw, list | dict | bool):
        raise TypeError(raw)
    if isinstance(raw, str):
        raw.encode()  # half a surrogate pair is no text
        if "\x00" in raw:  # nor is what PostgreSQL refuses
            raise ValueError(raw)
    return field.to_python(raw)


def _key(row, order) -> list:
    return [getattr(row, name.lstrip("-")) for name in order]


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order, values, backwards) -> Q:
    """Return the condition of lying strictly behind `values` in `order`."""
    condition = Q()
    for depth, name in enumerate(order):
        same = {order[i].lstrip("-"): values[i] for i in range(depth)}
        greater = name.startswith("-") == backwards
        condition |= Q(**same, **{f"{name.lstrip('-')}__{'gt' if greater else 'lt'}": values[depth]})
    return condition
