"""The timeline of a chain: from frozen facts to one SVG string and the rows of its table. Pure but for gettext.

`draw` is the one function for screen and paper; `approvals.timeline_input` makes its input from a chain, and
`approvals.timeline_layout` documents the facts and the rules of the drawing.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from approvals import timeline_layout as layout
from approvals import timeline_scale as scales
from approvals.timeline_layout import (
    Due,
    Lane,
    Row,
    TimelineInput,
    TimelineOptions,
    TimelinePause,
    TimelinePhase,
    TimelineStage,
    segments,
)
from approvals.timeline_place import Picture
from approvals.timeline_scale import Scale
from approvals.timeline_svg import render

__all__ = [
    "Due",
    "Timeline",
    "TimelineInput",
    "TimelineOptions",
    "TimelinePause",
    "TimelinePhase",
    "TimelineStage",
    "draw",
    "segments",
]


@dataclass(frozen=True)
class Timeline:
    """What a page needs: the SVG, the lanes and rows of the frozen column and of the table, and where today is."""

    svg: str
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    scale: Scale
    width: float
    height: float
    today_x: float
    provisional_years: tuple[int, ...] = ()
    options: TimelineOptions = field(default_factory=TimelineOptions)

    @property
    def body(self) -> list:
        """Lanes and rows from top to bottom."""
        return sorted([*self.lanes, *self.rows], key=lambda item: item.y)


def draw(data: TimelineInput, options: TimelineOptions | None = None) -> Timeline:
    """The timeline of ``data``: SVG text (well-formed, every user text escaped) and what stands beside it.

    Some 10 ms for 19 stages; no query. An empty chain gives the axis around today and no row.
    """
    options = options or TimelineOptions()
    first, last = layout.axis_span(data.stages, data.today)
    facts_end = last - timedelta(days=scales.EDGE_DAYS)
    folds = layout.named_folds(data, first, last) if options.fold else []
    last = layout.with_label_room(first, last, folds, options)
    scale = scales.build_scale(
        first,
        last,
        options.width,
        folds=folds,
        zoom=options.zoom,
        least=0.1 if options.fit else scales.PITCH_MIN,
        workdays_only=options.workdays_only,
        is_workday=data.calendar.is_workday,
    )
    lanes, rows, height = layout.lay_out(data, options)
    years = tuple(y for y in range(first.year, facts_end.year + 1) if data.calendar.is_provisional(date(y, 7, 1)))
    picture = Picture(data, options, scale, tuple(lanes), tuple(rows), height, years)
    offset = layout.LEFT_WIDTH if options.left else 0
    return Timeline(
        svg=render(picture),
        lanes=tuple(lanes),
        rows=tuple(rows),
        scale=scale,
        width=offset + max(scale.width, options.width) + layout.RIGHT_MARGIN,
        height=height,
        today_x=scale.x(scales.half_end(data.now)),
        provisional_years=years,
        options=options,
    )
