"""From a file to a judgement of every row, and from the judgement to the database, all or nothing.

    file ─ reader ─> Table ─ bind ─> Row … ─ importer.check ─> Plan ─ importer.write ─> database
                                                      └─> ImportBatch + ImportRow: the preview and the receipt

A preview writes no business data. An import checks the file again inside its one transaction and writes only when the
judgement is still the one that was shown. A crash leaves nothing but the batch, which is then shown as interrupted.
"""

import hashlib
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.utils.translation.trans_null import gettext_noop

from imports import cells, headings, mapping, reader, running
from imports.cells import Cell, Problem
from imports.importers import base, make
from imports.models import ImportBatch, ImportRow
from imports.running import NotImported
from people import audit

MISSING_COLUMNS = gettext_noop(
    "Columns are missing: %(columns)s. Download the template to see what they should be called."
)
DOUBLE_COLUMN = gettext_noop("The columns %(first)s and %(second)s are both “%(column)s”. Delete one of them.")
NOT_READ = gettext_noop("Columns not read: %(columns)s.")
OTHER_SHEETS = gettext_noop("Sheet “%(sheet)s” was read; not read: %(others)s.")
MERGED = gettext_noop("A cell merged over several rows would be counted in each: fill in every row.")
STOPPED = gettext_noop("Reading stopped after row %(row)s: 200 empty rows follow.")
EXAMPLE = gettext_noop("Row %(row)s is the example of the template and was left out.")
DOUBT = gettext_noop("Read as %(encoding)s; it could also be %(other)s. Look at the characters before importing.")
NO_DATA = gettext_noop("There are no data rows below the headings in row %(row)s.")
NO_DATE = gettext_noop("%(code)s: no date.")


class Stale(Exception):
    """What is in the database changed since the preview; the batch now shows the new judgement."""


@dataclass
class Binding:
    """One of our columns and where its cells come from: a column of the file, or a rule of a mapping."""

    column: base.Column
    index: int | None
    heading: str = ""
    unit: str = ""
    epoch_1904: bool = False
    date_order: str = "ymd"
    rule: mapping.Rule | None = None

    @property
    def letter(self) -> str:
        """The spreadsheet letter, "" for a constant."""
        return headings.letter(self.index) if self.index is not None else ""

    def cell(self) -> Cell:
        """Return what a parser may know."""
        return Cell(unit=self.unit, epoch_1904=self.epoch_1904, date_order=self.date_order)


@dataclass
class Plan:
    """The judgement of a file: every row with its verdict, and what is to be said about the file as a whole."""

    importer: base.Importer
    table: reader.Table
    bound: list[Binding]
    rows: list[base.Row] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return total = new + changed + unchanged + wrong, and the number of wrong cells."""
        found = Counter(row.verdict for row in self.rows)
        verdicts = {name: found[name] for name in (base.NEW, base.CHANGED, base.UNCHANGED, base.WRONG)}
        return {"total": len(self.rows), **verdicts, "wrong_cells": sum(len(row.problems) for row in self.rows)}

    @property
    def to_write(self) -> list[base.Row]:
        """Return the rows that an import writes."""
        return [row for row in self.rows if row.verdict in (base.NEW, base.CHANGED)]

    def fingerprint(self) -> str:
        """Return a hash of what would be written: another one means that the preview no longer holds."""
        facts = [[row.number, row.verdict, row.changes] for row in self.rows]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def letter_of(self, name: str) -> str:
        """Return the letter of the file's column for one of our columns; the first bound one when it has none."""
        letters = {binding.column.name: binding.letter for binding in self.bound if binding.letter}
        return letters.get(name) or next(iter(letters.values()), "A")


# --- Reading and judging ------------------------------------------------------------------------------------


def read(importer, path, *, name="", sheet="", limits=reader.UPLOAD, rules=None) -> reader.Table:
    """Return the table of the file, found by the importer's headings or those of the mapping `rules`.

    :raises reader.Unreadable: with one fixed sentence.
    """
    own = importer.read_file(path, name=name or Path(path).name, sheet=sheet, limits=limits)
    if own is not None:
        return own
    known = rules.known() if rules else {headings.normal(h) for column in importer.columns for h in column.headings()}
    labels = [str(column.label) for column in importer.columns if column.required]
    chosen = sheet or (rules.sheet if rules else "")
    return reader.read(path, name=name, known=known, labels=labels, sheet=chosen, limits=limits)


