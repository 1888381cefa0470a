"""The leaders' page: what is stuck first, then who can free it, then totals. One number → one list → one project."""

from django.http import Http404
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from approvals import keeping, kept, project_filters, recording
from calendars import store
from cockpit import actions, causes, figures, gauges, panels, trend, week
from cockpit.scope import Scope
from factors import quantity
from people.access import allows, needs
from people.models import District
from people.prepared import Prepared

TABS = (
    ("district", gettext_lazy("Districts")),
    ("park", gettext_lazy("Parks")),
    ("department", gettext_lazy("Who can free it")),
    ("factor", gettext_lazy("By factor")),
)
_districts = Prepared(
    lambda: District.objects.filter(parent__isnull=False).order_by("code").values_list("code", "name")
)


def scope_of(request) -> Scope:
    """Return the scope that the address asks for; unknown districts and parks are left out. At most four queries."""
    if not (request.GET.getlist("district") or request.GET.getlist("park")):
        return Scope.of(request.user)
    values = project_filters.ProjectFilter(request.GET).values()
    return Scope.of(request.user, values.get("district", ()), values.get("park", ()))


@require_GET
@needs("cockpit.view")
def cockpit(request):
    """Show the page. Some ten queries while nothing changed, some forty for who draws it anew (`approvals.kept`)."""
    now = timezone.localtime()
    keeping.sweep(now)
    scope = scope_of(request)
    by = request.GET.get("by") if request.GET.get("by") in panels.TABLES else "district"
    lights = scope.lights()
    may_instruct = allows(request.user, "instruction.give")
    language = translation.get_language()

    def make():
        made = drawn(scope, now, lights, by, may_instruct)
        return made, not made["failed"]

    name = f"cockpit:{scope.key}:{by}:{language}:{may_instruct}"
    shown, at = kept.read(name, kept.version(lights, now), now, make, large=panels.is_large(lights))
    context = {
        "panels": mark_safe(shown["panels"]),
        "meta": shown["meta"],
        "scope": scope,
        "now": now,
        "at": at,
        "districts": _districts(),
        "chosen": [district.code for district in scope.districts],
        "parks": scope.parks,
        "mine": actions.waiting(request.user, now.date()),
        "may_screen": allows(request.user, "screen.manage"),
        "may_plan": allows(request.user, "unlock.plan"),
    }
    return render(request, "cockpit/cockpit.html", context)


def drawn(scope: Scope, now, lights, by: str, may_instruct: bool) -> dict:
    """Return the panels as HTML, what the head says, and whether a panel failed."""
    page = panels.load(scope, now, lights)
    context = panels.context(page, by)
    context |= {"tabs": TABS, "may_instruct": may_instruct, "listing": reverse("project-list")}
    return {
        "panels": str(render_to_string("cockpit/_panels.html", context)),
        "meta": context["head"] | {"records": page.panel("records", lambda: _share(scope, now), None)},
        "failed": bool(page.failed),
    }


def _share(scope: Scope, now) -> recording.Share:
    """Return how many of the scope's records passed the rules of record quality. Some ten queries, kept apart."""
    if scope.districts or scope.parks:
        return recording.share(scope.projects(), scope.key, now)
    return recording.share_of(scope.user, now)


@require_GET
@needs("cockpit.view")
def cockpit_week(request):
    """List everything that changed in the last seven days."""
    now = timezone.localtime()
    keeping.sweep(now)
    scope = scope_of(request)
    chosen = request.GET.get("what") if request.GET.get("what") in week.ORDER else ""
    found = week.changes(scope, now - panels.WEEK, now, gauges.gauges(now.year), most=500, only=chosen)
    points = trend.weekly(scope, now, store.current())
    context = {
        "trend": points,
        "chart": {
            "days": [f"{point.at:%m-%d}" for point in points],
            "series": [
                {"name": _("by quota"), "values": [point.blocked for point in points]},
                {"name": _("by stages only"), "values": [point.late for point in points]},
            ],
            "unit": pgettext("unit", "projects"),
        },
        "changes": found.rows,
        "counts": found.counts,
        "chosen": chosen,
        "total": found.total,
        "scope": scope,
        "week_from": (now - panels.WEEK).date(),
        "now": now,
        "breadcrumbs": [(_("Cockpit"), reverse("cockpit")), (_("What changed"), "")],
    }
    return render(request, "cockpit/week.html", context)


