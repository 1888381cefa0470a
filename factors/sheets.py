"""Tables for the command line: a CSV in UTF-8 or GBK, or the first sheet of a workbook, as rows of texts.

For files that an operator names on his own machine; what people upload goes through `imports`, which distrusts it.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _

ENCODINGS = ("utf-8-sig", "gb18030")
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


class SheetError(ValueError):
    """A file that is no table of the kind that was asked for; the text is for people."""


@dataclass(frozen=True, slots=True)
class Line:
    """A data row under the file's own number, its cells by our names of the columns."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table as read: the file's heading for each of our columns, its rows, and headings that nobody knows."""

    headings: dict[str, str]
    lines: list[Line]
    unread: tuple[str, ...] = ()


def normal(heading: str) -> str:
    """Return a heading as headings are compared: compatibility forms folded, lower case, no blanks, no _ and no *."""
    return re.sub(r"[\s_*-]", "", unicodedata.normalize("NFKC", heading)).casefold()


def read(path: Path, columns: dict[str, tuple[str, ...]], required: tuple[str, ...] = ()) -> Sheet:
    """Read a file. `columns`: every heading under which each of our columns is known. Empty rows are left out.

    :raises SheetError: no table, a column that is missing, or one that stands twice.  :raises OSError: not readable.
    """
    rows = _workbook(path) if path.suffix.lower() in WORKBOOKS else _text(path)
    head = next(rows, None)
    if head is None:
        raise SheetError(_("%(file)s is empty.") % {"file": path.name})
    names = {normal(word): name for name, words in columns.items() for word in (name, *words)}
    at, unread = {}, []
    for index, heading in enumerate(head[1]):
        name = names.get(normal(heading))
        if name is None:
            unread += [heading] if heading else []
        elif name in at:
            raise SheetError(_("The column “%(column)s” stands twice.") % {"column": heading})
        else:
            at[name] = index
    missing = [columns[name][0] for name in required if name not in at]
    if missing:
        raise SheetError(_("Columns are missing: %(columns)s.") % {"columns": _(", ").join(missing)})
    lines = [
        Line(number, {name: cells[index].strip() if index < len(cells) else "" for name, index in at.items()})
        for number, cells in rows
        if any(cell.strip() for cell in cells)
    ]
    return Sheet({name: head[1][index] for name, index in at.items()}, lines, tuple(unread))


def _text(path: Path):
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetError(_("%(file)s is neither UTF-8 nor GBK. Save it as CSV UTF-8.") % {"file": path.name})
    if "\x00" in text:
        raise SheetError(_("%(file)s is no table. Save it as CSV UTF-8.") % {"file": path.name})
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        message = _("%(file)s, line %(line)s: %(why)s.")
        raise SheetError(message % {"file": path.name, "line": reader.line_num, "why": error}) from error


def _workbook(path: Path):
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        raise SheetError(_("%(file)s is no workbook that can be read.") % {"file": path.name}) from error
    for number, cells in enumerate(rows, start=1):
        yield number, [_written(cell) for cell in cells]


def _written(cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def day(text: str) -> date | None:
    """Return the day that a text names (2026-11-20, 2026/11/20, 2026.11.20, 2026年11月20日, 20261120), or None."""
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups() if part is not None))
    except ValueError:
        return None
