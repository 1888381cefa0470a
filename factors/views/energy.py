"""The energy form of a project: what it uses, who examines it, the demand that it gives, its history, on paper."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from factors import demands, energy
from factors.assets import energy_forms
from factors.energy_inputs import DemandFromForm, EnergyInput
from factors.models import Demand, EnergyForm, ReviewRule
from factors.refusals import LedgerRefused, Refused
from factors.views.common import number, today
from people.access import get_for, needs, visible_to
from projects.models import Project


def _project(request, code) -> Project:
    return get_for(
        request.user, Project.objects.select_related("district__parent", "park", "enterprise"), code=code
    )  # fmt: skip


def _crumbs(project, title):
    return [
        (_("Projects"), reverse("project-list")),
        (project.name, reverse("project-page", args=[project.code])),
        (title, ""),
    ]


def computed(form: EnergyForm) -> dict:
    """Return a saved form's lines and totals; `differs` says that coefficients changed since it was saved."""
    try:
        totals = energy_forms.totals_of(form)
    except energy.EnergyError as error:
        return {"totals": None, "wrong": energy_forms.words(error)}
    stored = (form.total_calorific, form.charged_calorific, form.total_primary, form.charged_primary)
    now = (totals.calorific.total, totals.calorific.charged, totals.primary.total, totals.primary.charged)
    rows = list(zip(totals.calorific.lines, totals.primary.lines, strict=True))
    return {"totals": totals, "rows": rows, "differs": stored != now}


def examination(user, project, size, on) -> dict:
    """Return who examines and why, in words; sister projects that the reader may not see stay unnamed. Four queries."""
    found = energy_forms.examine(project, size, on)
    codes = [code for split in found.splits for code in (one.code for one in split.projects)]
    seen = set(visible_to(Project.objects.filter(code__in=codes), user).values_list("code", flat=True) if codes else ())
    return {
        "review": found.review,
        "level": _level(found.review.level) if found.review else "",
        "reached": [_threshold(name, found.review.rule) for name in found.review.reached] if found.review else [],
        "splits": [_split(split, found.projects, project, seen) for split in found.splits],
        "size": size,
    }


def _level(level) -> str:
    return ReviewRule.Level(str(level)).label


def _threshold(name, rule) -> str:
    sentences = {
        "tce": _("at least %(n)s tce a year"),
        "coal_t": _("at least %(n)s t of coal a year"),
        "kwh": _("at least %(n)s kWh a year"),
    }
    return sentences[name] % {"n": f"{getattr(rule, f'min_{name}').normalize():,f}"}


def _split(split, rows, project, seen) -> dict:
    named = [
        (one, rows.get(one.code) or project, one.code == project.code or one.code in seen) for one in split.projects
    ]
    return {
        "level": _level(split.rule.level),
        "rule": split.rule,
        "reached": [_threshold(name, split.rule) for name in split.reached],
        "total": split.total,
        "projects": named,
    }


@require_GET
@needs("factor.view")
def energy_form(request, code):
    """Show the form that holds, or an earlier one (`form` in the address), with all that follows from it."""
    project = _project(request, code)
    forms = EnergyForm.objects.filter(project=project).select_related("made_by", "demand__book__kind")
    history = list(forms[:30])
    chosen = number(request.GET.get("form", ""))
    form = next((row for row in history if row.superseded_by_id is None), None)
    if chosen:
        form = get_object_or_404(forms, pk=chosen)
    may_edit = demands.may_register(request.user, project)
    context = {
        "project": project,
        "form": form,
        "history": history,
        "may_edit": may_edit,
        "breadcrumbs": _crumbs(project, _("Energy form")),
    }
    if form is not None:
        context |= computed(form)
        context |= examination(request.user, project, energy_forms.size_of(form), today())
        context["demands"] = _demands(project, form)
        books = energy_forms.books()
        if may_edit and form.superseded_by_id is None and books:
            context["ask"] = DemandFromForm(today=today(), books=books, initial={"year": today().year})
            context["offers"] = [(book.get_basis_display(), energy_forms.charged(form, book)) for book in books]
    return render(request, "factors/energy_form.html", context)


