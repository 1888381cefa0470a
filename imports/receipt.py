"""The receipt: the table as it was read, at the same rows and columns, with a result for each row and wrong cells red.

It can be corrected and uploaded again as it is: the columns 结果 and 说明 are not read.
"""

from django.utils.translation import gettext as _

from imports import cells, exports, headings
from imports.cells import Problem
from imports.models import ImportRow

RED, BLUE, GREY = "FFFBE3E3", "FFEAF1FA", "FF8A96A6"


def workbook_of_plan(plan, *, written: bool) -> bytes:
    """Return the receipt of a command's import, straight from the judged rows."""
    table = plan.table
    rows = {}
    letters = {binding.column.name: binding.letter for binding in plan.bound}
    for row in plan.rows:
        rows[row.number] = (
            row.verdict,
            {plan.letter_of(name): problem for name, problem in row.problems.items()},
            {letters[name]: old for name, old in row.changes.items() if letters.get(name)},
            {plan.letter_of(name): note for name, note in row.notes.items()},
        )
    return _workbook(table.above, table.rows, table.heading_row, len(table.headings), rows, written)


def workbook_of_batch(batch, *, only_wrong: bool = False) -> bytes:
    """Return the receipt of a batch, read from its stored rows. Two queries; `only_wrong` leaves the right rows out."""
    stored = batch.rows.filter(verdict=ImportRow.Verdict.WRONG) if only_wrong else batch.rows.all()
    stored = list(stored.order_by("number"))
    rows = {
        row.number: (
            row.verdict,
            {letter: Problem.from_stored(problem) for letter, problem in row.problems.items()},
            row.changes,
            {letter: Problem.from_stored(note) for letter, note in row.notes.items()},
        )
        for row in stored
    }
    above = [(batch.heading_row, batch.headings)]
    table = [(row.number, row.cells) for row in stored]
    if only_wrong:
        table = [(batch.heading_row + place, row.cells) for place, row in enumerate(stored, 1)]
        rows = {batch.heading_row + place: rows[row.number] for place, row in enumerate(stored, 1)}
    done = batch.status == batch.Status.DONE
    return _workbook(above, table, batch.heading_row, len(batch.headings), rows, done)


def _workbook(above, table, heading_row, width, rows, written) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_("Receipt"))
    sheet.freeze_panes = f"A{heading_row + 1}"
    for letter in (headings.letter(width), headings.letter(width + 1)):
        sheet.column_dimensions[letter].width = 24
    for index in range(width):
        sheet.column_dimensions[headings.letter(index)].width = 16
    next_row = 1
    for number, values in [*above, *table]:
        for _blank in range(next_row, number):
            sheet.append([])
        next_row = number + 1
        if number == heading_row:
            marks = [
                exports._styled(sheet, text, bold=True, fill=exports.HEAD_FILL) for text in (_("Result"), _("Remarks"))
            ]
            head = [*values, *[""] * (width - len(values))]
            sheet.append([_head(sheet, value) for value in head] + marks)
        elif number in rows:
            sheet.append(_line(sheet, values, width, *rows[number], written))
        else:
            sheet.append([_plain(sheet, value) for value in values])
    return exports._bytes(book)


def _head(sheet, value):
    return exports._styled(sheet, cells.tidy(value), bold=True, fill=exports.HEAD_FILL)


def _plain(sheet, value):
    value = exports.cell_value(value.code if isinstance(value, cells.Fault) else value)
    return exports._text_cell(sheet, value) if isinstance(value, str) else value


def _line(sheet, values, width, verdict, problems, changes, notes, written):
    from openpyxl.cell import Cell, WriteOnlyCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    line = []
    for index in range(width):
        letter, value = headings.letter(index), values[index] if index < len(values) else None
        cell = _plain(sheet, value)
        problem, note = problems.get(letter), notes.get(letter)
        if problem or note or letter in changes:
            if not isinstance(cell, Cell):
                cell = WriteOnlyCell(sheet, cell)
            text = (
                problem.words()
                if problem
                else note.words()
                if note
                else _("was: %(old)s") % {"old": changes[letter] or "—"}
            )
            if problem and problem.suggestion:
                text += " " + _("Perhaps: %(suggestion)s") % {"suggestion": problem.suggestion}
            cell.comment = Comment(text, "Luodi", width=280, height=90)
            if problem or letter in changes:
                cell.fill = PatternFill("solid", fgColor=RED if problem else BLUE)
        line.append(cell)
    said = [f"{letter}: {problem.words()}" for letter, problem in problems.items()]
    said += [f"{letter}: {note.words()}" for letter, note in notes.items() if letter not in problems]
    return [*line, cells.guard(outcome(verdict, written)), cells.guard(" ".join(said))]


def outcome(verdict: str, written: bool) -> str:
    """Return what became of a row, in words."""
    words = {
        ImportRow.Verdict.NEW: _("Imported: new") if written else _("Would be new"),
        ImportRow.Verdict.CHANGED: _("Imported: changed") if written else _("Would be changed"),
        ImportRow.Verdict.UNCHANGED: _("Unchanged"),
        ImportRow.Verdict.WRONG: _("Wrong, not imported"),
    }
    return words[verdict]
