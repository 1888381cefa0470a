"""Storing utilities (七通一平 …) and their sets from a file. Twice is the same as once.

Names, units, marks and tests follow the file. What a city sets itself (the set in use, the verifying department) is
written when a row is made and afterwards only from a file that was named. Nothing is ever deleted: boards point to it.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from gis.models import UtilityItem, UtilitySet
from people import audit
from people.loading import Loaded, yaml_of
from people.models import Department

SHIPPED = Path(__file__).parent / "data" / "utilities.yaml"
ITEM = {"code", "name", "mark", "unit", "measured", "departments", "done_test"}
SET = {"code", "name", "items", "in_use"}


class UtilitiesError(ValueError):
    """A file that cannot be stored; the text names the entry and what is wrong. Nothing was stored."""


@transaction.atomic
def load(path: Path | None = None, *, now: datetime, use: str = "", by=None) -> Loaded:
    """Store a file of utilities and sets (the shipped one if None); `use` names the set to be in use from now on.

    :raises UtilitiesError: the file is not what it should be.  :raises OSError: it cannot be read.
    """
    done, named = Loaded(), path is not None
    items, sets = read(path or SHIPPED)
    rows = {}
    for position, entry in enumerate(items, start=1):
        rows[entry["code"]] = _store_item(entry, position, named, done)
    fresh = not UtilitySet.objects.filter(in_use=True).exists()
    for entry in sets:
        _store_set(entry, rows, done)
        if (fresh or named) and entry.get("in_use") and not use:
            use = entry["code"]
    if use:
        use_set(use, done)
    if done.made or done.changed:
        audit.record("park.utilities", by=by, target=(path or SHIPPED).name, now=now, made=done.made, use=use)
    return done


def use_set(code: str, done: Loaded | None = None) -> None:
    """Let the set `code` be the one in use. :raises UtilitiesError: there is no such set."""
    if not UtilitySet.objects.filter(code=code).exists():
        raise UtilitiesError(f"{code}: there is no such set")
    if UtilitySet.objects.filter(code=code, in_use=True).exists():
        return
    UtilitySet.objects.filter(in_use=True).update(in_use=False)
    UtilitySet.objects.filter(code=code).update(in_use=True)
    if done is not None:
        done.changed["set in use"] += 1


def read(path: Path) -> tuple[list[dict], list[dict]]:
    """Read a file and check it without the database. :raises UtilitiesError: with the entry and what is wrong."""
    content = yaml_of(path, UtilitiesError)
    if not isinstance(content, dict) or set(content) - {"items", "sets"}:
        raise UtilitiesError(f"{path.name}: needs the lists “items” and “sets”, and nothing else")
    items, sets = content.get("items") or [], content.get("sets") or []
    for entries, allowed, needed in ((items, ITEM, {"code", "name", "unit"}), (sets, SET, {"code", "name", "items"})):
        for entry in entries:
            if not isinstance(entry, dict) or needed - set(entry) or set(entry) - allowed:
                raise UtilitiesError(
                    f"{entry}: an entry has {', '.join(sorted(needed))} and may have {sorted(allowed)}"
                )
        twice = [code for code, times in Counter(entry["code"] for entry in entries).items() if times > 1]
        if twice:
            raise UtilitiesError(f"{twice[0]}: stands twice")
    known = {entry["code"] for entry in items}
    for entry in sets:
        strange = set(entry["items"]) - known
        if strange:
            raise UtilitiesError(f"{entry['code']}: no such utilities: {', '.join(sorted(strange))}")
    return items, sets


def _store_item(entry: dict, position: int, named: bool, done: Loaded) -> UtilityItem:
    row = UtilityItem.objects.filter(code=entry["code"]).first()
    is_new = row is None
    row = row or UtilityItem(code=entry["code"])
    facts = {
        "name": entry["name"],
        "mark": entry.get("mark") or entry["name"][:2],
        "unit": entry["unit"],
        "measured": entry.get("measured", True),
        "done_test": entry.get("done_test", ""),
        "position": position,
    }
    if is_new or named or row.department_id is None:
        facts["department"] = Department.objects.first_named(entry.get("departments", []))
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, facts[name])
    if is_new or changed:
        try:
            row.full_clean()
        except ValidationError as error:
            raise UtilitiesError(f"{entry['code']}: {'; '.join(error.messages)}") from error
        row.save()
    done.count("utilities", is_new=is_new, changed=bool(changed))
    return row


def _store_set(entry: dict, items: dict, done: Loaded) -> None:
    row, is_new = UtilitySet.objects.get_or_create(code=entry["code"], defaults={"name": entry["name"]})
    wanted = [items[code] for code in entry["items"]]
    changed = row.name != entry["name"] or set(row.items.all()) != set(wanted)
    if changed:
        row.name = entry["name"]
        row.save(update_fields=["name"])
        row.items.set(wanted)
    done.count("sets", is_new=is_new, changed=changed)
