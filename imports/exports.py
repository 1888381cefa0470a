"""Tables out: workbooks and CSV that open safely, and the blank templates of the importers.

`workbook` and `csv_lines` take a queryset (or any rows) and columns as (heading, getter) pairs; a text that a
spreadsheet would run as a formula gets an apostrophe, which the import takes off again.
"""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from imports import cells

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
HEAD_FILL, EXAMPLE_INK, REQUIRED_FILL = "FFE8EEF5", "FF8A96A6", "FFD6E4F2"


def cell_value(value):
    """Return a value that Excel holds as what it is: numbers and dates stay, the rest is guarded text."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, date):
        return value
    return cells.guard(cells.INVISIBLE.sub("", str(value)))[:32_767]


def columns_of(importer):
    """Return the (heading, getter) pairs of an importer's columns."""
    return [(str(column.label), column.exported) for column in importer.columns]


def workbook(rows, columns, *, title: str = "") -> bytes:
    """Return an .xlsx of `rows`: one line each, dates as dates, numbers as numbers, the head frozen and filterable.

    `columns` are (heading, getter) pairs. Rows are streamed: a queryset is iterated once.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet((title or _("Export"))[:31])
    sheet.freeze_panes = "A2"
    for place, (heading, _getter) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(40, len(heading) * 2 + 4))
    sheet.append([_styled(sheet, str(heading), bold=True, fill=HEAD_FILL) for heading, _getter in columns])
    for row in rows:
        line = []
        for _heading, getter in columns:
            value = cell_value(getter(row))
            if isinstance(value, date):
                cell = WriteOnlyCell(sheet, value)
                cell.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
                value = cell
            elif isinstance(value, str):
                value = _text_cell(sheet, value)
            line.append(value)
        sheet.append(line)
    return _bytes(book)


def csv_lines(rows, columns):
    """Yield a CSV line by line, with a byte order mark first, so that Excel and WPS read it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)

    def line(values) -> str:
        writer.writerow(values)
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        return text

    yield "\ufeff" + line([str(heading) for heading, _getter in columns])
    for row in rows:
        values = (cell_value(getter(row)) for _heading, getter in columns)
        yield line(["" if value is None else value for value in values])


def template(importer) -> bytes:
    """Return the blank workbook of an importer: headings, one example row, drop-downs, and a sheet that explains.

    The import leaves the example row out when it is still as it was.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = str(importer.title)[:31]
    notes = book.create_sheet(_("How to fill in"))
    lists = book.create_sheet(_("Lists"))
    lists.sheet_state = "hidden"
    sheet.freeze_panes = "A2"
    notes.append([_("Column"), _("Required"), _("How to fill in"), _("Example")])
    for place, column in enumerate((c for c in importer.columns if c.in_template and not c.export_only), 1):
        letter, label = get_column_letter(place), str(column.label)
        head = sheet.cell(1, place, f"{label}*" if column.required else label)
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="center")
        head.fill = PatternFill("solid", fgColor=REQUIRED_FILL if column.required else HEAD_FILL)
        if column.help:
            head.comment = Comment(str(column.help), "Luodi", width=260, height=90)
        sheet.column_dimensions[letter].width = max(12, min(36, len(label) * 2 + 4))
        if column.parse in (cells.credit_code, cells.project_code, cells.phone):
            for row in range(2, 502):
                sheet.cell(row, place).number_format = "@"
        if column.example != "":
            example = sheet.cell(2, place, cells.guard(str(column.example)))
            example.font, example.number_format = Font(italic=True, color=EXAMPLE_INK), "@"
        if column.options and (options := [text for text in column.options() if text]):
            for row, text in enumerate(options, 1):
                lists.cell(row, place, cells.guard(text))
            rule = DataValidation("list", f"'{lists.title}'!${letter}$1:${letter}${len(options)}", allow_blank=True)
            rule.showErrorMessage = False  # codes and other names are understood too
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}5000")
        required = _("yes") if column.required else _("not imported") if column.read_only else ""
        notes.append([label, required, str(column.help), cells.guard(str(column.example))])
    for text in (
        _("An empty cell leaves what is stored. Write 清空 to empty it."),
        _("The grey example row is left out by the import as long as it is unchanged."),
    ):
        notes.append([text])
    for letter, width in zip("ABCD", (26, 10, 70, 30), strict=True):
        notes.column_dimensions[letter].width = width
    return _bytes(book)


def _text_cell(sheet, value: str):
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    if len(value) >= 11 and value.isdigit():
        cell.number_format = "@"
    return cell


def _styled(sheet, value, *, bold=False, fill=""):
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill

    cell = WriteOnlyCell(sheet, cells.guard(value))
    cell.font = Font(bold=bold)
    if fill:
        cell.fill = PatternFill("solid", fgColor=fill)
    return cell


def _bytes(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
