"""Panels that apps above put on pages of this one: gis tells on the project page which utilities fall short.

An app above registers a function in its ready(); it returns a Panel, or None where it has nothing to say.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Panel:
    """A part of a page: its template, drawn with `panel` as its context."""

    template: str
    context: dict = field(default_factory=dict)


# (user, project, view of the chain or None, now as local time) -> panel in the project page's right column.
project_panels: list[Callable[..., Panel | None]] = []

# (user, now as local time) -> panel at the top of a workbench.
workbench_panels: list[Callable[..., Panel | None]] = []


def of_project(user, project, view, now: dt.datetime) -> list[Panel]:
    """Return the panels of a project's page, in the order of registration."""
    return [panel for make in project_panels if (panel := make(user, project, view, now)) is not None]


def of_workbench(user, now: dt.datetime) -> list[Panel]:
    """Return the panels at the top of a workbench, in the order of registration."""
    return [panel for make in workbench_panels if (panel := make(user, now)) is not None]