def check(importer, table: reader.Table, rules=None) -> Plan:
    """Judge every row of `table`; writes nothing. A handful of queries per 500 rows."""
    plan = Plan(importer, table, [])
    plan.bound = _bind_mapping(importer, table, rules, plan) if rules else _bind(importer, table, plan)
    if any(remark.msgid in (MISSING_COLUMNS, DOUBLE_COLUMN) for remark in plan.remarks):
        raise Unbound(plan)
    plan.remarks += _remarks(table)
    plan.rows = list(_rows(plan, rules))
    if not plan.rows:
        plan.remarks.append(Problem(NO_DATA, {"row": table.heading_row}))
    importer.check(plan.rows, plan.bound)
    return plan


class Unbound(ValueError):
    """The columns do not fit; `.problem` says which are missing or double."""

    def __init__(self, plan):
        self.plan, self.problem = plan, plan.remarks[0]
        super().__init__(self.problem.msgid)


def _bind(importer, table, plan) -> list[Binding]:
    names = {}
    for column in importer.columns:
        for rank, heading in enumerate(column.headings()):
            names.setdefault(headings.normal(heading), (column, rank))
    bound, ranks, unread = {}, {}, []
    for index, heading in enumerate(table.headings):
        column, rank = names.get(headings.normal(heading), (None, 0)) if heading else (None, 0)
        if column is None:
            unread += [f"{headings.letter(index)} {heading}"] if heading else []
            continue
        new = Binding(column, index, heading, headings.unit(heading), table.epoch_1904)
        old = bound.get(column.name)
        if old is not None and headings.normal(old.heading) == headings.normal(heading):
            params = {"first": old.letter, "second": new.letter, "column": str(column.label)}
            plan.remarks.insert(0, Problem(DOUBLE_COLUMN, params))
        elif old is not None:
            # Two names for one of our columns (企业名称 and 统一社会信用代码): the better known one is read.
            kept, other = (new, old) if rank < ranks[column.name] else (old, new)
            bound[column.name], ranks[column.name] = kept, min(rank, ranks[column.name])
            unread.append(f"{other.letter} {other.heading}")
        else:
            bound[column.name], ranks[column.name] = new, rank
    if missing := importer.unbound(set(bound)):
        plan.remarks.insert(0, Problem(MISSING_COLUMNS, {"columns": "、".join(missing)}))
    if unread:
        plan.remarks.append(Problem(NOT_READ, {"columns": "、".join(unread)[:300]}))
    return list(bound.values())


def _bind_mapping(importer, table, rules, plan) -> list[Binding]:
    at = {headings.normal(text): index for index, text in reversed(list(enumerate(table.headings))) if text}
    missing = [h for rule in rules.columns.values() for h in rule.headings() if headings.normal(h) not in at]
    if missing:
        plan.remarks.insert(0, Problem(MISSING_COLUMNS, {"columns": "、".join(dict.fromkeys(missing))}))
        return []
    bound = []
    for name, rule in rules.columns.items():
        first = next(iter(rule.headings()), None)
        index = at[headings.normal(first)] if first else None
        bound.append(Binding(importer.column(name), index, first or "", "", table.epoch_1904, rules.date_order, rule))
    return bound


def _remarks(table) -> list[Problem]:
    remarks = list(table.remarks)
    if table.other_sheets:
        remarks.append(Problem(OTHER_SHEETS, {"sheet": table.sheet, "others": "、".join(table.other_sheets[:8])}))
    if table.stopped_after:
        remarks.append(Problem(STOPPED, {"row": table.stopped_after}))
    if table.doubt:
        remarks.append(Problem(DOUBT, {"encoding": table.encoding, "other": table.doubt}))
    return remarks