RULES = (
    ("smallest", gettext_lazy("smallest gap first: most projects")),
    ("longest", gettext_lazy("longest waiting first")),
    ("largest", gettext_lazy("largest investment first")),
)


@require_GET
@needs("cockpit.view")
def cockpit_cause(request):
    """Show what settling one cause would release, and try an amount and an order. Nothing is posted or reserved."""
    now = timezone.localtime()
    keeping.sweep(now)
    scope = scope_of(request)
    page = panels.load(scope, now)
    released = figures.releases(page.held)
    chosen = next((release for release in released if release.cause == request.GET.get("cause")), None)
    if chosen is None:
        if request.GET.get("cause"):
            raise Http404
        return _all_causes(request, page, [release for release in released if release.count])
    cause = figures.told(page.held, [chosen])[0]
    shown = figures.blockers(page.held, now, store.current(), chosen=[*chosen.released, *chosen.others][:200])
    context = {
        "cause": cause,
        "scope": scope,
        "now": now,
        "rows": [row for row in shown if row.project.pk in chosen.released],
        "others": [row for row in shown if row.project.pk in chosen.others],
        "may_instruct": allows(request.user, "instruction.give"),
        "may_draft": allows(request.user, "order.draft"),
        "may_plan": allows(request.user, "unlock.plan"),
        "rules": RULES,
        "breadcrumbs": [
            (_("Cockpit"), reverse("cockpit")),
            (_("Shared causes"), reverse("cockpit-cause")),
            (_("Trial"), ""),
        ],
    }
    if cause.of is not None:
        context |= _trial(request, page, cause, {row.project.pk: row for row in shown})
    return render(request, "cockpit/cause.html", context)


def _all_causes(request, page, released):
    context = {
        "causes": figures.told(page.held, released[:100]),
        "total": len(released),
        "scope": page.scope,
        "now": page.now,
        "breadcrumbs": [(_("Cockpit"), reverse("cockpit")), (_("Shared causes"), "")],
    }
    return render(request, "cockpit/causes.html", context)


def _trial(request, page, cause, rows) -> dict:
    """Return the trial of an amount: who would be served by which rule, and what stays short."""
    kind = cause.of.kind if cause.account is None else cause.book.kind
    rule = request.GET.get("rule") if request.GET.get("rule") in causes.RULES else "smallest"
    asked, error = request.GET.get("add", "").strip(), ""
    added = cause.short
    if asked:
        try:
            added = quantity.parse(asked, kind.family, kind.unit).smallest
        except quantity.QuantityError:
            error = _("This is no amount of %(factor)s.") % {"factor": kind.name}
    wants = [
        causes.Want(
            lack.project,
            lack.gap,
            page.held.stuck[lack.project].wan,
            page.held.stuck[lack.project].since,
            lack.project in cause.release.released,
        )
        for lack in page.held.lacks
        if lack.cause == cause.release.cause
    ]
    made = causes.trial(cause.account.available if cause.account else 0, added, wants, rule)
    return {
        "trial": made,
        "added": added,
        "asked": asked or quantity.show(cause.short, kind.family, kind.unit, up=True).replace(",", ""),
        "amount_error": error,
        "rule": rule,
        "served": [(want, rows.get(want.project)) for want in made.served],
        "waiting": [(want, rows.get(want.project)) for want in made.waiting],
        "served_wan": sum((want.wan for want in made.released), 0),
    }
