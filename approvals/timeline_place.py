"""Where the bars of the timeline stand, in px: shared by bars, labels and lines. Pure."""

from dataclasses import dataclass
from functools import cached_property

from approvals.timeline_layout import SKIPPED, Lane, Row, TimelineInput, TimelineOptions, half_end
from approvals.timeline_pen import PAPER, SCREEN
from approvals.timeline_scale import Scale, close, opening

BAR_TOP, BAR_HEIGHT = 0.40, 13  # share of the row, px in a row of 32
HEAD = 5  # length of the arrow head of an open bar


@dataclass(frozen=True)
class Picture:
    """Everything that the drawing functions read."""

    data: TimelineInput
    options: TimelineOptions
    scale: Scale
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    height: float
    provisional_years: tuple[int, ...]

    @property
    def theme(self):
        return PAPER if self.options.bw else SCREEN

    @property
    def area(self) -> float:
        """Width of the time area without the margin at its right."""
        return max(self.scale.width, self.options.width)

    @cached_property
    def today_x(self) -> float:
        return self.scale.x(half_end(self.data.now))

    @cached_property
    def by_code(self) -> dict[str, Row]:
        return {row.stage.code: row for row in self.rows}


@dataclass(frozen=True)
class Place:
    """Where the bar (or the outline of the forecast) of a row stands, in px."""

    x1: float
    x2: float
    top: float
    height: float
    drawn: bool = True

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


def bar_height(row: Row) -> float:
    """Height of the bar: 13 px in a row of 32, less on paper."""
    return round(BAR_HEIGHT * row.height / 32, 1)


def place(picture: Picture, row: Row) -> Place:
    """Place of the actual bar; of the forecast where nothing was accepted; a point at today where neither exists."""
    top, height, x = row.y + row.height * BAR_TOP, bar_height(row), picture.scale.x
    if row.bar:
        x1, x2 = x(row.bar[0]), x(row.bar[1])
        return Place(x1, max(x2, x1 + 3), top, height)
    if row.stage.expected and row.stage.status != SKIPPED:
        x1, x2 = x(opening(row.stage.expected[0])), x(close(row.stage.expected[1]))
        return Place(x1, max(x2, x1 + 3), top, height)
    return Place(picture.today_x, picture.today_x, top, height, drawn=False)


def is_open(row: Row) -> bool:
    """Whether the bar is still growing."""
    return row.bar is not None and row.stage.closed_at is None


def limit_x(picture: Picture, due) -> tuple[float, str]:
    """(pixel, where): where is "" on the axis, "fold" in the middle of a folded strip, "edge" off the axis."""
    scale = picture.scale
    if due.day > scale.last:
        return picture.area, "edge"
    fold = scale.fold_at(due.position)
    if fold:
        x1, x2 = scale.fold_span(fold)
        return (x1 + x2) / 2, "fold"
    return scale.x(due.position), ""
