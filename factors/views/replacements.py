"""Replacement sources: the list with what is left, registration, use by a demand, withdrawal of a use."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from factors import ratios
from factors.assets import reach, replacements
from factors.models import Book, ReplacementUse
from factors.refusals import Refused
from factors.replacement_forms import SourceForm, UseForm
from factors.views.common import crumbs, number, today
from people import paging
from people.access import allows, needs, visible_to
from projects.models import Project


@require_GET
@needs("factor.view")
def replacement_list(request):
    """List the verified savings that the reader may see, with what of each is left. Six queries."""
    rows = reach.sources(request.user)
    book = number(request.GET.get("book", ""))
    if book:
        rows = rows.filter(book=book)
    if request.GET.get("left") == "1":
        rows = rows.filter(used__lt=F("saving"))
    page = paging.page(
        rows.select_related("book__kind", "book__source", "district", "asset"), ("-verified_on", "-id"),
        request.GET.get("cursor", ""),
    )  # fmt: skip
    for row in page.rows:
        row.left = row.saving - row.used
    context = {
        "page": page,
        "total": rows.count(),
        "book": book,
        "left": request.GET.get("left") == "1",
        "books": list(
            Book.objects.filter(pk__in=reach.sources(request.user).order_by().values("book"))
            .select_related("kind", "source")
        ),
        "may_write": allows(request.user, "factor.check"),
        "breadcrumbs": crumbs((_("Replacement"), "")),
    }  # fmt: skip
    return render(request, "factors/replacement_list.html", context)


@require_http_methods(["GET", "POST"])
@needs("factor.check")
def replacement_create(request):
    """Register a verified saving."""
    form = SourceForm(request.POST or None, user=request.user, initial={"verified_on": today()})
    if form.is_bound and form.is_valid():
        try:
            row = replacements.register(by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The saving is registered."))
            return redirect("replacement-page", pk=row.pk)
    title = _("New replacement source")
    context = {"form": form, "breadcrumbs": crumbs((_("Replacement"), reverse("replacement-list")), (title, ""))}
    return render(request, "factors/replacement_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def replacement_page(request, pk):
    """Show a saving and who cites it; POST lets a demand cite it, or withdraws a use (`withdraw` = its id)."""
    rows = reach.sources(request.user).select_related("book__kind", "book__source", "district", "asset", "verified_by")
    source = reach.one(rows, pk)
    keeps = replacements.keeps(request.user, source.book)
    if request.method == "POST" and not keeps:
        raise PermissionDenied("factor.check")
    if request.method == "POST" and "withdraw" in request.POST:
        return _withdraw(request, source)
    form = None
    if keeps:
        offered = replacements.demands_for(request.user, source)
        form = UseForm(request.POST or None, source=source, offered=offered)
    if form is not None and form.is_bound and form.is_valid():
        try:
            replacements.use(by=request.user, now=timezone.now(), source=source, **form.facts())
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The demand cites the saving."))
            return redirect("replacement-page", pk=source.pk)
    return render(
        request, "factors/replacement_page.html", _shown(request, source, keeps, form),
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


def _shown(request, source, keeps, form) -> dict:
    uses = list(
        source.uses.select_related("demand__project", "demand__book__kind", "by").order_by("withdrawn_at", "-at")[:200]
    )
    ids = {use.demand.project_id for use in uses}
    seen = set(visible_to(Project.objects.filter(pk__in=ids), request.user).values_list("pk", flat=True))
    for use in uses:
        use.is_seen = use.demand.project_id in seen
        use.ratio = ratios.Ratio(use.ratio_thousandths, "", True).figure
        use.coverage = replacements.coverage(use.demand) if use.withdrawn_at is None else None
    return {
        "source": source,
        "left": source.saving - source.used,
        "uses": uses,
        "keeps": keeps,
        "form": form if source.used < source.saving else None,
        "sees_asset": source.asset_id and reach.stock(request.user).filter(pk=source.asset_id).exists(),
        "unchecked": [row for row in ratios.replacements() if not row.checked],
        "breadcrumbs": crumbs((_("Replacement"), reverse("replacement-list")), (source.name, "")),
    }


def _withdraw(request, source):
    pk = number(request.POST["withdraw"]) or 0
    use = get_object_or_404(
        ReplacementUse.objects.select_related("source__book__kind"), source=source, pk=pk
    )  # fmt: skip
    try:
        replacements.withdraw(by=request.user, now=timezone.now(), use=use, reason=request.POST.get("reason", "")[:300])
    except Refused as refused:
        messages.error(request, refused.words())
    else:
        messages.success(request, _("The use is withdrawn; the saving is free again."))
    return redirect("replacement-page", pk=source.pk)
