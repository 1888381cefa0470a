"""Tables of corners (界址点, 拐点坐标表): consecutive rows of one name are the corners of one outline."""

from dataclasses import replace

from django.utils.translation import gettext

from gis import files
from gis.files import Unreadable
from imports import cells, headings, reader, shapes
from imports.cells import BadCell, Cell

PARTS = ("地块", "地块号", "地块编号", "圈号", "环号", "part", "ring")
"""Headings of a column that tells the parts of one outline apart."""


def table(path, *, name: str, sheet: str, limits, columns, wish: files.Wish) -> reader.Table:
    """Return one row for each outline: the cells of its first corner, and the shape in a last column.

    `columns` are those of the importer, with `x` and `y` among them.

    :raises reader.Unreadable: it is no table of coordinates, or the coordinate system is missing.
    """
    known = {headings.normal(text) for column in columns for text in column.headings()}
    found = reader.read(path, name=name, known=known, sheet=sheet, limits=limits)
    at = {column.name: _index(found.headings, column.headings()) for column in columns}
    part = _index(found.headings, PARTS)
    if at["x"] is None or at["y"] is None or (at["name"] is None and at["code"] is None):
        raise shapes.Unreadable(Unreadable("table"))
    groups = _groups(found.rows, at, part)
    made = [_outline(group["parts"]) for group in groups]
    judged = shapes.judged(made, wish=wish, limits=limits)
    width = len(found.headings)
    rows = [
        (group["number"], [*group["cells"][:width], *[None] * (width - len(group["cells"])), cell])
        for group, cell in zip(groups, judged, strict=True)
    ]
    return replace(found, headings=(*found.headings, gettext("Shape")), rows=rows)


def _index(texts, names) -> int | None:
    wanted = [headings.normal(name) for name in names]
    at = {headings.normal(text): index for index, text in reversed(list(enumerate(texts))) if text}
    return next((at[name] for name in wanted if name in at), None)


def _groups(rows, at, part) -> list[dict]:
    """Return the rows of each outline together; an empty name or part is that of the row above."""
    groups: dict[tuple, dict] = {}
    key, piece = None, ""

    def text(values, index):
        return cells.tidy(values[index]) if index is not None and index < len(values) else ""

    for number, values in rows:
        named = (text(values, at["code"]), text(values, at["name"]))
        if any(named):
            piece = "" if named != key else piece
            key = named
        piece = text(values, part) or piece
        group = groups.setdefault(key or ("", ""), {"number": number, "cells": list(values), "parts": {}})
        point = [_number(values, at[name]) for name in ("x", "y")]
        if point != [None, None]:
            group["parts"].setdefault(piece, []).append(point)
    return list(groups.values())


def _number(values, index):
    """Return a coordinate, None for an empty cell; a text that is none stays, and the shape is then refused for it."""
    raw = values[index] if index < len(values) else None
    if cells.blank(raw):
        return None
    try:
        return shapes.coordinate(raw, Cell())
    except BadCell:
        return cells.tidy(raw)


def _outline(parts: dict) -> dict | None:
    rings = [[*ring, ring[0]] if ring[0] != ring[-1] else ring for ring in parts.values() if ring]
    if not rings:
        return None
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