def _rows(plan, rules):
    """Yield the data rows: not blank in every bound column, and not the template's own example."""
    example = {c.name: cells.tidy(c.example) for c in plan.importer.columns if c.example != ""}
    at = {headings.normal(text): index for index, text in reversed(list(enumerate(plan.table.headings))) if text}
    repeats: Counter = Counter()
    for number, values in plan.table.rows:

        def cell_of(heading, values=values):
            index = at[headings.normal(heading)]
            return values[index] if index < len(values) else None

        row = base.Row(number, {}, [cells.tidy(value)[:200] for value in values])
        for binding in plan.bound:
            if binding.rule is None:
                row.raw[binding.column.name] = values[binding.index] if binding.index < len(values) else None
                if binding.column.summed and (number, binding.index) in plan.table.merged:
                    row.wrong(binding.column.name, MERGED)
                continue
            raw, code = binding.rule.read(cell_of)
            if code:
                row.notes[binding.column.name] = Problem(NO_DATE, {"code": code})
            row.raw[binding.column.name] = _numbered(raw, binding, repeats)
        if all(cells.blank(raw) for raw in row.raw.values()):
            continue
        if not rules and _is_example(row, example):
            plan.remarks.append(Problem(EXAMPLE, {"row": number}))
            continue
        yield row


def _numbered(raw, binding, repeats):
    if not binding.rule.repeat or cells.blank(raw):
        return raw
    key = (binding.column.name, cells.folded(raw))
    repeats[key] += 1
    return raw if repeats[key] == 1 else f"{raw}{binding.rule.repeat.replace('{n}', str(repeats[key]))}"


def _is_example(row, example) -> bool:
    filled = {name: cells.tidy(raw) for name, raw in row.raw.items() if not cells.blank(raw)}
    return bool(filled) and all(example.get(name) == text for name, text in filled.items())


# --- Batches ------------------------------------------------------------------------------------


