"""Pages of imports: choose and upload, preview and confirm, receipts, blank templates and exports."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from approvals import actions as approval_actions
from approvals import project_filters
from approvals.models import Stage
from factors import balances, rights
from factors import refusals as quota
from factors.models import Demand, Transfer
from imports import engine, exports, previews, reader, receipt, reports, running, views_shapes
from imports.forms import UploadForm
from imports.importers import importer_class, make
from imports.models import ImportBatch
from imports.shape_forms import ShapeUploadForm
from people import audit, limits
from people.access import allows, needs, visible_to
from projects import actions as project_actions
from projects.models import Enterprise, Park, Project

WEB_KINDS = (
    "projects",
    "enterprises",
    "parks",
    "progress",
    "boundaries",
    "points",
    "grants",
    "openings",
    "demands",
    "journal",
)
NOT_EXPORTED = ("boundaries", "points")
EXPORT_ROWS = 20_000
"""A workbook of more rows takes too long in a request; CSV is streamed and has no limit."""


def kinds_of(user) -> list[str]:
    """Return the kinds that the user may import."""
    return [kind for kind in WEB_KINDS if _may(user, kind)]


def _may(user, kind) -> bool:
    importer = importer_class(kind)
    return allows(user, importer.needs) and any(allows(user, p) for p in importer.permissions)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("project.import", "boundary.import")
def start(request):
    """Choose what to import, download its template, upload a file; one that cannot be read is refused at the field."""
    running.settle()
    kinds = kinds_of(request.user)
    kind = request.POST.get("kind") or request.GET.get("kind") or (kinds[0] if kinds else "")
    if kind not in kinds:
        if kind in WEB_KINDS or not kinds:
            raise PermissionDenied(kind)
        raise Http404
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ShapeUploadForm(*given, kind=kind) if kind in views_shapes.KINDS else UploadForm(*given)
    if request.method == "POST" and form.is_valid():
        batch = _preview(request, kind, form)
        if batch is not None:
            return redirect("import-batch", batch.pk)
    context = {
        "form": form,
        "kind": kind,
        "importer": make(kind),
        "kinds": [(name, importer_class(name).title) for name in kinds],
        "shapes": kind in views_shapes.KINDS,
        "exported": kind not in NOT_EXPORTED,
        "templated": kind != "boundaries",
        "batches": ImportBatch.objects.filter(by=request.user).order_by("-id")[:10],
        "breadcrumbs": [(_("Import"), "")],
    }
    return render(request, "imports/start.html", context, status=422 if form.errors else 200)


def _preview(request, kind, form) -> ImportBatch | None:
    upload = form.cleaned_data["file"]
    with tempfile.TemporaryDirectory(prefix="luodi-import-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        try:
            return engine.preview(
                kind=kind,
                path=path,
                name=upload.name,
                by=request.user,
                now=timezone.now(),
                sheet=form.cleaned_data["sheet"].strip(),
                options=form.options() if kind in views_shapes.KINDS else None,
            )
        except (reader.Unreadable, engine.Unbound) as error:
            form.add_error(_field_of(error), error.problem.words())
            return None


def _field_of(error) -> str:
    """Return the field that a refusal is told at."""
    word = getattr(error, "word", "")
    if word in ("no_crs", "no_crs_at_all", "unknown_crs", "old_crs"):
        return "crs"
    return "sheet" if word in ("no_sheet", "no_layer", "several_layers") else "file"


def _batch_of(request, pk) -> ImportBatch:
    batch = get_object_or_404(ImportBatch, pk=pk, by=request.user)
    if batch.kind in WEB_KINDS and not _may(request.user, batch.kind):
        raise PermissionDenied(batch.kind)
    return batch


@require_http_methods(["GET", "HEAD", "POST"])
@needs("project.import", "boundary.import")
def batch_page(request, pk):
    """Show the judgement of an upload; POST takes over a suggestion, imports, or cancels. A stranger's batch is 404."""
    running.settle()
    batch = _batch_of(request, pk)
    if request.method == "POST":
        return _DO.get(request.POST.get("do"), _unknown)(request, batch)
    show = request.GET.get("show") or ("near" if batch.wrong else "all")
    group, at = (_number(request.GET.get(name)) for name in ("group", "at"))
    context = {
        "batch": batch,
        "title": importer_class(batch.kind).title,
        "grid": previews.grid(batch, show=show, group=group or 1, at=at),
        "mistakes": previews.mistakes(batch),
        "show": show,
        "at": at,
        "earlier": batch.earlier(),
        "open": batch.is_open,
        "interrupted": batch.status == ImportBatch.Status.INTERRUPTED,
        "running": batch.status == ImportBatch.Status.RUNNING,
        "done": batch.status == ImportBatch.Status.DONE,
        "breadcrumbs": [(_("Import"), reverse("import-start") + f"?kind={batch.kind}"), (str(batch), "")],
        "templated": batch.kind not in ("schedule", "boundaries"),
        **views_shapes.context_of(batch),
    }
    return render(request, "imports/batch.html", context)


