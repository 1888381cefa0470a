"""Dossier and stamp to paper: the card on one page, folded card, booklet, terminal text, preview.

Every figure comes from the tree: nothing is asked of the database here. The same dossier, stamp and rung give the same
bytes. Words are in the language of the dossier, whoever renders it.
"""

import logging
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from dossiers import bar_svg, ladder, wording
from dossiers.card import card_of
from dossiers.content import Dossier, Stamp
from dossiers.ladder import LADDER

LOG = logging.getLogger(__name__)
CARD_CSS = ("css/dossier-card.css",)
NOTES_FROM, RULE_MM, NOTES_HEAD_MM = 34.0, 8.4, 9.0
"""Free space of a card in mm from which it gets ruled lines, the height of a line, and of their heading."""
MM = 96 / 25.4


@dataclass(frozen=True)
class Rendering:
    """A paper: bytes, pages, the rung it needed ("" where there is no ladder), and what was shortened."""

    pdf: bytes
    pages: int
    rung: str = ""
    shortened: tuple[str, ...] = ()


def card(dossier: Dossier, stamp: Stamp, *, rung: str | None = None) -> Rendering:
    """Return the card, on exactly one A4 page. `rung`: that of the last print, to begin with; usually one layout then.

    :raises NoRung: it does not fit, whatever is shortened.
    """
    with translation.override(dossier.language):
        return _on_one_page(dossier, stamp, rung, "dossiers/card.html", CARD_CSS, 1)


def _on_one_page(dossier, stamp, name, template, css, pages) -> Rendering:
    from dossiers import engine

    tried, texts = {}, wording.load()
    title = f"{texts.card} {dossier.basics.enterprise or dossier.basics.project} {stamp.number}"

    def lay(step):
        context = card_context(dossier, stamp, step, texts) | {"title": title}
        return context["card"], engine.layout(render_to_string(template, context), title=title, css=css)

    def fits(place: int) -> bool:
        if place not in tried:
            tried[place] = lay(LADDER[place])
        return tried[place][1].pages == pages

    start, _lines = ladder.named(name) or (guess(dossier), 0)
    place = ladder.search(fits, start)
    work, laid = tried[place]
    lines = lines_for(laid) if pages == 1 and place == 0 else 0
    if lines:
        again = lay(ladder.with_lines(LADDER[place], lines))
        if again[1].pages == pages:
            work, laid = again
    LOG.info("card %s: rung %s, %s layouts", stamp.number, work.rung.name, len(tried))
    made = laid.write()
    return Rendering(made.data, made.pages, work.rung.name, tuple(work.shortened))


def card_context(dossier: Dossier, stamp: Stamp, rung, texts) -> dict:
    """Return what the templates of the card need."""
    bar = None
    if dossier.chain is not None:
        words = {"n": dossier.chain.total, "m": dossier.chain.done}
        bar = bar_svg.draw(dossier.chain, _("%(n)s stages, %(m)s decided") % words)
    return {
        "dossier": dossier,
        "stamp": stamp,
        "card": card_of(dossier, rung),
        "wording": texts,
        "bar": bar.svg if bar else "",
        "kinds": bar.kinds if bar else (),
    }


def guess(dossier: Dossier) -> int:
    """Return the rung to try first, from how much there is to say. Any guess is right, a good one is quicker."""
    quota, chain = dossier.quota, dossier.chain
    size = min(len(dossier.problems), 3) * 2 + min(len(chain.at_work), 6) if chain else 0
    if quota:
        size += min(len(quota.demands), 6) + min(len(quota.blocked), 6)
    size += max(len(dossier.basics.project) - 40, 0) // 12 + (len(chain.stages) > bar_svg.ROW_CELLS) * 4 if chain else 0
    return 0 if size < 17 else 1 if size < 21 else 2 if size < 25 else 3


def lines_for(laid) -> int:
    """Return how many ruled lines fill the space that a laid out card leaves free; 0 where it is nearly full."""
    page = laid.document.pages[0]._page_box
    bottom = page.position_y + page.margin_top + page.height
    used = max((_bottom(box) for box in page.children if not type(box).__name__.startswith("Margin")), default=bottom)
    free = (bottom - used) / MM
    return int((free - NOTES_HEAD_MM) // RULE_MM) if free >= NOTES_FROM else 0


def _bottom(box) -> float:
    """Return the lowest edge of the content below a box: `html` and `body` may be as high as the page."""
    children = [child for child in getattr(box, "children", ()) if child.is_in_normal_flow()]
    if box.element_tag in ("html", "body") and children:
        return max(_bottom(child) for child in children)
    return box.position_y + box.margin_height()