def sha256_of(path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@transaction.atomic
def preview(*, kind: str, path, name: str, by, now, sheet: str = "", options: dict | None = None) -> ImportBatch:
    """Check an uploaded file and keep it with its judgement as a batch. Writes no business data.

    `options` say how a file of shapes is read.

    :raises reader.Unreadable, Unbound: the file cannot be read; nothing is kept.
    """
    importer = make(kind, by=by, now=now, options=options)
    plan = check(importer, read(importer, path, name=name, sheet=sheet))
    return _keep(_new_batch(plan, kind=kind, path=path, name=name, by=by, now=now, options=options), plan, path)


def _keep(batch, plan, path) -> ImportBatch:
    """Save a new batch with its file and its judgement."""
    with open(path, "rb") as content:
        batch.upload.save(f"{uuid.uuid4().hex}{Path(batch.file_name).suffix.lower()[:6]}", File(content), save=False)
    batch.save()
    _save_rows(batch, plan)
    return batch


def _new_batch(plan, *, kind, path, name, by, now, rules=None, options=None) -> ImportBatch:
    table = plan.table
    return ImportBatch(
        kind=kind,
        file_name=name[-200:],
        sha256=sha256_of(path),
        size=Path(path).stat().st_size,
        mapping=rules.name if rules else "",
        options=options or {},
        sheet=table.sheet[:100],
        encoding=table.encoding,
        epoch_1904=table.epoch_1904,
        heading_row=table.heading_row,
        headings=list(table.headings),
        columns={b.column.name: b.letter for b in plan.bound},
        by=by,
        made_at=now,
        **_judgement(plan),
    )


def _judgement(plan) -> dict:
    remarks = [remark.stored() for remark in plan.remarks]
    return {"remarks": remarks, "fingerprint": plan.fingerprint(), **plan.counts}


def _save_rows(batch, plan) -> None:
    """Write the judgement of each row. One query per 500 rows."""
    batch.rows.all().delete()

    letters = {binding.column.name: binding.letter for binding in plan.bound}

    def lettered(entries, stored):
        return {plan.letter_of(name): stored(entry) for name, entry in entries.items()}

    ImportRow.objects.bulk_create(
        (
            ImportRow(
                batch=batch,
                number=row.number,
                verdict=row.verdict,
                cells=row.shown,
                changes={letters[name]: old for name, old in row.changes.items() if letters.get(name)},
                problems=lettered(row.problems, Problem.stored),
                shape=plan.importer.shape_of(row),
                notes=lettered(row.notes, Problem.stored),
            )
            for row in plan.rows
        ),
        batch_size=500,
    )


def _plan_of(batch, by, now) -> Plan:
    """Return the batch's file read and judged anew, with the suggestions that were taken over."""
    importer = make(batch.kind, by=by, now=now, options=batch.options)
    table = read(importer, batch.upload.path, name=batch.file_name, sheet=batch.sheet)
    for number, values in table.rows:
        for letter, text in batch.fixes.get(str(number), {}).items():
            index = headings.column_index(letter)
            values.extend([None] * (index + 1 - len(values)))
            values[index] = text
    return check(importer, table)


@transaction.atomic
def adopt(*, batch: ImportBatch, by, now, number: int, letter: str, everywhere: bool = False) -> int:
    """Take over the suggestion for a wrong cell (or for every cell with the same text) and judge anew.

    Returns how many cells were changed; the file itself stays as uploaded. Zero when there is no such suggestion.
    """
    row = batch.rows.filter(number=number).first()
    problem = row.problems.get(letter) if row else None
    if not batch.is_open or not problem or not problem["suggestion"]:
        return 0
    index = headings.column_index(letter)
    alike = [row]
    if everywhere:
        wrong = batch.rows.filter(verdict=ImportRow.Verdict.WRONG)
        alike = [
            r for r in wrong if letter in r.problems and r.cells[index : index + 1] == row.cells[index : index + 1]
        ]
    for each in alike:
        batch.fixes.setdefault(str(each.number), {})[letter] = problem["suggestion"]
    _judge_again(batch, _plan_of(batch, by, now))
    return len(alike)


@transaction.atomic
def read_again(*, batch: ImportBatch, by, now, options: dict, sheet: str) -> bool:
    """Judge the file of an open batch anew, read in another way (system, encoding, repairs …). False: it is closed.

    :raises reader.Unreadable, Unbound: it cannot be read so; the batch stays as it was.
    """
    if not batch.is_open:
        return False
    before = batch.options, batch.sheet
    batch.options, batch.sheet, batch.fixes = options, sheet, {}
    try:
        plan = _plan_of(batch, by, now)
    except (reader.Unreadable, Unbound):
        batch.options, batch.sheet = before
        raise
    table = plan.table
    batch.sheet, batch.encoding, batch.headings = table.sheet[:100], table.encoding, list(table.headings)
    batch.columns = {b.column.name: b.letter for b in plan.bound}
    _judge_again(batch, plan)
    return True


def _judge_again(batch, plan) -> None:
    for name, value in _judgement(plan).items():
        setattr(batch, name, value)
    batch.save()
    _save_rows(batch, plan)


def confirm(*, batch: ImportBatch, mode: str, by, now) -> ImportBatch:
    """Write what the preview showed, in one transaction, and return the batch.

    :raises NotImported: rows are wrong and `mode` is all or nothing; or the batch was imported or cancelled already.
    :raises Stale: the judgement is another one now; the batch shows it and nothing was written.
    """

    def write():
        with transaction.atomic():
            row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            plan = _plan_of(row, by, now)
            if plan.fingerprint() != row.fingerprint:
                raise Stale
            _write(row, plan, mode, now)
            return row

    try:
        with running.marked(batch, now):
            batch = running.taking_turns(write)
    except Stale:
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            _judge_again(batch, _plan_of(batch, by, now))
        raise
    return batch


def _write(batch, plan, mode, now) -> None:
    if plan.counts["wrong"] and mode != ImportBatch.Mode.GOOD:
        raise NotImported
    batch.mode, batch.status, batch.done_at = mode, ImportBatch.Status.DONE, now
    batch.save()
    if plan.to_write:
        plan.importer.write(plan.to_write, batch)
    audit.record(
        "import", by=batch.by, target=batch, what=batch.kind, file=batch.file_name, sha256=batch.sha256, **plan.counts
    )