def _number(text) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def _unknown(request, batch):
    messages.error(request, _("Choose what to do with the file."))
    return redirect("import-batch", batch.pk)


def _cancel(request, batch):
    still_open = ImportBatch.objects.filter(pk=batch.pk, status__in=ImportBatch.OPEN)
    if still_open.update(status=ImportBatch.Status.CANCELLED):
        messages.success(request, _("Cancelled. Nothing was written."))
    return redirect(reverse("import-start") + f"?kind={batch.kind}")


def _adopt(request, batch):
    number, letter = _number(request.POST.get("row")), request.POST.get("column", "")
    done = 0
    if number and letter.isascii() and letter.isalpha() and len(letter) <= 3:
        done = engine.adopt(
            batch=batch,
            by=request.user,
            now=timezone.now(),
            number=number,
            letter=letter,
            everywhere=bool(request.POST.get("everywhere")),
        )
    if done:
        messages.success(
            request, ngettext("%(n)s cell was corrected.", "%(n)s cells were corrected.", done) % {"n": done}
        )
    else:
        messages.error(request, _("This suggestion is no longer there."))
    return redirect("import-batch", batch.pk)


def _confirm(request, batch):
    mode = request.POST.get("mode", ImportBatch.Mode.ALL)
    try:
        batch = engine.confirm(batch=batch, mode=mode, by=request.user, now=timezone.now())
    except engine.Stale:
        messages.warning(
            request, _("The data changed since the check. Here is the new judgement; nothing was written.")
        )
    except engine.NotImported:
        messages.error(request, _("Nothing was written: rows are wrong, or the file was imported already."))
    except (quota.Refused, quota.LedgerRefused) as refused:
        messages.error(request, _("Nothing was written: %(why)s") % {"why": refused.words()})
    except (approval_actions.Refused, project_actions.Refused) as refused:
        messages.error(request, _("Nothing was written: %(why)s") % {"why": refused.message})
    except (approval_actions.Forbidden, project_actions.Forbidden):
        raise PermissionDenied from None
    else:
        messages.success(
            request,
            _("Imported: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(wrong)s not imported.")
            % {"new": batch.new, "changed": batch.changed, "unchanged": batch.unchanged, "wrong": batch.wrong},
        )
        if batch.new and getattr(importer_class(batch.kind), "makes_vouchers", False):
            messages.info(request, _("Nothing is posted yet: each document became a voucher that waits for a checker."))
    return redirect("import-batch", batch.pk)


def _read_again(request, batch):
    return views_shapes.read_again(request, batch) if batch.kind in views_shapes.KINDS else _unknown(request, batch)


_DO = {"confirm": _confirm, "cancel": _cancel, "adopt": _adopt, "again": _read_again}


@require_GET
@needs("project.import", "boundary.import")
def batch_receipt(request, pk):
    """Download the receipt of a batch; `?only=wrong` leaves out the right rows."""
    batch = _batch_of(request, pk)
    content = receipt.workbook_of_batch(batch, only_wrong=request.GET.get("only") == "wrong")
    return attachment(content, f"{Path(batch.file_name).stem}-{_('receipt')}.xlsx", exports.XLSX)


@require_GET
@needs("project.import", "boundary.import")
def batch_file(request, pk):
    """Download the file of a batch as it was uploaded. 404 for batches from before files were kept."""
    batch = _batch_of(request, pk)
    if not batch.upload or not batch.upload.storage.exists(batch.upload.name):
        raise Http404
    content_type = "text/csv" if batch.file_name.lower().endswith(".csv") else "application/octet-stream"
    return attachment(batch.upload.open("rb"), batch.file_name, content_type, streaming=True)


@require_GET
@needs("project.import", "boundary.import")
def blank_template(request, kind):
    """Download the blank workbook of a kind."""
    if kind not in WEB_KINDS or kind == "boundaries":
        raise Http404
    if not _may(request.user, kind):
        raise PermissionDenied(kind)
    importer = make(kind, by=request.user)
    return attachment(exports.template(importer), f"{importer.title}-{_('template')}.xlsx", exports.XLSX)


