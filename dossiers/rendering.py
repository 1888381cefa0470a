"""Dossier and stamp to paper: the card on one page, folded card, booklet, terminal text, preview.

Every figure comes from the tree: nothing is asked of the database here. The same dossier, stamp and rung give the same
bytes. Words are in the language of the dossier, whoever renders it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from dossiers import bar_svg, enclosures, ladder, plain, wording
from dossiers.card import card_of
from dossiers.content import Dossier, Revision, Stamp
from dossiers.ladder import LADDER

LOG = logging.getLogger(__name__)
CARD_CSS = ("css/dossier-card.css",)
A5_CSS = ("css/dossier-card.css", "css/dossier-a5.css")
BOOKLET_CSS = ("css/dossier-booklet.css",)
NOTES_FROM, RULE_MM, NOTES_HEAD_MM = 36.0, 8.6, 11.0
"""Free space of a card in mm from which it gets ruled lines, the height of a line, and of their heading."""
NOTES = "block notes"
"""The classes of the part with the lines, in dossiers/_card.html."""
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


def card_a5(dossier: Dossier, stamp: Stamp, *, rung: str | None = None) -> Rendering:
    """Return the card to be folded to A5: A4 across, outside and inside, to print on both sides over the short edge.

    :raises NoRung: it does not fit on two pages, whatever is shortened.
    """
    with translation.override(dossier.language):
        return _on_one_page(dossier, stamp, rung, "dossiers/card_a5.html", A5_CSS, 2)


def booklet(
    dossier: Dossier,
    stamp: Stamp,
    *,
    attachments: Callable[[str], bytes] = enclosures.stored,
    revisions: Sequence[Revision] = (),
) -> Rendering:
    """Return the booklet, with PDF attachments bound behind it. Nothing is shortened.

    `attachments` reads a file by its name in our storage (see `enclosures.stored`); `revisions`: earlier prints, the
    latest first. Gather the dossier in full, or the records behind it are missing.
    """
    from dossiers import engine

    with translation.override(dossier.language):
        texts = wording.load()
        title = f"{texts.booklet} {dossier.basics.enterprise or dossier.basics.project} {stamp.number}"
        bound = enclosures.prepare(dossier.records.attachments if dossier.records else (), attachments)
        context = booklet_context(dossier, stamp, texts, bound, revisions) | {"title": title}
        html = render_to_string("dossiers/booklet.html", context)
        pictures = {one.picture: one.data for one in bound if one.picture}
        variant = None if any(one.pdf for one in bound) else engine.TAGGED  # what others wrote has tags or not
        made = engine.pdf(html, title=title, css=BOOKLET_CSS, pictures=pictures, variant=variant)
        data, pages = enclosures.bind(made.data, bound)
        return Rendering(data, pages)


def booklet_context(dossier: Dossier, stamp: Stamp, texts, bound=(), revisions=()) -> dict:
    """Return what the templates of the booklet need."""
    work = card_of(dossier, LADDER[0])
    chain = dossier.chain
    return {
        "dossier": dossier,
        "stamp": stamp,
        "wording": texts,
        "name_size": work.name_size,
        "figures": work.figures,
        "grouped": bar_svg.grouped(chain) if chain else (),
        "stopped": chain.stopped_supplement + chain.stopped_special if chain else None,
        "enclosures": bound,
        "revisions": revisions,
        "parts": parts_of(dossier),
    }


def parts_of(dossier: Dossier) -> dict[str, list[tuple[str, str]]]:
    """Return the sections that the contents list below a chapter, as (anchor, words)."""
    chain, quota, records = dossier.chain, dossier.quota, dossier.records
    found = {
        "chain": [
            ("s-halts", _("Stops of the clock"), chain and chain.halts),
            ("s-timeline", _("Timeline"), chain and records and records.drawings),
            ("s-materials", _("Materials by stage"), chain and records and records.materials),
            ("s-history", _("History"), chain and records and records.events),
        ],
        "quota": [("s-postings", _("Entries of the ledger"), quota and quota.postings)],
        "problems": [("s-open", _("Open problems"), True), ("s-closed", _("Closed out"), dossier.closed_problems)],
    }
    return {key: [(anchor, words) for anchor, words, there in rows if there] for key, rows in found.items()}


def html(dossier: Dossier, kind: str, by: str = "") -> str:
    """Return a preview as a document of its own, for a frame: the same markup as on paper, no style, no script.

    `kind` is card, card_a5 or booklet. Nothing is shortened but what the first rung shortens.
    """
    with translation.override(dossier.language):
        texts, stamp = wording.load(), preview_stamp(dossier, by)
        if kind == "booklet":
            bound = enclosures.listed(dossier.records.attachments if dossier.records else ())
            context = booklet_context(dossier, stamp, texts, bound)
        else:
            context = card_context(dossier, stamp, LADDER[0], texts)
        css = {"booklet": BOOKLET_CSS, "card_a5": A5_CSS}.get(kind, CARD_CSS)
        context |= {"preview": True, "title": dossier.basics.project, "styles": (*css, "css/dossier-screen.css")}
        return render_to_string(f"dossiers/{kind}.html", context)


def preview_stamp(dossier: Dossier, by: str = "") -> Stamp:
    """Return the stamp of what is not a version."""
    return Stamp(dossier.basics.code, 0, "", dossier.data_at, by, "", dossier.data_at)


def text(dossier: Dossier) -> str:
    """Return the dossier for a terminal: the facts of the card, plain, whatever the locale of the terminal."""
    with translation.override(dossier.language):
        return plain.lines(dossier, wording.load())


def _on_one_page(dossier, stamp, name, template, css, pages) -> Rendering:
    from dossiers import engine

    tried, texts = {}, wording.load()
    title = f"{texts.card} {dossier.basics.enterprise or dossier.basics.project} {stamp.number}"

    def lay(step):
        context = card_context(dossier, stamp, step, texts) | {"title": title}
        return context["card"], engine.layout(render_to_string(template, context), title=title, css=css)

    def holds(laid) -> bool:
        return laid.pages == pages and not runs_over(laid)

    def fits(place: int) -> bool:
        if place not in tried:
            tried[place] = lay(LADDER[place])
        return holds(tried[place][1])

    usual, known = guess(dossier), ladder.named(name)
    if known and known[1]:  # with the ruled lines of the last print: one layout, if they are what it would get anew
        work, laid = lay(ladder.with_lines(LADDER[known[0]], known[1]))
        if holds(laid) and lines_for(laid) == known[1]:
            return _written(work, laid, stamp, 1)
    if known and known[0] - usual <= 1 and fits(known[0]):
        place = known[0]
    else:
        place = ladder.search(fits, known[0] if known else usual)
    work, laid = tried[place]
    lines = lines_for(laid) if pages == 1 and place == 0 else 0
    if lines:
        again = lay(ladder.with_lines(LADDER[place], lines))
        if holds(again[1]):
            work, laid = again
    return _written(work, laid, stamp, len(tried) + bool(lines))


def _written(work, laid, stamp, layouts: int) -> Rendering:
    LOG.info("card %s: rung %s, %s layouts", stamp.number, work.rung.name, layouts)
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
        "heavy": ("blocked", "red", "statutory"),
        "grouped": bar_svg.grouped(dossier.chain) if dossier.chain else (),
        "a5_lines": max(0, 7 - rung.density),
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
    """Return how many ruled lines fill the space that a laid out card leaves free; 0 where it is nearly full.

    Lines that are there already count as free space: the same card gives the same number with and without them.
    """
    page = laid.document.pages[0]._page_box
    bottom = page.position_y + page.margin_top + page.height
    boxes = [box for box in page.children if not type(box).__name__.startswith("Margin")]
    used = max((_bottom(box, NOTES) for box in boxes), default=bottom)
    free = (bottom - used) / MM
    return int((free - NOTES_HEAD_MM) // RULE_MM) if free >= NOTES_FROM else 0


def runs_over(laid) -> bool:
    """Say whether anything reaches below its page: what cannot be broken runs off the paper, not to a next page."""
    for page in laid.document.pages:
        box = page._page_box
        edge = box.position_y + box.margin_top + box.height + 1
        if any(_bottom(child) > edge for child in box.children if not type(child).__name__.startswith("Margin")):
            return True
    return False


def _bottom(box, without: str = "") -> float:
    """Return the lowest edge of the content below a box: `html` and `body` may be as high as the page.

    `without` leaves out what has exactly these classes.
    """
    children = [child for child in getattr(box, "children", ()) if child.is_in_normal_flow()]
    if without:
        children = [child for child in children if child.element is None or child.element.get("class") != without]
    if box.element_tag in ("html", "body") and children:
        return max(_bottom(child, without) for child in children)
    return box.position_y + box.margin_height()
