"""What a project or a park says on the map: the rows beside it and the facts of a popup, in words.

Everything is text for `textContent`: no markup is made here and none is read from what people typed.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from approvals import lights, project_filters, project_rows
from approvals.lights import Light
from factors import blocked
from gis import standing
from people.access import allows
from people.templatetags.luodi import days, mmdd, moneyyi, url_or_blank
from projects.models import Park, Project

LONG_NAME = 5
"""Letters of a factor's name that the narrow column has room for beside the amount."""

# Labels of popups, one or two characters in Chinese.
BECAUSE = pgettext_lazy("popup", "Because")
LACKS = pgettext_lazy("popup", "Lacks")
LATE = pgettext_lazy("popup", "Late")
NEWS = pgettext_lazy("popup", "News")
NOW = pgettext_lazy("popup", "Now")
PROJECTS = pgettext_lazy("popup", "Projects")
SINCE = pgettext_lazy("popup", "Since")
SPONSOR = pgettext_lazy("popup", "Sponsor")
STANDING = pgettext_lazy("popup", "Standing")
UNVERIFIED = pgettext_lazy("popup", "Unverified")
UTILITIES = pgettext_lazy("popup", "Utilities")
UTILITY = pgettext_lazy("popup", "Utility")
WHO = pgettext_lazy("popup", "Who")


@dataclass(frozen=True)
class ListRow:
    """A project beside the map. `lack`: what is missing or by how much it is late; `holder`: since when, and who."""

    project: Project
    below: str
    tint: str
    lack: str
    holder: str

    @property
    def yi(self) -> str:
        """The investment in 亿元, one decimal."""
        amount = self.project.investment_wan
        return "—" if amount is None else f"{amount / 10000:,.1f}"


def list_rows(projects, calendar, now) -> list[ListRow]:
    """Return the rows of a page of projects (as narrowed by `project_rows.shown`). Three queries."""
    rows = project_rows.rows(projects, calendar, now)
    short = blocked.of_projects([row.project.pk for row in rows if row.project.light == Light.BLOCKED])
    return [_list_row(row, short.get(row.project.pk, []), now) for row in rows]


def _list_row(row, demands, now) -> ListRow:
    project = row.project
    place = (project.park.short_name or project.park.name) if project.park else ""
    firm = (project.enterprise.short_name or project.enterprise.name) if project.enterprise else ""
    lack, holder = _lack(row, demands, now)
    return ListRow(project, _(", ").join(filter(None, [firm, place])), row.tint, lack, holder)


def _lack(row, demands, now) -> tuple[str, str]:
    """Return what the third column says: what is missing and since when, or how late, or what is due."""
    stage = row.first
    at = _(", ").join(filter(None, [stage.name, stage.department])) if stage else ""
    if demands and demands[0].blocked:  # the amount must be seen: a long factor gives way to its group
        first, more = demands[0], len([demand for demand in demands if demand.blocked]) - 1
        since = blocked.days(first, now.date())
        told = [_("%(n)s days") % {"n": since} if since is not None else "", blocked.who(first)]
        words = blocked.gap_words(first)
        if len(first.book.kind.name) > LONG_NAME:
            brief = {"factor": first.book.kind.get_group_display(), "gap": blocked.amount(first.gap, first)}
            words = _("%(factor)s short of %(gap)s") % brief
        return (f"{words} +{more}" if more else words), _(", ").join(filter(None, told))
    if row.over_days is not None:
        return _("%(n)s days over") % {"n": days(row.over_days)}, at
    if row.project.light == Light.STALE and row.silent_days is not None:
        return _("%(n)s days without news") % {"n": row.silent_days}, at
    if row.project.due_on and row.project.light in (Light.AMBER, Light.GREEN):
        return _("due %(day)s") % {"day": mmdd(row.project.due_on, now)}, at
    return (at or "—"), ""


# --- popups --------------------------------------------------------------------------------------------------------


def of_project(project: Project, user, calendar, now) -> dict:
    """Return the popup of a project: title, light, rows of (label, words, small words), links. Some eight queries."""
    row = project_rows.rows([project], calendar, now)[0]
    demands = blocked.of_projects([project.pk]).get(project.pk, [])
    held_up = [demand for demand in demands if demand.blocked]
    if held_up:
        facts = _blocked_facts(held_up, row, now)
    elif row.over_days is not None:
        facts = _overdue_facts(row, calendar, now)
    else:
        facts = _running_facts(row, calendar, now)
    facts += _utility_facts(project, now.date())
    if row.sponsor:
        facts.append((SPONSOR, "", row.sponsor))
    money = _("%(n)s hundred million yuan") % {"n": moneyyi(project.investment_wan)} if project.investment_wan else ""
    firm = project.enterprise.name if project.enterprise else ""
    return {
        "title": project.name,
        "light": project.light,
        "word": str(Light(project.light).label),
        "below": _(", ").join(filter(None, [firm, project.park.name if project.park else "", money])),
        "facts": facts,
        "links": _project_links(project, held_up, user),
        "at": [float(project.longitude), float(project.latitude)] if project.longitude is not None else None,
    }


