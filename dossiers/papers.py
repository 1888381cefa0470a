"""Official papers: supervision order (GB/T 9704), one-time notice, letters of deferral and commitment, ledger voucher.

Each function reads one thing that its caller has already found visible, and returns a `Paper`: template, style, words.
`render` makes the PDF. The same state of the thing, the same words and the same instant give the same bytes. Official
papers are Chinese, whatever language the person who prints them reads the screen in.
"""

from dataclasses import dataclass
from html import unescape

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from dossiers import engine, fonts, official
from dossiers.templatetags.paper import longdate
from dossiers.typography import balanced, zh_text
from supervision.models import SupervisionOrder
from supervision.states import OrderState

LANGUAGE = "zh-hans"
FITS = ("", "tight", "turn", "turn carry")
"""Ways to get the imprint to the foot of an even page: as it comes; no blank line above the signature; on a page of its
own after an odd one; and, where the text fills its page, the last section goes over with the signature: a signature
never stands on a page without text."""
TITLE_WIDTH = 18
"""Characters of 22 pt on a line of 156 mm, a little less than fit."""


@dataclass(frozen=True)
class Paper:
    """A paper before layout. `even`: the imprint stands on the last even page (GB/T 9704 7.4)."""

    kind: str
    number: str
    title: str
    template: str
    css: tuple[str, ...]
    context: dict
    even: bool = False

    @property
    def filename(self) -> str:
        """Return a name for the file that every system can keep."""
        return f"{self.kind}-{''.join(one if one.isalnum() else '-' for one in self.number).strip('-') or 'draft'}.pdf"


def render(paper: Paper) -> engine.Pdf:
    """Return the PDF. One layout; up to four where an imprint must get to an even page. :raises PaperError:"""
    with translation.override(LANGUAGE):
        for fit in FITS:
            laid = _laid(paper, fit)
            if not paper.even or laid.pages % 2 == 0:
                break
        return laid.write()


def unprintable(paper: Paper) -> list[str]:
    """Return the characters of a paper that are in no font of this machine: they print as boxes."""
    with translation.override(LANGUAGE):
        return fonts.missing(unescape(strip_tags(_html(paper, ""))))


def _html(paper: Paper, fit: str) -> str:
    context = {"title": paper.title, "fit": fit, "turn": "turn" in fit}
    return render_to_string(paper.template, paper.context | context)


def _laid(paper: Paper, fit: str) -> engine.Laid:
    return engine.layout(_html(paper, fit), title=f"{paper.title} {paper.number}".strip(), css=paper.css)


def order_paper(order: SupervisionOrder, url: str) -> Paper:
    """Return a supervision order as an official document. Four queries (`lead`, `leader`, `signed_by` loaded).

    `url` is the order's page: the code at its end leads there, and it opens after log-in. A draft says that it is one.
    """
    with translation.override(LANGUAGE):
        texts = official.words()
        own, city = texts["order"], {"city": settings.CITY_NAME, "product": texts["product"]}
        issuer = official.fill(texts["issuer"], city)
        values = city | _order_values(order)
        items = list(order.items.all())
        parts = [
            (own["matters"], official.numbered([item.text for item in items] or [order.title])),
            (own["required"], official.numbered(order.requirement.splitlines())),
            (own["term"], ["".join(official.sentences(own["term_sentences"], values))]),
            (own["receipt"], ["".join(official.sentences(own["receipt_sentences"], values))]),
        ]
        sections = [(title, lines) for title, lines in parts if lines and any(lines)]
        title = own["titles"][order.level]
        signed = order.state not in (OrderState.DRAFT, OrderState.DISCARDED) and order.number
        context = {
            "texts": texts,
            "issuer": issuer,
            "office": official.fill(texts["office"], city),
            "mark_class": "" if len(issuer) <= 14 else "mark-long" if len(issuer) <= 20 else "mark-longer",
            "number": order.number if signed else "",
            "urgency": "" if order.urgency == "plain" else order.get_urgency_display(),
            "title_lines": balanced(title, TITLE_WIDTH),
            "lead": order.lead.name,
            "opening": zh_text(official.fill(own["opening"], values)),
            "sections": [(official.numeral(place), *one) for place, one in enumerate(sections, 1)],
            "signed_on": order.signed_on,
            "contact": "".join(official.sentences([own["contact"]], values)),
            "copies": values["copies"],
            "url": url,
        }
        css = ("css/paper-order.css",)
        return Paper("order", order.number or "", title, "dossiers/order.html", css, context, even=True)


def _order_values(order: SupervisionOrder) -> dict[str, str]:
    co_units = "\u3001".join(unit.name for unit in order.co_units.order_by("code"))
    names = dict.fromkeys(item.project.enterprise.name for item in _items_with_project(order))
    leader = order.leader
    return {
        "source": order.get_source_display(),
        "basis": order.basis.strip().rstrip("\u3002."),
        "title": order.title.strip().rstrip("\u3002."),
        "lead": order.lead.name,
        "co_units": co_units,
        "leader": f"{leader.display_name}\uff08{leader.title}\uff09"
        if leader and leader.title
        else leader.display_name
        if leader
        else "",
        "due": longdate(order.due_on),
        "receive_due": longdate(order.receive_due_on) if order.receive_due_on else "",
        "contact": zh_text(order.contact.strip()),
        "copies": "\uff0c".join([*([co_units.replace("\u3001", "\uff0c")] if co_units else []), *names]),
    }


def _items_with_project(order: SupervisionOrder):
    return order.items.filter(project__isnull=False).select_related("project__enterprise")


def voucher_paper(posting, sheet: dict, url: str) -> Paper:
    """Return an entry of the journal as an accounting voucher (210 × 148 mm). `sheet` is factors.entry_sheet.sheet."""
    with translation.override(LANGUAGE):
        title = _("Quota accounting voucher")
        number = f"{posting.year}-{posting.label}"
        context = sheet | {"url": url}
        return Paper("voucher", number, title, "dossiers/voucher.html", ("css/paper-voucher.css",), context)