def attachment(content, name: str, content_type: str, streaming=False) -> HttpResponse:
    """Return a download under a name of any script (RFC 6266), never sniffed, never cached."""
    response = (StreamingHttpResponse if streaming else HttpResponse)(content, content_type=content_type)
    response["Content-Disposition"] = (
        f"attachment; filename=\"download{Path(name).suffix}\"; filename*=UTF-8''{quote(name)}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


# --- Exports ----------------------------------------------------------------------


@require_GET
@needs("project.export")
def export_projects(request):
    """Download the projects that the list's filter shows, or the selected ones; in the columns that import reads."""
    chosen = request.GET.getlist("project")
    queryset = visible_to(Project.objects.all(), request.user)
    if chosen and not request.GET.get("all"):
        queryset = queryset.filter(code__in=chosen[:2000])
    else:
        query = QueryDict(request.GET["query"].lstrip("?")) if "query" in request.GET else request.GET
        values = project_filters.ProjectFilter(query).values()
        queryset = project_filters.narrow(queryset, values, user=request.user, today=timezone.localdate())
    return _export(request, "projects", queryset.order_by("sort_group", "due_half", "id"))


@require_GET
@needs("project.export")
def export_kind(request, kind):
    """Download all rows of a kind that the user may see, in the columns that import reads."""
    querysets = {
        "enterprises": lambda: visible_to(Enterprise.objects.all(), request.user).distinct().order_by("credit_code"),
        "parks": lambda: visible_to(Park.objects.all(), request.user).distinct().order_by("code"),
        "progress": lambda: Stage.objects.filter(
            chain__project__in=visible_to(Project.objects.all(), request.user).values("pk")
        ),
        "demands": lambda: Demand.objects.filter(
            project__in=visible_to(Project.objects.all(), request.user).values("pk"), closed_on=None
        ).order_by("project__code", "book", "period"),
        "grants": lambda: _transfers(request.user).filter(posting__kind="grant"),
        "journal": lambda: _transfers(request.user),
        "openings": lambda: _balances(request.user),
    }
    if kind in ("demands", "grants", "journal", "openings") and not allows(request.user, "factor.view"):
        raise PermissionDenied(kind)
    if kind not in querysets:
        raise Http404
    return _export(request, kind, querysets[kind]())


def _transfers(user):
    """Return the transfers between accounts that the user may see, without those that follow from total caps."""
    seen = rights.visible_accounts(user).order_by().values("pk")
    rows = Transfer.objects.filter(debit__in=seen, credit__in=seen).exclude(debit__role="used")
    return rows.exclude(credit__role="used").order_by("posting_id", "line")


def _balances(user) -> list:
    """Return what the accounts that the user may see have now; the upper level and what is used are no balances."""
    seen = set(rights.visible_accounts(user).values_list("pk", flat=True))
    return [row for row in balances.balances() if row.account.pk in seen and row.account.role not in ("issuer", "used")]


def _export(request, kind, queryset):
    if refused := limits.refuse_export(request, timezone.now()):
        return refused
    importer = make(kind, by=request.user)
    total = len(queryset) if isinstance(queryset, list) else queryset.count()
    as_csv = request.GET.get("format") == "csv" or total > EXPORT_ROWS
    audit.record("export", by=request.user, request=request, what=kind, rows=total, query=request.GET.urlencode()[:500])
    rows, columns = importer.export_queryset(queryset), exports.columns_of(importer)
    name = f"{importer.title}-{timezone.localdate():%Y%m%d}"
    if as_csv:
        return attachment(exports.csv_lines(rows, columns), f"{name}.csv", exports.CSV, streaming=True)
    return attachment(exports.workbook(rows, columns, title=str(importer.title)), f"{name}.xlsx", exports.XLSX)


# --- Planned against actual ----------------------------------------------------------------------


@require_GET
@needs("project.view")
def schedule_report(request):
    """Compare planned and actual ends of finished phases, by phase, with the rows behind the figures. Three queries."""
    finished = Stage.objects.filter(
        chain__project__in=visible_to(Project.objects.all(), request.user).values("pk"), closed_at__isnull=False
    )
    templates = list(
        finished.order_by()
        .values_list("chain__template__code", "chain__template__name", "chain__template__kind")
        .distinct()
    )
    imported = [code for code, _name, kind in templates if kind == "import"]
    chosen = request.GET.get("template") or (imported or [t[0] for t in templates] or [""])[0]
    rows = [
        reports.Finished(phase, started, planned, timezone.localdate(closed), code, name, begin)
        for phase, started, planned, closed, code, name, begin in finished.filter(
            chain__template__code=chosen, accepted_at__isnull=False
        )
        .order_by("position", "id")
        .values_list(
            "name",
            "accepted_at__date",
            "planned_finish_on",
            "closed_at",
            "chain__project__code",
            "chain__project__name",
            "planned_start_on",
        )
    ]
    phase = request.GET.get("phase", "")
    listed = [row for row in rows if row.planned_on and (not phase or row.phase == phase)]
    listed.sort(key=lambda row: -row.delay)
    page = max(1, _number(request.GET.get("page")) or 1)
    context = {
        "templates": sorted(set(templates)),
        "template": chosen,
        "summaries": [*reports.by_phase(rows), reports.summarise(rows, "")] if rows else [],
        "bins": reports.BINS,
        "phase": phase,
        "phases": list(dict.fromkeys(row.phase for row in rows)),
        "listed": listed[(page - 1) * 50 : page * 50],
        "first": (page - 1) * 50 + 1,
        "last": min(page * 50, len(listed)),
        "total": len(listed),
        "page": page,
        "breadcrumbs": [(_("Planned against actual"), "")],
    }
    return render(request, "imports/schedule_report.html", context)
