"""What every importer shares: columns with their parsers, rows being checked, and import by a unique key.

An importer is made for one run (`by` a person, perhaps a mapping). `check` reads every row without writing; `write`
stores what was checked, inside the engine's transaction. The same columns make the blank template and the export, so
that what goes out comes back as no change.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, partial

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from imports import cells
from imports.cells import BadCell, Cell, Problem

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"
LANGUAGES = ("zh-hans", "en")

FORBIDDEN = gettext_noop("This row belongs to something that you may not change.")
REPEATED = gettext_noop("The same %(column)s as in row %(row)s of this file.")
REQUIRED = gettext_noop("%(column)s is missing.")
UNKNOWN = gettext_noop("There is no %(what)s “%(value)s”.")


@dataclass(frozen=True)
class Column:
    """One column of a workbook: what it is called, how a cell is read and how a value is written."""

    name: str
    label: object
    parse: Callable = cells.text
    required: bool = False
    aliases: tuple[str, ...] = ()
    example: object = ""
    help: object = ""
    options: Callable[[], list] | None = None
    """The spellings offered as a drop-down."""
    show: Callable | None = None
    """Row object → cell value on export; by default the attribute called `name`."""
    read_only: bool = False
    """Exported for information and ignored on import."""
    export_only: bool = False
    """Read-only, and not in the blank template either."""
    summed: bool = False
    """A quantity: one cell merged over several rows would be counted several times, so it is refused there."""
    in_template: bool = True
    """Whether the blank template has it: a shape is in no cell that one fills in."""

    def headings(self) -> list[str]:
        """Return every heading under which the column is known: its label in each language, its name and aliases."""
        texts = [self.name, *self.aliases]
        for language in LANGUAGES:
            with translation.override(language):
                texts.append(str(self.label))
        return texts

    def exported(self, row):
        """Return the cell value for `row`."""
        return self.show(row) if self.show else getattr(row, self.name)


@dataclass
class Row:
    """A data row while it is checked. Problems, notes and changes are keyed by column name."""

    number: int
    raw: dict[str, object]
    shown: list[str]
    values: dict[str, object] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    notes: dict[str, Problem] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    verdict: str = ""
    target: object = None
    plan: object = None

    def wrong(self, name: str, msgid: str, suggestion: str = "", /, **params):
        """Mark a cell as wrong; the first problem of a cell stays."""
        self.problems.setdefault(name, Problem(msgid, params, suggestion))


class Importer:
    """The base of all importers. Subclasses set `kind`, `title`, `permissions`, `key` and implement the four steps."""

    kind = ""
    title = ""
    permissions: tuple[str, ...] = ()
    """One of these must be held, besides project.import."""
    key: tuple[str, ...] = ()

    needs = "project.import"
    """The permission to upload such a file at all."""

    def __init__(self, by=None, now=None, options=None):
        self.by, self.now, self.options = by, now, options or {}
        self.columns: list[Column] = self.make_columns()

    def make_columns(self) -> list[Column]:
        """Return the columns in the order of the template."""
        raise NotImplementedError

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)

    def prepare(self, rows: list[Row]) -> None:
        """Load what the rows refer to, in a few queries for all of them."""

    def check_row(self, row: Row) -> None:
        """Set the row's verdict and changes, or its problems. No query."""
        raise NotImplementedError

    def write(self, rows: list[Row], batch) -> None:
        """Store the new and changed rows. Runs in the engine's transaction; `batch` is the ImportBatch."""
        raise NotImplementedError

    def read_file(self, path, *, name: str, sheet: str, limits):
        """Return the table of a file of shapes (see `imports.shapes`), None for a workbook or text."""
        return None

    def unbound(self, bound: set[str]) -> list[str]:
        """Return the labels of the columns that must be there and are not among `bound`."""
        return [str(self.column(name).label) for name in self.key if name not in bound]

    def shape_of(self, row: "Row") -> dict | None:
        """Return the GeoJSON geometry that the preview draws for a row."""
        return None

    def export_queryset(self, queryset):
        """Return `queryset` with what the export columns need joined."""
        return queryset

    def check(self, rows: list[Row], bound) -> None:
        """Parse and check every row; writes nothing."""
        seen: dict[tuple, int] = {}
        for row in rows:
            self._parse(row, bound)
        self.prepare(rows)
        for row in rows:
            self._refuse_repeated(row, seen)
            if not row.problems:
                self.check_row(row)
            if row.problems:
                row.verdict, row.changes = WRONG, {}

    def _parse(self, row: Row, bound) -> None:
        for binding in bound:
            column, raw = binding.column, row.raw.get(binding.column.name)
            if column.read_only or column.export_only or cells.blank(raw):
                continue
            cell = binding.cell()
            try:
                if cells.tidy(raw) in cells.CLEAR and not column.required:
                    row.values[column.name] = None
                else:
                    row.values[column.name] = column.parse(raw, cell)
            except BadCell as bad:
                row.problems[column.name] = bad.problem
            if cell.notes:
                row.notes[column.name] = cell.notes[0]
        for name in self.key:
            if name not in row.values and name not in row.problems:
                row.wrong(name, REQUIRED, column=str(self.column(name).label))

    def _refuse_repeated(self, row: Row, seen: dict) -> None:
        key = tuple(row.values.get(name) for name in self.key)
        if None in key:
            return
        if key in seen:
            row.wrong(self.key[0], REPEATED, column=str(self.column(self.key[0]).label), row=seen[key])
        else:
            seen[key] = row.number


