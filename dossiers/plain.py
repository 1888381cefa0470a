"""A dossier as plain text for a terminal: the facts of the card in the same order, one to a line. Pure but for gettext.

Widths count Chinese characters as two columns, so tables line up. Every character is plain: the shapes of lights are
the symbols of `approvals.lights`, their words stand beside them.
"""

import unicodedata

from django.utils.translation import gettext as _

from approvals.lights import Light
from dossiers.bar_svg import days, grouped, ratio
from dossiers.card import FACES, card_of, iso
from dossiers.content import Dossier, Lamp
from dossiers.ladder import LADDER

WIDTH = 78


def lines(dossier: Dossier, wording) -> str:
    """Return the text, ending in a line break."""
    work, basics, out = card_of(dossier, LADDER[0]), dossier.basics, []
    out += [f"{dossier.city}{wording.head} {wording.card}　{basics.code}　{wording.confidential}", "=" * WIDTH]
    out += [name for name in (basics.enterprise, basics.project) if name]
    out.append(f"{_('Credit code')} {basics.credit_code or '—'}　{_('Place')} {basics.place}　{basics.industry}")
    out.append(f"{work.kind.text}　{_('Signed / start / completion')} {work.dates}")
    out += [
        "",
        f"{lamp(dossier.verdict.lamp)}　{dossier.verdict.sentence}",
        *filter(None, [dossier.verdict.advice]),
        "",
    ]
    for role in FACES:
        if person := dossier.person(role):
            told = f"{person.name} {person.phone} {person.unit}{person.post}" if person.name else _("not appointed")
            out.append(f"{pad(person.label, 12)}{told}")
    f = work.figures
    rates = f"　{f['done_rate']}，{_('time passed')} {f['time_rate']}" if f["done_rate"] else ""
    spent = f"{_('Invested / plan of the year')} {f['done']} / {f['plan']}{rates}"
    out += ["", f"{_('Total investment')} {f['investment']}　{spent}"]
    out += _chain(dossier, f) + _quota(dossier) + _service(dossier) + _park(dossier)
    out += ["", f"{_('data as of')} {dossier.data_at:%Y-%m-%d %H:%M}　{wording.footer}", *dossier.unseen]
    return "\n".join(line.rstrip() for line in out) + "\n"


def _head(words: str) -> list[str]:
    return ["", words, "-" * WIDTH]


def _chain(dossier: Dossier, f: dict) -> list[str]:
    chain, out = dossier.chain, _head(_("Approval chain"))
    if chain is None:
        return [*out, _("The approval chain has not been started.")]
    out.append(
        f"{_('Stages done / all')} {f['stages_done']}/{f['stages']}　{_('Net / promised for the same')} "
        f"{f['net']}/{f['promised']}　{_('The enterprise feels')} {f['gross']} {_('calendar days')}"
    )
    for phase, stages in grouped(chain):
        out.append(f"[{phase.name} {phase.done}/{phase.total}]")
        for stage in stages:
            due = iso(stage.closed_on) if stage.closed_on else iso(stage.due_on)
            over = _("%(n)s days over") % {"n": days(stage.over)} if stage.over > 0 else ""
            out.append(
                f"  {pad(stage.no, 4)}{pad(stage.short, 22)}{pad(stage.department, 16)}{pad(ratio(stage), 12)}"
                f"{pad(due, 12)}{lamp(stage.lamp)} {over}"
            )
    return out


def _quota(dossier: Dossier) -> list[str]:
    out = _head(_("Factor supply"))
    if not dossier.quota or not dossier.quota.demands:
        return [*out, _("No demand is registered.")]
    for d in dossier.quota.demands:
        out.append(
            f"  {pad(d.factor, 24)}{_('Needed')} {d.needed}　{_('Secured')} {d.secured}　{_('Amount missing')} {d.gap} "
            f"{d.unit}　{lamp(d.lamp)} {d.note}"
        )
        if d.is_blocked:
            out.append(f"    {d.stage_no} {d.stage}　{iso(d.since)} / {d.days}　{d.who}　{d.pool} {d.pool_has}")
    return out + [f"  {line}" for line in dossier.quota.missing]


def _service(dossier: Dossier) -> list[str]:
    out = _head(_("Open problems"))
    for n, row in enumerate(dossier.problems, start=1):
        left = "" if row.days_left is None else f"{row.days_left}"
        out.append(f"  {n} {row.text}　{row.unit}　{iso(row.due_on)}　{lamp(row.lamp)} {left}")
    if not dossier.problems:
        out.append(_("None. What the next visit raises is registered."))
    out += _head(_("Next key points"))
    for point in dossier.next_points[:3]:
        out.append(f"  {pad(point.name, 22)}{iso(point.planned_on)}　{lamp(point.lamp)} {point.note}")
    return out


def _park(dossier: Dossier) -> list[str]:
    if dossier.park is None:
        return []
    park = dossier.park
    out = _head(f"{_('Utilities of the park')}　{park.name} {park.done}/{park.of}")
    return out + [f"  {pad(u.mark, 8)}{lamp(u.lamp)} {u.note}" for u in park.utilities]


def lamp(light: Lamp) -> str:
    """Return a light as symbol and word."""
    symbol = Light(light.code).symbol if light.code in Light.values else ""
    return f"{symbol} {light.word}".strip()


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def pad(text: str, columns: int) -> str:
    """Return the text filled up to so many columns; a longer one is followed by one blank."""
    return text + " " * max(columns - width(text), 1)