def _demands(project, form) -> list[Demand]:
    """Return the project's open demands of energy; `expected` is what the form says on their basis. One query."""
    rows = list(
        Demand.objects.filter(project=project, closed_on=None, book__kind__family="energy")
        .exclude(book__basis="")
        .select_related("book__kind", "book__source", "pool")
    )
    for row in rows:
        row.expected = energy_forms.charged(form, row.book)
    return rows


@require_http_methods(["GET", "POST"])
@needs("factor.demand")
def energy_edit(request, code):
    """Write a new form from the one that holds; POST saves it, the old one is kept."""
    project = _project(request, code)
    if not demands.may_register(request.user, project):
        raise PermissionDenied("factor.demand")
    old = energy_forms.current(project)
    form = EnergyInput(request.POST or None, today=today(), old=old)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            energy_forms.save(
                by=request.user,
                now=timezone.now(),
                project=project,
                year=form.cleaned_data["year"],
                lines=form.lines,
                note=form.cleaned_data["note"],
                seen=form.cleaned_data["seen"],
            )
        except Refused as refused:
            form.add_error(None, refused.words())
        else:
            messages.success(request, _("The energy form is saved. It is no demand yet."))
            return redirect("energy-form", code=project.code)
    if form.is_bound:
        status = 422
    context = {"project": project, "form": form, "old": old, "breadcrumbs": _crumbs(project, _("Energy form"))}
    if form.is_bound:
        context |= _live(request, project, form)
    elif old is not None:
        context |= computed(old) | examination(request.user, project, energy_forms.size_of(old), today())
    return render(request, "factors/energy_edit.html", context, status=status)


@require_POST
@needs("factor.demand")
def energy_check(request, code):
    """Say what the form comes to while it is being filled in, as a fragment. Nothing is kept. About twelve queries."""
    project = _project(request, code)
    if not demands.may_register(request.user, project):
        raise PermissionDenied("factor.demand")
    form = EnergyInput(request.POST, today=today())
    form.is_valid()
    return render(request, "factors/_energy_totals.html", {"project": project} | _live(request, project, form))


def _live(request, project, form) -> dict:
    totals = form.totals() if hasattr(form, "lines") else None
    wrong = [error for errors in form.errors.values() for error in errors]
    if totals is None:
        return {"totals": None, "wrong_lines": wrong}
    return {"totals": totals, "wrong_lines": wrong} | examination(request.user, project, totals.size, today())


@require_POST
@needs("factor.demand")
def energy_register(request, code):
    """Register what the form charges as the project's demand, or change the demand."""
    project = _project(request, code)
    if not demands.may_register(request.user, project):
        raise PermissionDenied("factor.demand")
    form = energy_forms.current(project)
    if form is None or form.pk != number(request.POST.get("form", "")):
        messages.error(request, _("A later form replaced this one."))
        return redirect("energy-form", code=project.code)
    ask = DemandFromForm(request.POST, today=today(), books=energy_forms.books())
    if not ask.is_valid():
        for errors in ask.errors.values():
            messages.error(request, " ".join(errors))
        return redirect("energy-form", code=project.code)
    try:
        energy_forms.register(by=request.user, now=timezone.now(), form=form, **ask.cleaned_data)
    except (Refused, LedgerRefused) as refused:
        messages.error(request, refused.words())
        return redirect("energy-form", code=project.code)
    messages.success(request, _("The demand says what the form says."))
    return redirect(reverse("project-page", args=[project.code]) + "#quota")


@require_GET
@needs("factor.view")
def energy_print(request, code, pk):
    """Print a form: its lines with coefficients and where they come from, both totals, who examines."""
    project = _project(request, code)
    form = EnergyForm.objects.filter(project=project, pk=pk).select_related("made_by").first()
    if form is None:
        raise Http404
    context = {"project": project, "form": form} | computed(form)
    context |= examination(request.user, project, energy_forms.size_of(form), timezone.localtime(form.made_at).date())
    return render(request, "factors/energy_print.html", context)
