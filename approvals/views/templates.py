"""Pages of the chain templates: list, version, draft editing, publishing, differences, files."""

from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals import chain_format, chain_rules, network_svg, template_actions
from approvals.chain_spec import StageSpec, TemplateSpec, figures
from approvals.labels import BASIS_LABELS, CASE_LABELS, gate_label, limit_label
from approvals.models import ChainTemplate
from approvals.network import NetworkError
from approvals.template_actions import TemplateRefused
from approvals.template_diff import compare_versions, in_words, material_marks
from approvals.template_forms import HeadForm, NewTemplateForm, StageForm, UploadForm, material_rows, procedure_rows
from approvals.template_rows import spec_of
from people.access import allows, needs

Status = ChainTemplate.Status


# --- reading ----------------------------------------------------------------------------------------------------------


@needs("project.view", "template.edit")
@require_safe
def template_list(request):
    """Show every template with its versions, the newest first. One query."""
    rows = ChainTemplate.objects.annotate(chain_count=Count("chains")).order_by("kind", "code", "-version")
    groups = [(code, list(versions)) for code, versions in groupby(rows, key=lambda row: row.code)]
    context = {"groups": groups, "may_edit": allows(request.user, "template.edit")}
    return render(request, "approvals/template_list.html", context)


@needs("project.view", "template.edit")
@require_safe
def template_page(request, code, version):
    """Show one version: figures, phases, stages with limits, materials, gates and sources. About seven queries."""
    template = _template(code, version)
    spec = spec_of(template)
    try:
        measured = figures(spec.stages)
        critical = measured.critical_path
        graph = mark_safe(network_svg.draw(spec, critical))  # escaped text and numbers only
    except NetworkError:
        measured, critical, graph = None, (), ""
    draft = template.status == Status.DRAFT
    versions = ChainTemplate.objects.filter(code=code).order_by("-version")
    context = {
        "template": template,
        "spec": spec,
        "figures": measured,
        "phases": _by_phase(spec, critical),
        "graph": graph,
        "problems": chain_rules.check(spec) if draft else [],
        "versions": versions,
        "previous": next((row for row in versions if row.version < template.version), None),
        "has_draft": any(row.status == Status.DRAFT for row in versions),
        "chain_count": template.chains.count(),
        "may_edit": allows(request.user, "template.edit"),
        "editable": draft and allows(request.user, "template.edit"),
        "may_publish": allows(request.user, "template.publish"),
        "breadcrumbs": _crumbs((str(template), "")),
    }
    return render(request, "approvals/template_page.html", context)


@dataclass(frozen=True)
class StageLine:
    """A stage in words, for the table of the page."""

    stage: StageSpec
    critical: bool
    committed: str
    statutory: str
    case: str
    gates: list[str]
    procedures: str
    materials: list[tuple[str, str]]
    basis: str


def _by_phase(spec: TemplateSpec, critical) -> list[tuple]:
    lines = {}
    for stage in spec.stages:
        lines.setdefault(stage.phase, []).append(
            StageLine(
                stage,
                stage.code in critical,
                limit_label(stage.committed),
                limit_label(stage.statutory),
                CASE_LABELS.get(stage.case_type, stage.case_type),
                [gate_label(gate) for gate in stage.gates],
                in_words("special_procedures", stage.special_procedures),
                [(m.name, in_words("marks", tuple(material_marks(m)))) for m in stage.materials],
                BASIS_LABELS.get(stage.basis, ""),
            )
        )
    return [(phase, lines.get(phase.code, [])) for phase in spec.phases]


@needs("project.view", "template.edit")
@require_safe
def template_diff(request, code, version):
    """Show what a version says otherwise than `?with=N`, by default the version before it."""
    template = _template(code, version)
    versions = list(ChainTemplate.objects.filter(code=code).order_by("-version"))
    wanted = request.GET.get("with", "")
    if wanted:
        other = next((row for row in versions if str(row.version) == wanted), None)
    else:
        other = next((row for row in versions if row.version < version), None)
    if other is None:
        if wanted:
            raise Http404
        messages.info(request, _("There is no other version to compare with."))
        return redirect("template-page", code, version)
    old, new = sorted((other, template), key=lambda row: row.version)
    context = {
        "template": template,
        "other": other,
        "old": old,
        "new": new,
        "versions": [row for row in versions if row.pk != template.pk],
        "difference": compare_versions(spec_of(old), spec_of(new)),
        "breadcrumbs": _crumbs((str(template), _page(template)), (_("Differences"), "")),
    }
    return render(request, "approvals/template_diff.html", context)


