"""The reform simulator: reforms switched on and off on the running projects, and the gap to a benchmark by cause."""

from dataclasses import replace
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals import keeping, project_filters, recording, reform_data, reform_own
from approvals.template_rows import spec_of
from calendars import store
from cockpit import reform_actions, reform_board, reform_note, reforming
from cockpit.models import ReformSet
from cockpit.reforming import Question
from factors.refusals import Refused
from people import audit
from people.access import needs
from people.exports import csv_file
from projects.models import Project

ROWS = 100
LONGEST_CODE = 600
"""Characters of an address up to which its code on paper can be read by a phone."""


@require_GET
@needs("reform.simulate")
def reform(request):
    """Show the simulation. `?show=CODE` lists the projects behind one reform alone; `?format=csv` gives them as a file.

    Some twenty-five queries while nothing is kept, some fifteen else; the count does not grow with the projects.
    """
    now = timezone.localtime()
    keeping.sweep(now)
    question = Question.of(request.GET)
    if request.GET.get("own_stage"):
        return _add_own(request, question)
    reforms = {one.code: one for one in reforming.reforms_of(question) if one.portfolio}
    show = request.GET.get("show", "")
    if show and show not in reforms:
        raise Http404
    simulation, count, at = reforming.answer(request.user, question, now)
    behind = reforming.answer(request.user, question, now, only=show)[0] if show else simulation
    if request.GET.get("format") == "csv":
        return _csv(request, behind, question, now, show)
    choices = reforming.templates()
    found = reforming.gap_of(question, choices)
    context = {
        "question": question,
        "simulation": simulation,
        "count": count,
        "at": at,
        "now": now,
        "until": reforming.UNTIL[question.until],
        "untils": [(code, words, code == question.until) for code, words in reforming.UNTIL.items()],
        "reforms": reform_board.reform_rows(simulation, question),
        "gap": reform_board.gap_board(*found, question) if found else None,
        "gap_choices": [(row.code, row.code, bool(found) and row.code == found[0].code) for row in choices],
        "own_stages": _own_stages(found),
        "own_ways": reform_own.HOW.items(),
        "pairs": parse_qsl(question.address),
        "filters": _filters(question, choices),
        "kept_filters": [pair for pair in question.query if pair[0] not in reforming.FILTERS],
        "show": reforms.get(show),
        "behind": behind,
        "all_rows": request.GET.get("rows") == "all",
        "rows": reforming.told(behind.rows[:ROWS], question, now, store.current()),
        "sets": _sets(request.user),
        "records": recording.share_of(request.user, now),
        "listing": reverse("reform"),
    }
    return render(request, "cockpit/reform.html", context)


def _own_stages(found) -> list[tuple[str, str]]:
    """Return the stages of the template whose gap is shown, for a measure of the reader's own."""
    return [(code, f"{code} {node.name}") for code, node in reforming.stages_of(found[0]).items()] if found else []


def _add_own(request, question: Question) -> HttpResponse:
    """Add a measure of the reader's own to the address, or say why it is not possible. Six queries."""
    found = reforming.gap_of(question, reforming.templates())
    if found is None:
        raise Http404
    asked = [request.GET.get(name, "") for name in ("own_stage", "own_how", "own_value")]
    text = reform_own.code_of(found[0].code, *asked)[:80]
    try:
        reform_own.make(text, spec_of(found[0]))
    except reform_own.OwnRefused as error:
        messages.error(request, str(error))
    else:
        if len(question.own) >= reforming.MOST_OWN:
            messages.error(request, _("At most %(most)s measures of your own at once.") % {"most": reforming.MOST_OWN})
        question = replace(question, own=tuple(dict.fromkeys([*question.own, text]))[: reforming.MOST_OWN])
    return redirect(f"{reverse('reform')}?{question.address}")


def _filters(question: Question, choices) -> list[dict]:
    """Return the selects above the page. Five prepared queries."""
    chosen = dict(question.query)
    prepared = project_filters.choices()
    fields = project_filters.ProjectFilter.base_fields
    rows = {
        "district": prepared["district"],
        "park": prepared["park"],
        "kind": Project.Kind.choices,
        "template": [(row.code, row.code) for row in choices],
    }
    return [
        {
            "name": name,
            "label": fields[name].label,
            "options": [(value, label, str(value) == chosen.get(name)) for value, label in rows[name]],
            "is_set": name in chosen,
        }
        for name in reforming.FILTERS
    ]


def _sets(user) -> list[dict]:
    """Return the kept sets with what the reader may know of them. One query."""
    names = {one.code: one.name for one in reform_data.shipped()}
    return [
        {
            "row": row,
            "reforms": [names.get(code, code) for code in row.reforms],
            "is_mine": row.made_by_id == user.pk,
            "result": row.result if row.made_by_id == user.pk else {},
        }
        for row in reform_actions.listed(user)
    ]


def _csv(request, behind, question: Question, now, show: str) -> HttpResponse:
    """Write the rows behind a number as a file, and that they were taken."""
    audit.record("export", by=request.user, request=request, now=now, what="reform", show=show, rows=len(behind.rows))
    heads = [_("Project code"), _("Project"), _("Reforms"), _("Stages fewer"), _("P50 before"), _("P50 after")]
    lines = (
        [
            one.project.code,
            one.project.name,
            " ".join(one.reforms),
            one.row.stages,
            one.before.date.isoformat() if one.before else "",
            one.after.date.isoformat() if one.after else "",
            one.row.days,
        ]
        for one in reforming.told(behind.rows, question, now, store.current())
    )
    return csv_file(f"reform-{now:%Y%m%d}", [*heads, _("Working days saved")], lines)


@require_POST
@needs("reform.simulate")
def reform_save(request):
    """Keep the combination under a name; what stands in the way is told on the page."""
    now = timezone.localtime()
    question = Question.of(QueryDict(request.POST.get("query", "")[:2000]))
    simulation, count, _at = reforming.answer(request.user, question, now)
    try:
        row = reform_actions.keep(
            by=request.user,
            now=now,
            name=request.POST.get("name", ""),
            question=question,
            result=reform_actions.figures_of(simulation, count),
            request=request,
        )
    except Refused as error:
        messages.error(request, error.words())
    else:
        messages.success(request, _("Kept as “%(name)s”.") % {"name": row.name})
    return redirect(f"{reverse('reform')}?{question.address}")


@require_POST
@needs("reform.simulate")
def reform_delete(request, pk):
    """Throw away a set that I kept; 404 for somebody else's."""
    row = get_object_or_404(ReformSet, pk=pk, made_by=request.user)
    reform_actions.discard(by=request.user, now=timezone.now(), row=row, request=request)
    messages.success(request, _("The set was thrown away."))
    return redirect("reform")


@require_GET
@needs("reform.simulate")
@needs("dossier.print")
def policy_note(request):
    """Print the policy note of a combination: one A4 page."""
    now = timezone.localtime()
    question = Question.of(request.GET)
    simulation, count, at = reforming.answer(request.user, question, now)
    found = reforming.gap_of(question, reforming.templates())
    gap = reform_board.gap_board(*found, question) if found else None
    here = f"{reverse('reform')}?{question.address}"
    url = request.build_absolute_uri(here if len(here) <= LONGEST_CODE else reverse("reform"))
    note = reform_note.note(question, simulation, count, at, gap, url, recording.share_of(request.user, now))
    made = reform_note.render(note)
    audit.record(
        "print", by=request.user, request=request, now=now, paper="reform", code=note.number, check=made.sha256
    )
    response = HttpResponse(made.data, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, note.filename)
    response["Cache-Control"] = "private, no-store"
    return response
