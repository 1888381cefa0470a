"""Pages of outlines and points that come in: the shapes of a batch for its map, and reading its file again."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gis import sentences
from imports import engine, headings, reader
from imports.cells import Problem
from imports.models import ImportBatch, ImportRow
from imports.shape_forms import AgainForm
from people.access import needs

KINDS = ("boundaries", "points")
NOTED = 100
DRAWN = 2_000
"""So many shapes are drawn at most, wrong ones first."""


def context_of(batch: ImportBatch) -> dict:
    """Return what the page of a batch shows besides, for files of shapes: the map and how to read it again."""
    if batch.kind not in KINDS:
        return {}
    faults = _faults(batch) if batch.is_open else []
    repairable = sum(msgid in sentences.MENDED_BY_REPAIR for msgid in faults)
    swapped = sum(msgid in sentences.MENDED_BY_SWAP for msgid in faults)
    return {
        "shapes": True,
        "shape_notes": _notes(batch),
        "again": AgainForm(batch=batch) if batch.is_open else None,
        "repairable": repairable if not batch.options.get("repair") else 0,
        "swapped": swapped if not batch.options.get("swap") else 0,
    }


def _notes(batch) -> list[dict]:
    """Return what was repaired and where a drawn area differs from the declared one, the first NOTED. One query."""
    rows = batch.rows.exclude(notes={}).order_by("number")[:NOTED]
    return [
        {"number": row.number, "label": _label(batch, row), "text": Problem.from_stored(note).words()}
        for row in rows
        for note in row.notes.values()
    ]


def _faults(batch) -> list[str]:
    """Return what is wrong with the rows of a batch, as msgids. One query."""
    rows = batch.rows.filter(verdict=ImportRow.Verdict.WRONG).values_list("problems", flat=True)
    return [problem["msgid"] for problems in rows[:DRAWN] for problem in problems.values()]


def read_again(request, batch):
    """Judge the file anew as the form says; a file that cannot be read so stays as it was."""
    quick = request.POST.get("quick", "")
    if quick in ("repair", "swap"):
        options, sheet = batch.options | {quick: True}, batch.sheet
    else:
        form = AgainForm(request.POST, batch=batch)
        if not form.is_valid():
            messages.error(request, _("Choose how to read the file from the lists."))
            return redirect("import-batch", batch.pk)
        options, sheet = form.options(), form.cleaned_data["sheet"].strip()
    try:
        done = engine.read_again(batch=batch, by=request.user, now=timezone.now(), options=options, sheet=sheet)
    except (reader.Unreadable, engine.Unbound) as error:
        messages.error(request, _("It cannot be read so: %(why)s") % {"why": error.problem.words()})
    else:
        if done:
            messages.success(request, _("The file was read again; nothing has been written."))
    return redirect("import-batch", batch.pk)


@require_GET
@needs("boundary.import")
def batch_shapes(request, pk):
    """Return the shapes of a batch for the map of its page. A stranger's batch is 404. Two queries."""
    from imports.views import _batch_of

    batch = _batch_of(request, pk)
    rows = batch.rows.filter(shape__isnull=False).order_by("verdict", "number")
    wrong = [row for row in rows.filter(verdict=ImportRow.Verdict.WRONG)[:DRAWN]]
    right = [row for row in rows.exclude(verdict=ImportRow.Verdict.WRONG)[: DRAWN - len(wrong)]]
    found = [
        {"number": row.number, "verdict": row.verdict, "label": _label(batch, row), "geometry": row.shape}
        for row in [*right, *wrong]
    ]
    return JsonResponse({"shapes": found, "total": batch.total})


def _label(batch, row) -> str:
    for name in ("name", "code"):
        letter = batch.columns.get(name)
        index = headings.column_index(letter) if letter else -1
        if 0 <= index < len(row.cells) and row.cells[index]:
            return row.cells[index]
    return ""