class ModelImporter(Importer):
    """Rows of one model, known by one unique field."""

    model = None

    def prepare(self, rows):
        """Load the existing rows of the file, and which of them `by` may manage. Two queries and the look-ups'."""
        from people.access import manageable_by

        name = self.key[0]
        keys = {row.values[name] for row in rows if row.values.get(name)}
        self.existing = {}
        self.manageable = set()
        for part in _parts(sorted(keys), 500):
            found = self.model.objects.filter(**{f"{name}__in": part})
            self.existing.update({getattr(item, name): item for item in found})
            self.manageable.update(
                manageable_by(self.model.objects.filter(**{f"{name}__in": part}), self.by).values_list("pk", flat=True)
            )

    def check_row(self, row):
        target = self.existing.get(row.values[self.key[0]])
        if target is None:
            self._check_new(row)
        else:
            self._check_existing(row, target)
        if not row.problems:
            self.check_together(row)

    def _check_new(self, row):
        for column in self.columns:
            if column.required and row.values.get(column.name) in (None, ""):
                row.wrong(column.name, REQUIRED, column=str(column.label))
        if row.problems:
            return
        row.target = self.model(**{name: self._stored(name, value) for name, value in row.values.items()})
        row.verdict = NEW
        self._validate(row)

    def _check_existing(self, row, target):
        row.target, changed = target, {}
        for name, value in row.values.items():
            stored = self._stored(name, value)
            old = getattr(target, name)
            if not same(old, stored):
                changed[name] = stored
                row.changes[name] = display(self.column(name).exported(target))
        row.plan = changed
        row.verdict = CHANGED if changed else UNCHANGED
        if not changed:
            return
        if target.pk not in self.manageable:
            row.wrong(self.key[0], FORBIDDEN)
            return
        before = {name: getattr(target, name) for name in changed}
        for name, value in changed.items():
            setattr(target, name, value)
        self._validate(row)
        self.check_together(row)
        for name, value in before.items():
            setattr(target, name, value)

    def _stored(self, name, value):
        """Return the value as the model holds it: a cleared text is "", a cleared number or date None."""
        if value is None and not self.model._meta.get_field(name).null:
            return self.model._meta.get_field(name).get_default() or ""
        return value

    def _validate(self, row):
        """Report what the model's own validators say, at the cell. No query."""
        skip = [f.name for f in self.model._meta.fields if f.name not in row.values or f.remote_field]
        try:
            row.target.clean_fields(exclude=skip)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                row.wrong(name, "%(message)s", message=" ".join(messages))

    def write(self, rows, batch):
        """Create the new rows in one go and save the changed ones."""
        from projects.search import index_text

        new = [row.target for row in rows if row.verdict == NEW]
        for item in new:
            item.search_text = index_text(*item.searchable())
        self.model.objects.bulk_create(new, batch_size=500)
        for row in rows:
            if row.verdict != NEW:
                for name, value in row.plan.items():
                    setattr(row.target, name, value)
                row.target.save()

    def check_together(self, row):
        """Check what concerns several cells at once; `row.target` carries the values."""


def same(old, new) -> bool:
    """Return whether a stored value and a cell say the same, so that a round trip changes nothing."""
    if isinstance(old, str) and isinstance(new, str):
        return old == new or cells.tidy(old) == new
    if old in (None, "") and new in (None, ""):
        return True
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return old == new
    return old == new


