"""Reading somebody else's table: a YAML file that says which of their columns is which of ours (docs/imports.md)."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from imports import cells, headings
from people.loading import yaml_of

_PLACE = re.compile(r"\{([^{}]+)\}")
_RULE_KEYS = {"heading", "value", "parts", "joiner", "text", "values", "empty", "default", "repeat", "most"}
_KEYS = {
    "kind",
    "name",
    "source",
    "sheet",
    "date_order",
    "columns",
    "districts",
    "phases",
    "statuses",
    "template",
    "note",
}


class BadMapping(ValueError):
    """The mapping file is not understood; the message says which entry."""


@dataclass(frozen=True)
class Rule:
    """How one of our cells is made from a row of theirs.

    `heading` takes a cell, `value` a constant, `parts` joins texts with {Heading} places (a part with an empty place
    is left out). Then, in this order: `empty` lists codes that mean nothing is there, `values` translates, `text`
    wraps as {value}, `default` fills what is blank, `repeat` ({n}) is added from the second row of the same value on.
    """

    heading: str = ""
    value: object = None
    parts: tuple[str, ...] = ()
    joiner: str = "；"
    text: str = ""
    values: dict = field(default_factory=dict)
    empty: frozenset = frozenset()
    default: object = None
    repeat: str = ""
    most: int = 0

    def headings(self) -> list[str]:
        """Return the headings that the rule reads, in order."""
        places = [place for part in self.parts for place in _PLACE.findall(part)]
        return ([self.heading] if self.heading else []) + places

    def read(self, cell_of) -> tuple[object, str]:
        """Return (raw value, code that stood for "nothing" or ""). `cell_of(heading)` gives a raw cell."""
        raw = self.value if self.value is not None else cell_of(self.heading) if self.heading else self._joined(cell_of)
        written = cells.tidy(raw)
        if written in self.empty:
            return self.default, written
        if written in self.values:
            raw = self.values[written]
        if cells.blank(raw):
            return self.default, ""
        if self.text:
            raw = self.text.replace("{value}", cells.tidy(raw))
        if self.most and isinstance(raw, str):
            raw = raw[: self.most]
        return raw, ""

    def _joined(self, cell_of) -> str:
        texts = []
        for part in self.parts:
            found = {place: cells.tidy(cell_of(place)) for place in _PLACE.findall(part)}
            if all(found.values()):
                texts.append(_PLACE.sub(lambda match, found=found: found[match[1]], part))
        return self.joiner.join(texts)


@dataclass(frozen=True)
class Mapping:
    """A mapping file as read."""

    kind: str
    name: str
    columns: dict[str, Rule]
    source: str = ""
    sheet: str = ""
    date_order: str = "ymd"
    districts: tuple[dict, ...] = ()
    phases: tuple[dict, ...] = ()
    statuses: dict = field(default_factory=dict)
    template: dict = field(default_factory=dict)

    def known(self) -> set[str]:
        """Return the headings that the mapping reads, as `headings.normal()` makes them."""
        return {headings.normal(heading) for rule in self.columns.values() for heading in rule.headings()}


def load(path) -> Mapping:
    """Return the mapping in the YAML file at `path`.

    :raises BadMapping: naming the entry that is wrong.
    """
    try:
        data = yaml_of(Path(path), BadMapping)
    except OSError as error:
        raise BadMapping(str(error)) from error
    if not isinstance(data, dict) or not isinstance(data.get("columns"), dict):
        raise BadMapping("columns: missing")
    if unknown := set(data) - _KEYS:
        raise BadMapping(f"unknown: {', '.join(sorted(unknown))}")
    if data.get("date_order", "ymd") not in ("ymd", "mdy", "dmy"):
        raise BadMapping("date_order: ymd, mdy or dmy")
    return Mapping(
        kind=data.get("kind", ""),
        name=data.get("name") or Path(path).stem,
        columns={name: _rule(name, entry) for name, entry in data["columns"].items()},
        source=data.get("source", ""),
        sheet=data.get("sheet", ""),
        date_order=data.get("date_order", "ymd"),
        districts=tuple(data.get("districts", ())),
        phases=tuple(data.get("phases", ())),
        statuses=data.get("statuses", {}),
        template=data.get("template", {}),
    )


def _rule(name, entry) -> Rule:
    if isinstance(entry, str):
        return Rule(heading=entry.strip())
    if not isinstance(entry, dict):
        raise BadMapping(f"columns.{name}: a heading or a rule")
    if unknown := set(entry) - _RULE_KEYS:
        raise BadMapping(f"columns.{name}: unknown {', '.join(sorted(unknown))}")
    entry = dict(entry)
    if sum(key in entry for key in ("heading", "value", "parts")) != 1:
        raise BadMapping(f"columns.{name}: one of heading, value, parts")
    if "empty" in entry:
        entry["empty"] = frozenset(str(code) for code in entry["empty"])
    if "values" in entry:
        entry["values"] = {str(key): value for key, value in entry["values"].items()}
    if "parts" in entry:
        entry["parts"] = tuple(entry["parts"])
    return Rule(**entry)


def make_districts(mapping: Mapping) -> None:
    """Create the districts that the mapping names and that are not there yet: below `parent`, else below the city.

    There is one root district, the city, so that who sees the whole city sees these too. Two or three queries each.
    """
    from people.models import District

    for entry in mapping.districts:
        code = str(entry["code"])
        if District.objects.filter(code=code).exists():
            continue
        parent = District.objects.filter(code=str(entry["parent"])).first() if entry.get("parent") else None
        if parent is None:
            parent = District.objects.filter(parent__isnull=True).order_by("code").first()
        District.objects.create(code=code, name=entry["name"], parent=parent)
