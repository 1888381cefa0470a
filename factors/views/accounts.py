"""Accounts: opening pools and years, closing; and the rows that say what the city keeps ledgers of."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from factors import pools, rights
from factors.models import Account, Book, EnergyCoefficient, FactorKind, ReviewRule
from factors.refusals import Refused
from factors.views.common import EARLIEST, LATEST, account_for, crumbs, today
from people.access import needs
from people.models import Department, District
from projects.models import Park


class PoolForm(forms.Form):
    """A new pool: its book, its year, the place that it serves and the department that keeps it."""

    book = forms.ModelChoiceField(Book.objects.none(), label=gettext_lazy("Account book"))
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=EARLIEST, max_value=LATEST)
    park = forms.ModelChoiceField(Park.objects.none(), label=gettext_lazy("Park"), required=False)
    district = forms.ModelChoiceField(
        District.objects.none(),
        label=gettext_lazy("District"),
        required=False,
        help_text=gettext_lazy("Without a park the pool serves the whole district and those below it."),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=gettext_lazy("Kept by"),
        required=False,
        help_text=gettext_lazy("Blank: the department in charge of the factor."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)

    def __init__(self, user, *args, **options):
        super().__init__(*args, **options)
        kinds = pools.may_open(user, FactorKind.objects.filter(active=True))
        self.fields["book"].queryset = Book.objects.filter(kind__in=kinds).select_related("kind", "source")
        self.fields["park"].queryset = Park.objects.order_by("name")
        self.fields["district"].queryset = District.objects.order_by("code")
        self.fields["department"].queryset = Department.objects.order_by("name")


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def account_create(request):
    """Open a pool, or the total cap of a region where the source is one."""
    form = PoolForm(request.user, request.POST or None, initial={"year": today().year, "book": request.GET.get("book")})
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            account = pools.open_pool(
                by=request.user,
                now=timezone.now(),
                book=found["book"],
                period=pools.period_of(found["book"].kind, found["year"]),
                district=found["district"],
                park=found["park"],
                department=found["department"],
                name=found["name"],
            )
            messages.success(request, _("“%(pool)s” is open. Grants can be posted.") % {"pool": account})
            return redirect("account-book", pk=account.pk)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
    context = {
        "form": form,
        "next_year": today().year + 1,
        "years": (today().year, today().year + 1),
        "breadcrumbs": crumbs((_("Open a pool"), "")),
    }
    return render(request, "factors/account_create.html", context, status=422 if form.errors else 200)


@require_POST
@needs("factor.make")
def account_open_year(request):
    """Open last year's pools and caps of the factors that one's department keeps, empty, for a year."""
    year = request.POST.get("year", "")
    if year not in (str(today().year), str(today().year + 1)):
        raise PermissionDenied("year")
    mine = [
        kind.pk
        for kind in FactorKind.objects.filter(active=True)
        if rights.may_make(request.user, Account(book=Book(kind=kind)))
    ]
    made = pools.open_year(by=request.user, now=timezone.now(), year=int(year), kinds=mine) if mine else []
    message = ngettext("%(n)d account opened for %(year)s.", "%(n)d accounts opened for %(year)s.", len(made))
    messages.success(request, message % {"n": len(made), "year": year})
    return redirect(f"{reverse('factor-overview')}?year={year}")


@require_POST
@needs("factor.make")
def account_close(request, pk):
    """Close an account in which nothing is left, with the reason."""
    account = account_for(request.user, pk)
    try:
        pools.close_account(
            by=request.user, account=account, now=timezone.now(), on=today(), reason=request.POST.get("reason", "")
        )
        messages.success(request, _("The account is closed."))
    except Refused as refused:
        messages.error(request, refused.words())
    return redirect("account-book", pk=pk)


@require_GET
@needs("factor.configure")
def factor_kinds(request):
    """Show what the city keeps ledgers of: factors, sources, books, rules. They change by `manage.py ledger kinds`."""
    kinds = list(
        FactorKind.objects.select_related("department")
        .prefetch_related("sources__needs_reason_while", "books__source")
        .annotate(account_count=Count("books__accounts"))
        .order_by("position", "code")
    )
    context = {
        "kinds": kinds,
        "coefficients": list(
            EnergyCoefficient.objects.select_related("carrier").order_by("carrier", "basis", "-year")[:500]
        ),
        "rules": list(ReviewRule.objects.order_by("-effective_from", "level")[:100]),
        "breadcrumbs": crumbs((_("Factors"), "")),
    }
    return render(request, "factors/kinds.html", context)