@needs("project.view", "template.edit")
@require_safe
def template_download(request, code, version):
    """Give a version as the YAML file that loads it again."""
    template = _template(code, version)
    name = f"{template.code}-v{template.version}.yaml"
    return HttpResponse(
        chain_format.write(spec_of(template)),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# --- making drafts ----------------------------------------------------------------------------------------------------


@needs("template.edit")
def template_create(request):
    """Make a draft: POST `upload` reads a YAML file, POST otherwise makes an empty template. 422 shows the mistakes."""
    upload, blank, problems = UploadForm(), NewTemplateForm(), []
    if request.method == "POST" and "upload" in request.POST:
        upload = UploadForm(request.POST, request.FILES)
        if upload.is_valid():
            template, problems = _read_upload(request, upload.cleaned_data["file"])
            if template is not None:
                return redirect("template-page", template.code, template.version)
    elif request.method == "POST":
        blank = NewTemplateForm(request.POST)
        if blank.is_valid():
            template = _refusing(request, lambda: template_actions.create_draft(by=request.user, **blank.cleaned_data))
            if template is not None:
                return redirect("template-edit", template.code, template.version)
    context = {"upload": upload, "blank": blank, "problems": problems, "breadcrumbs": _crumbs((_("New template"), ""))}
    return render(request, "approvals/template_create.html", context, status=422 if request.method == "POST" else 200)


def _read_upload(request, file) -> tuple[ChainTemplate | None, list[str]]:
    """Return the stored draft, or the sentences that say what is wrong with the file."""
    try:
        spec = chain_format.read(file.read(chain_format.MAX_BYTES + 1), file.name)
        template, outcome = template_actions.load(spec, now=timezone.now(), by=request.user, request=request)
    except chain_format.ChainFormatError as error:
        return None, error.sentences()
    except TemplateRefused as error:
        return None, [error.message]
    words = {
        "created": _("%(template)s was read as a draft."),
        "replaced": _("The draft %(template)s was replaced by the file."),
        "unchanged": _("%(template)s is unchanged: the file says the same."),
    }
    messages.success(request, words[outcome] % {"template": template})
    return template, []


@needs("template.edit")
@require_POST
def template_new_draft(request, code, version):
    """Make a draft with the content of this version and the next number."""
    template = _template(code, version)
    draft = _refusing(request, lambda: template_actions.new_draft(template, by=request.user))
    if draft is None:
        return redirect("template-page", code, version)
    messages.success(request, _("Draft %(template)s made.") % {"template": draft})
    return redirect("template-page", draft.code, draft.version)


# --- editing a draft --------------------------------------------------------------------------------------------------


@needs("template.edit")
def template_edit(request, code, version):
    """Edit the head of a draft: name, benchmark, phases, source, note."""
    template = _template(code, version)
    if template.status != Status.DRAFT:
        return _not_a_draft(request, template)
    form = HeadForm(request.POST or None, initial=HeadForm.initial_of(spec_of(template)))
    if request.method == "POST" and form.is_valid():
        saved = _refusing(request, lambda: template_actions.edit_head(template, by=request.user, **form.cleaned_data))
        if saved is not None:
            return redirect("template-page", code, version)
    context = {
        "template": template,
        "form": form,
        "breadcrumbs": _crumbs((str(template), _page(template)), (_("Edit the head"), "")),
    }
    return render(request, "approvals/template_edit.html", context, status=422 if request.method == "POST" else 200)


@needs("template.edit")
def template_stage_edit(request, code, version, stage=""):
    """Edit a stage of a draft with its materials and special procedures, or add one (`stage` "")."""
    template = _template(code, version)
    if template.status != Status.DRAFT:
        return _not_a_draft(request, template)
    spec = spec_of(template)
    old = spec.stage(stage) if stage else None
    if stage and old is None:
        raise Http404
    if not spec.phases:
        messages.error(request, _("Write the phases first."))
        return redirect("template-edit", code, version)
    data = request.POST if request.method == "POST" else None
    form = StageForm(*([data] if data is not None else []), spec=spec, stage=old)
    materials, procedures = material_rows(data, spec, old), procedure_rows(data, old)
    valid = [part.is_valid() for part in (form, materials, procedures)] if data is not None else [False]
    if all(valid):
        new = form.stage_spec(materials.specs(), procedures.specs())
        saved = _refusing(request, lambda: template_actions.put_stage(template, new, by=request.user, replaces=stage))
        if saved is not None:
            return redirect(_page(template) + f"#stage-{new.code}")
    context = {
        "template": template,
        "stage": old,
        "form": form,
        "materials": materials,
        "procedures": procedures,
        "breadcrumbs": _crumbs((str(template), _page(template)), (old.code if old else _("New stage"), "")),
    }
    return render(request, "approvals/template_stage.html", context, status=422 if data is not None else 200)


@needs("template.edit")
@require_POST
def template_stage_remove(request, code, version, stage):
    """Take a stage out of a draft."""
    template = _template(code, version)
    _refusing(request, lambda: template_actions.remove_stage(template, stage, by=request.user))
    return redirect("template-page", code, version)


@needs("template.edit")
@require_POST
def template_stage_move(request, code, version, stage):
    """Move a stage of a draft one row up (`direction=up`) or down."""
    template = _template(code, version)
    places = -1 if request.POST.get("direction") == "up" else 1
    _refusing(request, lambda: template_actions.move_stage(template, stage, places, by=request.user))
    return redirect(_page(template) + f"#stage-{stage}")


# --- life of a version ------------------------------------------------------------------------------------------------


@needs("template.publish")
@require_POST
def template_publish(request, code, version):
    """Publish a draft; the broken rules are shown on its page when there are any."""
    template = _template(code, version)
    done = _refusing(
        request,
        lambda: template_actions.publish(template, by=request.user, now=timezone.now(), request=request),
    )
    if done is not None:
        messages.success(request, _("%(template)s is published and will never change.") % {"template": template})
    return redirect("template-page", code, version)


@needs("template.publish")
@require_POST
def template_retire(request, code, version):
    """Take a published version out of use."""
    template = _template(code, version)
    done = _refusing(
        request, lambda: template_actions.retire(template, by=request.user, now=timezone.now(), request=request)
    )
    if done is not None:
        messages.success(request, _("%(template)s is retired. Chains that run on it keep it.") % {"template": template})
    return redirect("template-page", code, version)


@needs("template.edit")
@require_POST
def template_discard(request, code, version):
    """Delete a draft."""
    template = _template(code, version)
    try:
        template_actions.discard(template, by=request.user)
    except TemplateRefused as error:
        messages.error(request, error.message)
        return redirect("template-page", code, version)
    messages.success(request, _("Draft %(code)s version %(version)d discarded.") % {"code": code, "version": version})
    return redirect("template-list")


# --- helpers ----------------------------------------------------------------------------------------------------------


def _template(code: str, version: int) -> ChainTemplate:
    template = ChainTemplate.objects.select_related("made_by", "published_by").filter(code=code, version=version)
    row = template.first()
    if row is None:
        raise Http404
    return row


def _page(template: ChainTemplate) -> str:
    return reverse("template-page", args=[template.code, template.version])


def _crumbs(*more) -> list[tuple]:
    return [(_("Approval chains"), reverse("template-list")), *more]


def _refusing(request, action):
    """Return what the action returns; when it refuses, say why on the next page and return None."""
    try:
        return action()
    except TemplateRefused as error:
        messages.error(request, " ".join([error.message, *(problem.message for problem in error.problems[:5])]))
        return None


def _not_a_draft(request, template):
    messages.error(request, _("Only a draft can be changed. Make a new draft from this version."))
    return redirect("template-page", template.code, template.version)
