"""Keyset paging: the cursor is the last row's sort key, so page 2,000 costs what page 1 does, and rows do not slip."""

import base64
import json
from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True)
class Page:
    """One page of rows in order, and the cursors (URL-safe text) of its neighbours, None where there is none."""

    rows: list
    before: str | None
    after: str | None


def encode(direction: str, values) -> str:
    """Return a cursor for the rows `direction` ("a" after, "b" before) a row with these sort values."""
    raw = json.dumps([direction, *values], default=str, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[str, list] | None:
    """Return direction and values of a cursor, or None when it is not one of ours: then the list starts anew."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        direction, *values = json.loads(raw)
    except (ValueError, TypeError, UnicodeDecodeError):
        return None
    if direction not in ("a", "b") or len(values) != length or any(isinstance(v, list | dict) for v in values):
        return None
    return direction, values


def page(queryset, order: tuple[str, ...], cursor: str, size: int) -> Page:
    """Return one page of `queryset` by `order`, a tuple of non-null columns whose last is unique; "-x" descends.

    One query.
    """
    found = decode(cursor, len(order)) if cursor else None
    backwards = found is not None and found[0] == "b"
    names = [name.lstrip("-") for name in order]
    if found:
        try:
            queryset = queryset.filter(_beyond(order, found[1], backwards))
        except (ValueError, TypeError):
            found, backwards = None, False
    ordering = [_flip(name) for name in order] if backwards else list(order)
    rows = list(queryset.order_by(*ordering)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_before = (more if backwards else found is not None) and bool(rows)
    has_after = True if backwards else more
    return Page(
        rows,
        encode("b", _key(rows[0], names)) if has_before else None,
        encode("a", _key(rows[-1], names)) if has_after and rows else None,
    )


def _key(row, names) -> list:
    """Return the sort values of a row."""
    return [getattr(row, name) for name in names]


def _flip(name):
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order, values, backwards) -> Q:
    """Return the condition of lying strictly behind `values` in `order`."""
    condition = Q()
    for depth, name in enumerate(order):
        same = {order[i].lstrip("-"): values[i] for i in range(depth)}
        greater = name.startswith("-") == backwards
        condition |= Q(**same, **{f"{name.lstrip('-')}__{'gt' if greater else 'lt'}": values[depth]})
    return condition
