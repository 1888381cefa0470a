"""From a file to a table of raw cells, through a child process with limits (see `reader_child`).

Every file that cannot be read is refused with one fixed sentence that says what to do. Nothing is guessed silently:
the table says which sheet, encoding and heading row were read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.utils.translation.trans_null import gettext_noop

from imports import headings
from imports.cells import Fault, Problem
from people import child

REFUSALS = {
    "empty": gettext_noop("The file is empty (0 bytes). Save it again and upload it."),
    "ending": gettext_noop("Files ending in %(ending)s are not read. Save the table as .xlsx, .xls or .csv."),
    "macro": gettext_noop("The workbook holds macros or is binary. Save it as .xlsx without macros."),
    "encrypted": gettext_noop("The workbook is protected by a password. Remove the password and upload it again."),
    "corrupt": gettext_noop("The file is damaged and cannot be read. Open it in Excel or WPS and save it again."),
    "other_office": gettext_noop("This is not an Excel workbook. Save the table as .xlsx."),
    "renamed": gettext_noop(
        "The file is named like a workbook but is plain text. Rename it to .csv or save it as .xlsx."
    ),
    "renamed_html": gettext_noop(
        "The file is named like a workbook but is a web page. Open it in Excel and save it as .xlsx."
    ),
    "renamed_workbook": gettext_noop(
        "The file is another kind of workbook than its ending %(ending)s says. Save it as .xlsx."
    ),
    "not_text": gettext_noop("The file is not a table. Save the table as .xlsx or as CSV in UTF-8."),
    "encoding": gettext_noop("The text is neither UTF-8 nor GBK. Save it as CSV UTF-8."),
    "big5": gettext_noop(
        "The text looks like Big5 (traditional Chinese). Save it as CSV UTF-8, so that no character is misread."
    ),
    "members": gettext_noop("The workbook consists of %(count)s parts; at most %(most)s are read."),
    "unpacked": gettext_noop(
        "Unpacked, the workbook is larger than %(most)s MB. Split it or delete what is not needed."
    ),
    "rows": gettext_noop("The table has more than %(most)s rows. Split it into several files."),
    "columns": gettext_noop("The table reaches to column %(column)s; at most %(most)s columns are read."),
    "no_sheet": gettext_noop("There is no sheet “%(sheet)s”. The file has: %(sheets)s."),
    "no_rows": gettext_noop("The file holds no filled row."),
    "too_heavy": gettext_noop(
        "Reading the file takes too much time or memory. Delete empty formatted areas and save it again."
    ),
    "size": gettext_noop("The file is larger than %(most)s MB."),
    "no_headings": gettext_noop("No row of headings was found. The columns should be called: %(headings)s."),
}


class Unreadable(ValueError):
    """The file is refused; `.problem` is the sentence."""

    def __init__(self, word: str, **params):
        self.word = word
        self.problem = Problem(REFUSALS[word], params)
        super().__init__(word)


@dataclass(frozen=True)
class Limits:
    """What is read at most. The defaults are those of an upload; a command passes wider ones."""

    size_mb: int = 10
    unpacked_mb: int = 100
    members: int = 1_000
    rows: int = 5_000
    columns: int = 100
    empty_rows: int = 200
    cpu_seconds: int = 30
    memory_mb: int = 1_024
    wall_seconds: int = 60


UPLOAD = Limits()
"""The limits of an upload."""


@dataclass
class Table:
    """A sheet as read: rows above the headings, the headings, and the data rows, all under Excel's own numbers."""

    headings: tuple[str, ...]
    heading_row: int
    rows: list[tuple[int, list]]
    above: list[tuple[int, list]] = field(default_factory=list)
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    encoding: str = ""
    doubt: str = ""
    epoch_1904: bool = False
    stopped_after: int = 0
    merged: frozenset[tuple[int, int]] = frozenset()
    """(row, column from 0) of cells that have their value from a merged cell above."""
    remarks: list[Problem] = field(default_factory=list)
    """What is to be said about how the file was read."""


def read(
    path,
    *,
    name: str = "",
    known: set[str] = frozenset(),
    labels: Sequence[str] = (),
    sheet: str = "",
    limits: Limits = UPLOAD,
) -> Table:
    """Return the table in the file at `path`; `name` is what the user called it (its ending counts).

    `known` are the headings looked for, as `headings.normal()` makes them: they choose the sheet and the heading row;
    `labels` are those that must be there, as a refusal names them.

    :raises Unreadable: with the fixed sentence. Takes at most `limits.wall_seconds`; one process, no query.
    """
    path = Path(path)
    if path.stat().st_size > limits.size_mb << 20:
        raise Unreadable("size", most=limits.size_mb)
    request = {"path": str(path.resolve()), "name": name or path.name, "known": sorted(known), "sheet": sheet}
    answer = child.ask("imports.reader_child", request | {"limits": asdict(limits)}, wall_seconds=limits.wall_seconds)
    if "refused" in answer:
        raise Unreadable(answer["refused"], **answer["params"])
    rows = [(number, [_raw(cell) for cell in cells]) for number, cells in answer.pop("rows")]
    found = headings.find([cells for _, cells in rows[: headings.LOOK_AT_ROWS]], set(known))
    if found is None:
        raise Unreadable("no_headings", headings="、".join(labels or sorted(known)[:8]))
    if len(rows) - found.index - 1 > limits.rows:
        raise Unreadable("rows", most=limits.rows)
    merged = frozenset((row, column) for row, column in answer.pop("merged", ()))
    return Table(
        headings=found.texts,
        merged=merged,
        heading_row=rows[found.index][0],
        above=rows[: found.index + 1],
        rows=rows[found.index + 1 :],
        **answer,
    )


def _raw(cell):
    if isinstance(cell, dict):
        if "d" in cell:
            return date.fromisoformat(cell["d"])
        if "t" in cell:
            return datetime.fromisoformat(cell["t"])
        return Fault(cell["e"])
    return cell
