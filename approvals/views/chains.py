"""Starting the chain of a project, and moving it to a newer version of its template."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from approvals import actions, version_actions
from approvals.models import ChainTemplate
from approvals.stage_forms import day_input
from people.access import needs
from projects.views.common import crumbs, project_for


def newer_version(chain):
    """Return the newest published version of the chain's template, when it is not the one in use. One query."""
    newest = (
        ChainTemplate.objects.filter(code=chain.template.code, status=ChainTemplate.Status.PUBLISHED)
        .order_by("-version")
        .first()
    )
    return newest if newest and newest.version > chain.template.version else None


class StartForm(forms.Form):
    """Which template a project's chain follows, from when, and which stages do not apply."""

    template = forms.ModelChoiceField(ChainTemplate.objects.none(), label=gettext_lazy("Chain template"))
    started_on = forms.DateField(label=gettext_lazy("Starts on"), widget=day_input())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = ChainTemplate.objects.filter(
            status=ChainTemplate.Status.PUBLISHED, kind=ChainTemplate.Kind.CITY
        ).order_by("code", "-version")
        self.fields["template"].label_from_instance = lambda t: f"{t.code} 第 {t.version} 版 {t.name}"


@require_http_methods(["GET", "POST"])
@needs("stage.advance")
def chain_start(request, code):
    """Give a project its chain: choose the template, then name the stages that do not apply, each with a reason."""
    project = project_for(request, code, need="manage")
    if hasattr(project, "chain"):
        return redirect("project-page", code=project.code)
    now = timezone.localtime()
    form = StartForm(request.POST or request.GET or None, initial={"started_on": now.date()})
    template = form.cleaned_data.get("template") if form.is_bound and form.is_valid() else None
    stages = list(template.stages.select_related("phase").order_by("position")) if template else []
    skipped = {
        s.code: request.POST.get(f"skip-{s.code}", "").strip() for s in stages if request.POST.get(f"not-{s.code}")
    }
    if request.method == "POST" and template and request.POST.get("start"):
        try:
            actions.start_chain(
                by=request.user,
                project=project,
                template=template,
                started_on=form.cleaned_data["started_on"],
                now=now,
                skipped=skipped,
            )
        except actions.Forbidden as error:
            raise PermissionDenied from error
        except actions.Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            messages.success(request, _("The chain has begun."))
            return redirect("project-page", code=project.code)
    context = {"project": project, "form": form, "template": template, "stages": stages, "skipped": skipped}
    context["breadcrumbs"] = crumbs(project, _("Start the chain"))
    return render(request, "approvals/chain_start.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("stage.advance")
def chain_move(request, code):
    """Move a running chain to a newer version of its template: preview first, then an explicit act with a reason."""
    project = project_for(request, code, need="manage")
    chain = getattr(project, "chain", None)
    newest = newer_version(chain) if chain else None
    if newest is None:
        raise Http404
    error = ""
    if request.method == "POST":
        try:
            version_actions.move_to_version(
                by=request.user,
                chain=chain,
                template=newest,
                reason=request.POST.get("reason", ""),
                now=timezone.localtime(),
            )
        except actions.Forbidden as failure:
            raise PermissionDenied from failure
        except actions.Refused as failure:
            error = failure.message
        else:
            messages.success(request, _("The chain now follows version %(n)s.") % {"n": newest.version})
            return redirect("project-page", code=project.code)
    context = {
        "project": project,
        "chain": chain,
        "newest": newest,
        "move": version_actions.preview_version(chain, newest),
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "approvals/chain_move.html", context, status=422 if error else 200)