def _blocked_facts(demands, row, now) -> list[tuple[str, str, str]]:
    today, first = now.date(), demands[0]
    facts = [
        (
            LACKS,
            blocked.gap_words(demand),
            _("needs %(amount)s, secured %(secured)s")
            % {
                "amount": blocked.amount(demand.amount, demand),
                "secured": blocked.amount(demand.secured, demand),
            },
        )
        for demand in demands[:3]
    ]
    stage = row.first
    because = [blocked.pool_words(first), _("%(stage)s waits") % {"stage": stage.name} if stage else ""]
    facts.append((BECAUSE, _(", ").join(filter(None, because)), ""))
    if first.since:
        day = timezone.localtime(first.since).date()
        facts.append((SINCE, day.isoformat(), _("%(n)s days by now") % {"n": blocked.days(first, today)}))
    ways = blocked.what_frees(first, today)
    more = _("; ").join(str(way.text) for way in ways[1:3])
    facts.append((WHO, blocked.who(first) or "—", more))
    return facts


def _overdue_facts(row, calendar, now) -> list[tuple[str, str, str]]:
    stage, project = row.first, row.project
    facts = [(LATE, _("%(n)s days over") % {"n": days(row.over_days)}, stage.name if stage else "")]
    facts.append((BECAUSE, "", str(lights.reason(project.light, project.light_reason, calendar, now))))
    if stage and stage.due_on:
        facts.append(
            (
                SINCE,
                stage.due_on.isoformat(),
                _("%(n)s days by now") % {"n": (now.date() - stage.due_on).days},
            )
        )
    facts.append((WHO, stage.department if stage else "—", ""))
    return facts


def _running_facts(row, calendar, now) -> list[tuple[str, str, str]]:
    stage, project = row.first, row.project
    facts = [(NOW, stage.name if stage else _("No stage at work"), stage.department if stage else "")]
    if project.light_reason:
        facts.append((STANDING, "", str(lights.reason(project.light, project.light_reason, calendar, now))))
    if row.silent_days is not None:
        facts.append((NEWS, _("%(n)s days ago") % {"n": row.silent_days}, ""))
    return facts


def _utility_facts(project, today) -> list[tuple[str, str, str]]:
    """Return what the park cannot give the project in time, as (label, words, when it is ready)."""
    needs = standing.shortfalls(today, projects=[project.pk])[:3] if project.park_id else []
    return [(UTILITY, _short_of(need), _ready(need)) for need in needs]


def _short_of(need) -> str:
    told = {"item": need.item.name, "amount": f"{need.gap.short.normalize():,f}", "unit": need.item.unit}
    return _("%(item)s short of %(amount)s %(unit)s") % told


def _ready(need) -> str:
    gap = need.gap
    if gap.ready_on is None:
        told = _("needed %(day)s, nobody says when it is ready") % {"day": gap.needed_on.isoformat()}
    else:
        days = {"day": gap.needed_on.isoformat(), "ready": gap.ready_on.isoformat(), "n": gap.days}
        told = _("needed %(day)s, ready %(ready)s: %(n)s days late") % days
    return _(", ").join(filter(None, [told, need.who]))


def _project_links(project, held_up, user) -> list[tuple[str, str]]:
    page = reverse("project-page", args=[project.code])
    links = [(_("Project"), page), (_("Approval chain"), f"{page}#chain")]
    if held_up and held_up[0].pool_id and allows(user, "factor.view"):
        links.append((_("Quota book"), reverse("account-book", args=[held_up[0].pool_id])))
    if project.park:
        links.append((_("Park"), reverse("park-page", args=[project.park.code])))
    instruct = url_or_blank("instruction-create")  # of an app above: not everywhere
    if instruct and project.light in project_filters.STUCK and allows(user, "instruction.give"):
        links.append((_("Give an instruction"), f"{instruct}?project={project.code}"))
    return links


def of_park(park: Park, seen, today) -> dict:
    """Return the popup of a park. `seen`: the projects that the person may see and the filter shows."""
    board = standing.boards([park], today).get(park.pk)
    facts = []
    if board and board.completion.of:
        told = _("%(done)s of %(of)s in service") % {"done": board.completion.done, "of": board.completion.of}
        facts.append((UTILITIES, told, ""))
        lacking = [item.name for item in board.lacking]
        facts.append((LACKS, _(", ").join(lacking) if lacking else _("Nothing"), ""))
        stale = [row.item.name for row in board.rows if row.stale]
        if stale:
            facts.append((UNVERIFIED, _(", ").join(stale), ""))
    lights_here = list(seen.filter(park=park).order_by().values_list("light", flat=True))
    total = _("%(n)s, %(blocked)s blocked") % {"n": len(lights_here), "blocked": lights_here.count(Light.BLOCKED.value)}
    facts.append((PROJECTS, total, ""))
    return {
        "title": park.name,
        "light": "",
        "word": "",
        "below": _(", ").join(filter(None, [park.get_level_display(), park.district.name])),
        "facts": facts,
        "links": [
            (_("Park"), reverse("park-page", args=[park.code])),
            (_("Its projects"), f"{reverse('project-list')}?park={park.code}"),
        ],
        "at": None,
    }
