"""Storing factors, sources, books, energy coefficients and review rules from files. Twice is the same as once.

Facts (names, units, sources, order of use, legal source) follow the file. What a city sets itself (how strict the gate
is, days of a reservation, who needs a checker, the department in charge, whether it is in use) is written when a row is
made and afterwards only from a file that was named. The family of units of a factor with accounts never changes.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path

from django.db import transaction

from factors import tables
from factors.models import Account, Book, EnergyCarrier, EnergyCoefficient, FactorKind, FactorSource, ReviewRule
from factors.units import FAMILIES
from people import audit
from people.loading import Loaded, yaml_of
from people.models import Department

SHIPPED = tables.DATA / "kinds.yaml"
FACTS = ("name", "group", "family", "unit", "year_end", "gate", "legal_source")
SETTINGS = {
    "gate_mode": FactorKind.GateMode.HARD,
    "gate_at": FactorKind.GateAt.ACCEPT,
    "reservation_days": 180,
    "free_reservations": False,
    "active": True,
}
OTHER = {"code", "departments", "bases", "sources"}
SOURCE = {"code", "name", "rank", "is_cap", "needs_reason_while"}
CHOICES = {
    "group": FactorKind.Group,
    "year_end": FactorKind.YearEnd,
    "gate_mode": FactorKind.GateMode,
    "gate_at": FactorKind.GateAt,
}


class KindsError(ValueError):
    """A file of factors that cannot be stored; the text names the factor and what is wrong. Nothing was stored."""


@transaction.atomic
def load(path: Path | None = None, *, now: datetime, by=None) -> Loaded:
    """Store a file of factors (the shipped one if None), with the shipped coefficients and review rules.

    :raises KindsError: the file is not what it should be; nothing is stored.  :raises OSError: it cannot be read.
    """
    done = Loaded()
    for entry in read(path or SHIPPED):
        _store_kind(entry, named=path is not None, done=done)
    if path is None:
        _store_coefficients(done)
        _store_review_rules(done)
    if done.made or done.changed:
        audit.record(
            "ledger.kinds", by=by, target=(path or SHIPPED).name, now=now, made=done.made, changed=done.changed
        )
    return done


def read(path: Path) -> list[dict]:
    """Read a file of factors and check it without the database.

    :raises KindsError: with the factor's code and what is wrong.
    """
    content = yaml_of(path, KindsError)
    entries = content.get("kinds") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KindsError(f"{path.name}: no list of kinds")
    codes = Counter(entry.get("code") for entry in entries)
    for entry in entries:
        wrong = _wrong(entry)
        if codes[entry.get("code")] > 1:
            wrong = "code stands twice"
        if wrong:
            raise KindsError(f"{entry.get('code', '?')}: {wrong}")
    return entries


def _wrong(entry: dict) -> str:
    unknown = entry.keys() - OTHER - set(FACTS) - SETTINGS.keys()
    if unknown:
        return f"unknown: {', '.join(sorted(map(str, unknown)))}"
    missing = [name for name in ("code", "name", "group", "family", "unit", "year_end") if not entry.get(name)]
    if missing:
        return f"missing: {', '.join(missing)}"
    for name, choices in CHOICES.items():
        if name in entry and entry[name] not in choices.values:
            return f"{name} is one of {', '.join(choices.values)}"
    family = FAMILIES.get(entry["family"])
    if family is None:
        return f"family is one of {', '.join(FAMILIES)}"
    if entry["unit"] not in {unit.code for unit in family.units}:
        return f"unit is one of {', '.join(unit.code for unit in family.units)}"
    if not set(entry.get("bases", [])) <= set(Book.Basis.values):
        return f"bases are of {', '.join(filter(None, Book.Basis.values))}"
    return _wrong_sources(entry.get("sources", []))


def _wrong_sources(sources: list[dict]) -> str:
    codes = [source.get("code") for source in sources]
    if len(codes) != len(set(codes)) or not all(codes):
        return "each source needs a code of its own"
    if sum(bool(source.get("is_cap")) for source in sources) > 1:
        return "one source at the most is the total cap"
    for source in sources:
        if source.keys() - SOURCE:
            return f"source {source['code']}: unknown: {', '.join(sorted(source.keys() - SOURCE))}"
        if source.get("needs_reason_while", source["code"]) not in codes:
            return f"source {source['code']}: there is no source {source['needs_reason_while']}"
    return ""


# --- rows ----------------------------------------------------------------------------------------------------------


def _store_kind(entry: dict, *, named: bool, done: Loaded) -> None:
    old = FactorKind.objects.filter(code=entry["code"]).first()
    if old and old.family != entry["family"] and Account.objects.filter(book__kind=old).exists():
        raise KindsError(f"{entry['code']}: has accounts in {old.family}, the family of units cannot change")
    facts = {name: entry.get(name, "") for name in FACTS}
    department = Department.objects.first_named(entry.get("departments", []))
    if old is None:
        facts |= SETTINGS | {name: entry[name] for name in SETTINGS if name in entry} | {"department": department}
        facts["position"] = FactorKind.objects.count() + 1
    elif named:
        facts |= {name: entry[name] for name in SETTINGS if name in entry}
    if department is not None and (old is None or named or old.department_id is None):
        facts["department"] = department
    kind = _stored(FactorKind, done, facts, code=entry["code"])
    sources = {}
    for place, row in enumerate(entry.get("sources") or [{"code": "", "name": ""}]):
        known = {"name": row.get("name", ""), "rank": row.get("rank", 0), "is_cap": row.get("is_cap", False)}
        sources[row["code"]] = _stored(FactorSource, done, known | {"position": place}, kind=kind, code=row["code"])
    for row in entry.get("sources", []):
        first = sources.get(row.get("needs_reason_while"))
        if sources[row["code"]].needs_reason_while != first:
            sources[row["code"]].needs_reason_while = first
            sources[row["code"]].save(update_fields=["needs_reason_while"])
    for source in sources.values():
        for basis in entry.get("bases") or [""]:
            code = "-".join(word for word in (kind.code, source.code, basis) if word)
            _stored(Book, done, {"code": code}, kind=kind, source=source, basis=basis)


def _stored(model, done: Loaded, facts: dict, **key):
    """Make the row of `key`, or change in it what differs from `facts`."""
    name = model._meta.model_name
    row = model.objects.filter(**key).first()
    if row is None:
        done.count(name, is_new=True, changed=True)
        return model.objects.create(**key, **facts)
    differing = [field for field, value in facts.items() if getattr(row, field) != value]
    done.count(name, is_new=False, changed=bool(differing))
    if differing:
        for field_name in differing:
            setattr(row, field_name, facts[field_name])
        row.save(update_fields=differing)
    return row


def _store_coefficients(done: Loaded) -> None:
    """Carriers and coefficients. A row of the city's own (another source or value) is left as it is."""
    table = tables.read_coefficients()
    carriers = {}
    for position, carrier in enumerate(table.carriers, start=1):
        facts = {"name": carrier.name, "unit": carrier.unit, "is_coal": carrier.is_coal, "is_power": carrier.is_power}
        carriers[carrier.code] = _stored(EnergyCarrier, done, facts | {"position": position}, code=carrier.code)
    for row in table.coefficients:
        key = {"carrier": carriers[row.carrier], "basis": str(row.basis), "year": row.year}
        facts = {"kgce_per_unit": row.kgce, "source": row.source, "checked": row.checked}
        _made_once(EnergyCoefficient, done, facts, key)


def _store_review_rules(done: Loaded) -> None:
    for rule in tables.read_review_rules():
        key = {"effective_from": rule.effective_from, "level": str(rule.level)}
        least = {name: getattr(rule, name) for name in ("min_tce", "min_coal_t", "min_kwh")}
        _made_once(ReviewRule, done, least | {"source": rule.source[:200], "checked": rule.checked}, key)


def _made_once(model, done: Loaded, facts: dict, key: dict) -> None:
    _row, made = model.objects.get_or_create(**key, defaults=facts)
    done.count(model._meta.model_name, is_new=made, changed=False)
