"""The first sentence of a dossier: what the project's light means, and who must act. Pure but for gettext.

A sentence is never cut on paper: each has a short form that fits any card.
"""

import datetime as dt

from django.utils.translation import gettext as _

from approvals import lights
from approvals.lights import Light
from dossiers.content import Chain, Lamp, Quota, Verdict


def verdict(project, view, chain: Chain | None, quota: Quota | None, now: dt.datetime) -> Verdict:
    """Return the verdict on a project, from the columns that its page shows. No query."""
    lamp = Lamp(str(project.light), str(Light(project.light).label))
    blocked = quota.blocked if quota else ()
    if chain is None:
        return Verdict(lamp, _("The approval chain has not been started."), _next_step(project))
    words = ""
    if project.light_reason:
        words = str(lights.reason(project.chain_light, project.light_reason, view.calendar, now))
    if project.light == Light.BLOCKED and blocked:
        sentence, brief = _blocked(blocked)
        advice = _who(blocked)
        also = _("Also: %(what)s.") % {"what": words} if words and project.chain_light != Light.BLOCKED else ""
        return Verdict(lamp, sentence, " ".join(filter(None, [advice, also])), brief, advice)
    if chain.done == chain.total and chain.total:
        return Verdict(lamp, _("All %(n)s stages are finished.") % {"n": chain.total})
    if lamp.code == "idle":
        numbers = {"done": chain.done, "all": chain.total}
        words = _("%(done)s of %(all)s stages are finished, nothing is in hand") % numbers
    elif lamp.code == "stale" and project.last_news_at:
        words = _("Nothing was heard of it for %(n)s days") % {"n": (now - project.last_news_at).days}
    advice = _holders(chain)
    if blocked:
        advice = " ".join([_blocked(blocked)[1], advice])
    late = _late(chain)
    sentence = _("%(words)s.") % {"words": words or lamp.word}
    return Verdict(lamp, sentence, " ".join(filter(None, [advice, late])), _brief(lamp, chain), advice)


def _blocked(demands) -> tuple[str, str]:
    """Return (sentence, short sentence) of what is blocked, the longest first."""
    first = demands[0]
    facts = {
        "factor": first.factor,
        "gap": first.gap,
        "unit": first.unit,
        "stage": first.stage,
        "days": first.days or 0,
        "n": len(demands),
    }
    if len(demands) > 1:
        text = _("%(n)s factors block it, %(factor)s the longest: short of %(gap)s %(unit)s for %(days)s days.") % facts
        return text, _("%(n)s factors block it, for up to %(days)s days.") % facts
    if first.stage:
        text = _("%(factor)s short of %(gap)s %(unit)s: “%(stage)s” cannot go on, for %(days)s days now.") % facts
    else:
        text = _("%(factor)s short of %(gap)s %(unit)s, for %(days)s days now.") % facts
    return text, _("%(factor)s short of %(gap)s %(unit)s for %(days)s days.") % facts


def _who(demands) -> str:
    names = list(dict.fromkeys(demand.who for demand in demands if demand.who))
    return _("To free it: %(who)s.") % {"who": "、".join(names)} if names else ""


def _holders(chain: Chain) -> str:
    """Return who holds the current stages, three at most."""
    told = [
        _("%(no)s %(stage)s: %(who)s") % {"no": stage.no, "stage": stage.short, "who": stage.holder}
        for stage in chain.at_work
        if stage.holder
    ]
    if not told:
        return ""
    more = _(" and %(n)s more") % {"n": len(told) - 3} if len(told) > 3 else ""
    return _("In hand: %(what)s.") % {"what": "；".join(told[:3]) + more}


def _brief(lamp: Lamp, chain: Chain) -> str:
    stage = next(iter(chain.at_work), None)
    if stage is None:
        return lamp.word
    return _("%(no)s %(stage)s: %(word)s.") % {"no": stage.no, "stage": stage.short, "word": stage.lamp.word}


def _late(chain: Chain) -> str:
    if not chain.late or chain.late < 0:
        return ""
    return _("The end is expected on %(day)s, %(n)s working days behind the plan.") % {
        "day": f"{chain.expected_on:%Y-%m-%d}",
        "n": chain.late,
    }


def _next_step(project) -> str:
    officer = _("The service officer visits the enterprise first and settles chain and factors.")
    return officer if project.status == project.Status.PREPARING else ""
