"""The unlock planner's page: which of the waiting projects should move, with the quota that is there or could be."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.cache import cache
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from cockpit import unlock_actions, unlock_run, unlocking
from cockpit.models import Scenario
from cockpit.unlock_board import Board
from cockpit.unlock_setup import GROUPS, OBJECTIVES, QUOTA, WEIGHTINGS, Setup
from factors import reservations
from factors.models import FactorKind, Posting, Transfer
from factors.refusals import Refused
from factors.views.common import number
from people.access import allows, needs

KEPT_SECONDS = 1800
KEEPS = (0, 5, 10, 20, 30)
SHOWN = 40
"""Projects that were not chosen are shown so many at first, chosen ones three times as many."""
COMPARED = 4


def solved(facts: dict) -> dict:
    """Return the result of the facts, kept for half an hour: who saves or exports gets what he saw."""
    name = f"unlock:{unlock_run.question(facts)}"
    result = cache.get(name)
    if result is None:
        result = unlock_run.run(facts)
        cache.set(name, result, KEPT_SECONDS)
    return result


def setup_of(request, data=None) -> Setup:
    """Return the assumptions in the address, or in what was posted."""
    return Setup.of(request.GET if data is None else data, timezone.localdate().year)


@require_GET
@needs("unlock.plan")
def unlock(request):
    """Compute and show a plan for the assumptions in the address. Some thirty queries, however many projects wait."""
    now = timezone.localtime()
    reservations.sweep(now)
    setup = setup_of(request)
    facts = unlocking.facts_of(request.user, setup, now)
    board = Board(facts, solved(facts))
    context = page(request, board, setup) | {
        "at": now,
        "digest": unlocking.digest(facts),
        "hidden": setup.pairs(),
        "exported": f"{reverse('unlock-export')}{setup.query()}",
        "watch": watch(facts, setup),
    }
    return render(request, "cockpit/unlock.html", context)


def watch(facts: dict, setup: Setup) -> str:
    """Return the address that tells an open page whether its pools have moved. One query."""
    latest = Posting.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    accounts = [("a", row["account"]) for row in facts["limits"] if row["account"]][:100]
    return f"{reverse('unlock-moved')}?{urlencode([('since', latest), *accounts, ('back', setup.query())])}"


def page(request, board: Board, setup: Setup) -> dict:
    """Return what the live page and the page of a scenario show alike."""
    due = unlock_actions.due(request.user, board)
    whole = bool(request.GET.get("all"))
    chosen = board.chosen if whole else board.chosen[: SHOWN * 3]
    rest = board.rest if whole else board.rest[:SHOWN]
    mine = [row for row in due if row.mine and not row.waits]
    return {
        "board": board,
        "setup": setup,
        "chosen": chosen,
        "hidden_chosen": len(board.chosen) - len(chosen),
        "rest": rest,
        "hidden_rest": len(board.rest) - len(rest),
        "unseen": setup.unseen(int(line.key) for line in (*chosen, *rest)),
        "choices": choices(board),
        "due": mine,
        "waits": sum(row.waits for row in due),
        "others": sorted({row.who for row in due if not row.mine and row.who}),
        "may_ask": any(row.mine for row in due),
        "scenarios": Scenario.objects.filter(retired_at=None).count(),
        "may_export": allows(request.user, "project.export"),
        "chosen_factors": [name for code, name in _factors(board) if code in setup.factors],
        "kept_amounts": dict(setup.kept),
        "breadcrumbs": [(_("Quota"), reverse("factor-overview")), (_("Unlock planner"), "")],
    }


def _factors(board: Board) -> list[tuple[str, str]]:
    return list(FactorKind.objects.filter(active=True).values_list("code", "name"))


def choices(board: Board) -> dict:
    """Return what the filter row offers. One query."""
    return {
        "objectives": list(OBJECTIVES.items()),
        "groups": GROUPS,
        "quota": list(QUOTA.items()),
        "weightings": [(code, words) for code, (_weights, words) in WEIGHTINGS.items()],
        "keeps": KEEPS,
        "factors": _factors(board),
    }


@require_GET
@needs("unlock.plan")
def unlock_moved(request):
    """Say, for a page that stays open, whether one of its pools has a journal entry newer than what it shows.

    Answers with the banner, or with nothing (204). One query.
    """
    since, accounts = number(request.GET.get("since", "")), [number(text) for text in request.GET.getlist("a")[:200]]
    touched = Transfer.objects.filter(posting__gt=since or 0).filter(Q(debit__in=accounts) | Q(credit__in=accounts))
    if since is None or not touched.exists():
        return HttpResponse(status=204)
    return render(request, "cockpit/_unlock_moved.html", {"query": request.GET.get("back", "")[:4000]})


# --- kept, and made into requests ----------------------------------------------------------------------------------


@require_POST
@needs("unlock.plan")
def unlock_save(request):
    """Keep the plan that is on the page as a scenario; with `action` generate, make its requests as well.

    Where the facts are others than those that were shown, nothing is kept: the page comes back computed anew.
    """
    now = timezone.localtime()
    setup = setup_of(request, request.POST)
    facts = unlocking.facts_of(request.user, setup, now)
    back = reverse("unlock") + setup.query()
    if unlocking.digest(facts) != request.POST.get("digest"):
        messages.warning(request, _("A balance or a gap has moved since this was computed. It is computed anew here."))
        return redirect(back)
    generate = request.POST.get("action") == "generate"
    if generate and not request.POST.get("reason", "").strip():
        messages.error(request, _("Give the reason: it is kept with every request."))
        return redirect(f"{back}#carry-out")
    name = request.POST.get("name", "").strip() or default_name(setup, now)
    try:
        row = unlock_actions.save(
            by=request.user, now=now, name=name, facts=facts, result=solved(facts), request=request
        )
    except Refused as refused:
        messages.error(request, refused.words())
        return redirect(back)
    if generate:
        return _generated(request, row, now)
    messages.success(request, _("Kept as scenario “%(name)s”. It holds nothing of any pool.") % {"name": row.name})
    return redirect("unlock-scenario", pk=row.pk)


def default_name(setup: Setup, now) -> str:
    """Return a name for who gives none: what is maximised, and when."""
    return f"{setup.objective_label} {now:%m-%d %H:%M}"


def _generated(request, row: Scenario, now):
    back = redirect("unlock-scenario", pk=row.pk)
    try:
        made = unlock_actions.generate(
            by=request.user, now=now, scenario=row, reason=request.POST.get("reason", ""), request=request
        )
    except Refused as refused:
        messages.error(request, refused.words())
        return back
    if not made:
        messages.info(request, _("Nothing new: these requests wait already."))
        return back
    words = ngettext(
        "%(n)d request is in the queue; who keeps the pool decides, nothing is reserved yet.",
        "%(n)d requests are in the queue; who keeps the pools decides, nothing is reserved yet.",
        len(made),
    )
    messages.success(request, words % {"n": len(made)})
    return redirect("request-list")


def scenario_for(user, pk: int) -> Scenario:
    """Return a scenario that the person may see. Raises Http404."""
    found = unlock_actions.visible(user, Scenario.objects.filter(pk=pk))
    if not found:
        raise Http404
    return found[0]


@require_GET
@needs("unlock.plan")
def unlock_scenario(request, pk):
    """Show a kept scenario as it was computed, and what has moved since."""
    row = scenario_for(request.user, pk)
    setup = Setup.kept_in(row.facts)
    board = Board(row.facts, row.result)
    context = page(request, board, setup) | {
        "scenario": row,
        "may_retire": unlock_actions.may_retire(request.user, row),
        "at": timezone.localtime(parse_datetime(row.facts["at"])),
        "moved": unlocking.moved(row.facts),
        "made": list(row.requests.select_related("request__demand__project", "request__demand__book", "by")),
        "exported": f"{reverse('unlock-export')}?scenario={row.pk}",
    }
    context["breadcrumbs"] = [
        (_("Quota"), reverse("factor-overview")),
        (_("Unlock planner"), reverse("unlock")),
        (row.name, ""),
    ]
    return render(request, "cockpit/unlock.html", context)


@require_POST
@needs("unlock.plan")
def unlock_requests(request, pk):
    """Make the requests of a kept scenario that are due."""
    row = scenario_for(request.user, pk)
    return _generated(request, row, timezone.localtime())


@require_POST
@needs("unlock.plan")
def unlock_retire(request, pk):
    """Retire a kept scenario: it leaves the list and stays in the audit log."""
    row = scenario_for(request.user, pk)
    unlock_actions.retire(by=request.user, now=timezone.localtime(), scenario=row, request=request)
    messages.success(request, _("Scenario “%(name)s” is retired.") % {"name": row.name})
    return redirect("unlock-list")


@require_GET
@needs("unlock.plan")
def unlock_list(request):
    """List the kept scenarios that the person may see; two to four can be chosen and compared."""
    rows = unlock_actions.visible(request.user)
    for row in rows:
        row.board = Board({"objective": row.result.get("objective", "investment")}, row.result)
        row.may_retire = unlock_actions.may_retire(request.user, row)
    context = {
        "rows": rows,
        "compared": COMPARED,
        "breadcrumbs": [(_("Unlock planner"), reverse("unlock")), (_("Scenarios"), "")],
    }
    return render(request, "cockpit/unlock_list.html", context)


@require_GET
@needs("unlock.plan")
def unlock_compare(request):
    """Put two to four scenarios side by side: assumptions, results, and which projects each of them chooses."""
    asked = [int(text) for text in request.GET.getlist("s") if text.isascii() and text.isdigit() and len(text) < 10]
    found = {row.pk: row for row in unlock_actions.visible(request.user, Scenario.objects.filter(pk__in=asked[:20]))}
    rows = [found[pk] for pk in dict.fromkeys(asked) if pk in found][:COMPARED]
    if len(rows) < 2:
        messages.info(request, _("Choose two to four scenarios."))
        return redirect("unlock-list")
    for row in rows:
        row.board = Board(row.facts, row.result)
        row.setup = Setup.kept_in(row.facts)
    context = {
        "rows": rows,
        "projects": projects_of(rows),
        "same_objective": len({row.facts["objective"] for row in rows}) == 1,
        "breadcrumbs": [
            (_("Unlock planner"), reverse("unlock")),
            (_("Scenarios"), reverse("unlock-list")),
            (_("Side by side"), ""),
        ],
    }
    return render(request, "cockpit/unlock_compare.html", context)


def projects_of(rows) -> list[tuple[dict, list[str]]]:
    """Return each project that any of the scenarios knows with its place in each: in, out, or not a candidate ("").

    Those about which the scenarios differ come first, then by investment.
    """
    known = {project["key"]: project for row in rows for project in row.facts["candidates"]}
    found = []
    for key, project in known.items():
        places = []
        for row in rows:
            chosen = key in row.result["plan"]["chosen"]
            places.append("in" if chosen else "out" if any(p["key"] == key for p in row.facts["candidates"]) else "")
        found.append((project, places))
    return sorted(found, key=lambda pair: (len(set(pair[1])) == 1, -float(pair[0]["wan"] or 0), pair[0]["key"]))
