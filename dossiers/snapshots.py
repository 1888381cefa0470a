"""A dossier as canonical JSON and back: the same content gives the same bytes, always. Pure.

Keys are sorted, there are no spaces, dates are ISO text, decimals are text without needless zeros, times are in UTC.
What stands at its default is left out, so a field that is added later does not change the bytes of an old snapshot.
"""

import json
import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256

from dossiers.content import Dossier


def dumps(dossier: Dossier) -> bytes:
    """Return the dossier as canonical JSON in UTF-8."""
    text = json.dumps(_plain(dossier), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def loads(data: bytes) -> Dossier:
    """Return the dossier that `dumps` wrote. :raises ValueError: it is not one."""
    try:
        return _built(Dossier, json.loads(data))
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"not a dossier: {error}") from error


def digest(data: bytes) -> str:
    """Return the sha256 of a snapshot in hexadecimal: its identity."""
    return sha256(data).hexdigest()


def _plain(value):
    if is_dataclass(value):
        return {f.name: _plain(own) for f in fields(value) if (own := getattr(value, f.name)) != _default(f)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value


_NOTHING = object()


def _default(field):
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else _NOTHING


def _built(kind, value):
    """Return `value` (JSON) as `kind`, a type as annotated in `dossiers.content`."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _built(next(k for k in typing.get_args(kind) if k is not type(None)), value)
    if origin is tuple:
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            return tuple(_built(inner[0], item) for item in value)
        return tuple(_built(k, item) for k, item in zip(inner, value, strict=True))
    if is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _built(hints[name], own) for name, own in value.items()})
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return kind(value)


@cache
def _hints(kind) -> dict:
    return typing.get_type_hints(kind)
