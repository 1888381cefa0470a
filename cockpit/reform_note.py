"""The policy note: one A4 page that says what was tried, what it would save, and what it does not promise.

Figures come from the board of the page, so that page and paper cannot differ; like all papers it is Chinese, whatever
language its reader works in. The same question, facts and instant give the same bytes.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from approvals.reform_forecast import Simulation
from cockpit import reform_board, reforming
from cockpit.reform_board import GapBoard
from cockpit.reforming import Question
from dossiers import engine, official
from dossiers.papers import LANGUAGE

CSS = ("css/paper-reform.css",)
FITS = ("", "tight", "short")
"""Tried in turn: smaller rows, then without sources (the page has them). Whatever is chosen, the note has one page."""


@dataclass(frozen=True)
class Note:
    """A note before layout. `number` is the instant of its facts."""

    context: dict
    number: str

    @property
    def filename(self) -> str:
        """Return a name for the file that every system can keep."""
        return f"reform-{self.number}.pdf"


def note(
    question: Question, simulation: Simulation, count: int, at: datetime, board: GapBoard | None, url: str, share=None
) -> Note:
    """Return the note of a simulation. Three queries, for the words of its scope.

    `share` is the share of records that passed (`approvals.recording.share_of`), None: it is not told.
    """
    with translation.override(LANGUAGE):
        texts = official.words()
        rows = [row for row in reform_board.reform_rows(simulation, question) if row.chosen]
        context = {
            "title": _("Policy note: what approval reforms would save"),
            "issuer": official.fill(texts["issuer"], {"city": settings.CITY_NAME}),
            "scope": reforming.scope_words(question),
            "until": reforming.UNTIL[question.until],
            "rows": rows,
            "s": simulation,
            "count": count,
            "at": at,
            "gap": board,
            "share": share,
            "url": url,
        }
    return Note(context, f"{at:%Y%m%d%H%M}")


def render(one: Note) -> engine.Pdf:
    """Return the PDF, one page. One layout, up to three where much is chosen. :raises PaperError:"""
    with translation.override(LANGUAGE):
        for fit in FITS:
            html = render_to_string("dossiers/reform.html", one.context | {"fit": fit})
            laid = engine.layout(html, title=f"{one.context['title']} {one.number}", css=CSS)
            if laid.pages == 1:
                break
        return laid.write()
