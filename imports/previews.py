"""What the page of a batch shows: rows as a grid with Excel's own numbers and letters, and the list of mistakes."""

from collections import Counter
from dataclasses import dataclass

from imports import headings
from imports.cells import Problem
from imports.models import ImportBatch, ImportRow

PER_GROUP = 50
ERRORS_SHOWN = 200


@dataclass(frozen=True)
class GridCell:
    """A cell of the preview. `old` is the stored value that it replaces; None when it does not change."""

    letter: str
    text: str
    problem: str = ""
    old: str | None = None
    note: str = ""


@dataclass(frozen=True)
class GridRow:
    """A row of the preview with its verdict and the sentences below it."""

    number: int
    verdict: str
    verdict_label: str
    cells: list[GridCell]
    mistakes: list["Mistake"]


@dataclass(frozen=True)
class Mistake:
    """One wrong cell: where, why, and what to write instead. `alike` counts the cells with the same mistake."""

    number: int
    letter: str
    text: str
    message: str
    suggestion: str
    alike: int = 1

    @property
    def address(self) -> str:
        """The cell's address, as Excel writes it."""
        return f"{self.letter}{self.number}"


@dataclass(frozen=True)
class Grid:
    """One group of rows and where it stands among all groups."""

    columns: list[tuple[str, str, bool]]
    rows: list[GridRow]
    group: int
    groups: int
    shown: int


def _mistakes(row: ImportRow, alike: Counter) -> list[Mistake]:
    found = []
    for letter, stored in sorted(row.problems.items(), key=lambda item: headings.column_index(item[0])):
        problem, text = Problem.from_stored(stored), _text(row, letter)
        same = alike[(letter, text, problem.suggestion)] if problem.suggestion else 1
        found.append(Mistake(row.number, letter, text, problem.words(), problem.suggestion, same))
    return found


def _text(row: ImportRow, letter: str) -> str:
    index = headings.column_index(letter)
    return row.cells[index] if index < len(row.cells) else ""


def _wrong_rows(batch) -> tuple[list[ImportRow], Counter]:
    rows = list(batch.rows.filter(verdict=ImportRow.Verdict.WRONG).order_by("number"))
    alike = Counter(
        (letter, _text(row, letter), stored["suggestion"]) for row in rows for letter, stored in row.problems.items()
    )
    return rows, alike


def mistakes(batch: ImportBatch) -> list[Mistake]:
    """Return the first mistakes in the order of rows (at most ERRORS_SHOWN). One query."""
    rows, alike = _wrong_rows(batch)
    return [mistake for row in rows for mistake in _mistakes(row, alike)][:ERRORS_SHOWN]


def grid(batch: ImportBatch, *, show: str, group: int = 1, at: int | None = None) -> Grid:
    """Return one group of PER_GROUP rows. `show`: near (wrong rows and their neighbours), wrong, or all.

    `at` asks for the group that holds that row number. Three queries.
    """
    wrong, alike = _wrong_rows(batch)
    numbers = list(batch.rows.order_by("number").values_list("number", flat=True))
    if show == "wrong":
        numbers = [row.number for row in wrong]
    elif show == "near":
        places = {number: place for place, number in enumerate(numbers)}
        near = {place + step for row in wrong for place in [places[row.number]] for step in (-1, 0, 1)}
        numbers = [number for place, number in enumerate(numbers) if place in near]
    groups = max(1, -(-len(numbers) // PER_GROUP))
    if at in numbers:
        group = numbers.index(at) // PER_GROUP + 1
    group = min(max(1, group), groups)
    chosen = numbers[(group - 1) * PER_GROUP : group * PER_GROUP]
    letters = {letter for letter in batch.columns.values() if letter}
    columns = [
        (letter, heading, letter in letters)
        for letter, heading in ((headings.letter(i), heading) for i, heading in enumerate(batch.headings))
        if heading or letter in letters
    ]
    rows = batch.rows.filter(number__in=chosen).order_by("number")
    return Grid(columns, [_row(row, columns, alike) for row in rows], group, groups, len(numbers))


def _row(row: ImportRow, columns, alike) -> GridRow:
    found = _mistakes(row, alike)
    said = {mistake.letter: mistake.message for mistake in found}
    cells = []
    for letter, _heading, _ours in columns:
        note = row.notes.get(letter)
        cells.append(
            GridCell(
                letter=letter,
                text=_text(row, letter),
                problem=said.get(letter, ""),
                old=row.changes.get(letter),
                note=Problem.from_stored(note).words() if note and letter not in said else "",
            )
        )
    return GridRow(row.number, row.verdict, row.get_verdict_display(), cells, found)