def display(value) -> str:
    """Return a value as the preview shows it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _parts(items, size):
    for start in range(0, len(items), size):
        yield items[start : start + size]


# --- Parsers that need more than the cell ----------------------------------------------------------------------


def of_choices(choices) -> tuple[Callable, Callable[[], list], Callable]:
    """Return (parser, drop-down options, shower) for a TextChoices class: a code or a label in any language is read."""

    @cache
    def spellings():
        found: dict[str, str | None] = {}
        for language in LANGUAGES:
            with translation.override(language):
                for member in choices:
                    label = str(member.label)
                    plain = label.split("（")[0].split("(")[0].strip()
                    short = re.sub(r"(类|级|项目|重点项目)$", "", plain)
                    for text in (label, str(member.value), plain, short, f"{short}级", f"{short}类", f"{short}重点"):
                        key = cells.folded(text).lower()
                        found[key] = member.value if found.get(key, member.value) == member.value else None
        return {key: value for key, value in found.items() if value is not None}

    def parse(raw, cell):
        return cells.choice(raw, cell, spellings(), [str(member.label) for member in choices])

    return (
        parse,
        lambda: [str(member.label) for member in choices],
        lambda value: str(choices(value).label) if value else "",
    )


SUGGESTIONS = 50
"""Searching the nearest of thousands of names takes tens of milliseconds: so many are enough for one file."""


class Lookup:
    """Finds a row of another table by its name, short name or code, and suggests the nearest name otherwise.

    `visible` gives the ids that the person may see: another row is found only by the first of its `names` (its code,
    which one must know), and never suggested or offered.
    """

    def __init__(self, what, names: Callable[[object], list[str]], queryset: Callable, visible: Callable | None = None):
        self.what, self.names, self.queryset, self.visible = what, names, queryset, visible
        self._found, self._near = None, {}

    def load(self):
        """Return {folded spelling: row}, None for a spelling that two rows share. One query, once."""
        if self._found is None:
            self._found, self.rows = {}, list(self.queryset())
            seen = self.visible() if self.visible else {row.pk for row in self.rows}
            for row in self.rows:
                names = self.names(row) if row.pk in seen else self.names(row)[:1]
                for text in {cells.folded(name).lower() for name in names if name}:
                    self._found[text] = None if text in self._found else row
            self.rows = [row for row in self.rows if row.pk in seen]
            self._offered = [text for text, row in self._found.items() if row is not None and row.pk in seen]
        return self._found

    def parse(self, raw, cell: Cell):
        """Return the row that the cell names.

        :raises BadCell: none, or two, with the nearest name as suggestion.
        """
        if isinstance(raw, cells.Fault):
            return cells.text(raw, cell)
        found, key = self.load(), cells.folded(raw).lower()
        if key in found:
            if found[key] is None:
                raise BadCell(
                    gettext_noop("“%(value)s” names more than one. Write its code."), value=cells.tidy(raw)[:60]
                )
            return found[key]
        raise BadCell(UNKNOWN, self._suggestion(key), what=str(self.what), value=cells.tidy(raw)[:60])

    def _suggestion(self, key: str) -> str:
        """Return the nearest name; searched once per spelling and for the first SUGGESTIONS spellings only."""
        if key not in self._near and len(self._near) < SUGGESTIONS:
            near = self._found.get(cells.nearest(key, self._offered))
            self._near[key] = str(near) if near else ""
        return self._near.get(key, "")

    def options(self) -> list[str]:
        """Return the names for a drop-down."""
        self.load()
        return [str(row) for row in self.rows][:200]


def district_lookup():
    """Return the look-up of districts by name or code."""
    from people.models import District

    return Lookup(_("district"), lambda d: [d.name, d.code], lambda: District.objects.order_by("code"))


def park_lookup():
    """Return the look-up of parks by name, short name or code."""
    from projects.models import Park

    return Lookup(
        _("park"),
        lambda p: [p.name, p.short_name, p.code],
        lambda: Park.objects.only("id", "name", "short_name", "code", "district_id").order_by("code"),
    )


def enterprise_lookup(by):
    """Return the look-up of the enterprises that `by` may see, by credit code, name or short name."""
    from people.access import visible_to
    from projects.models import Enterprise

    return Lookup(
        _("enterprise"),
        lambda e: [e.credit_code, e.name, e.short_name],
        lambda: Enterprise.objects.only("id", "name", "short_name", "credit_code").order_by("credit_code"),
        lambda: set(visible_to(Enterprise.objects.all(), by).values_list("pk", flat=True)) if by else set(),
    )


long_text = partial(cells.text, most=5_000)
