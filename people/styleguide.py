"""The style guide: every part of the kit on one page, for those who build pages."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from people.access import needs
from people.icons import ICONS
from people.paging import Page
from people.templatetags.luodi import WORDS


class SampleForm(forms.Form):
    """Every kind of control once."""

    name = forms.CharField(label=_("Project name"), max_length=120, help_text=_("As on the filing certificate."))
    amount = forms.DecimalField(label=_("Total investment"), min_value=0, decimal_places=2)
    starts_on = forms.DateField(label=_("Planned start"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("a", _("Approval")), ("b", _("Filing"))])
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    way = forms.ChoiceField(
        label=_("Way of import"),
        choices=[("a", _("All or nothing")), ("b", _("Good rows only"))],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=_("I have checked the document number"), required=False)


def counter(light: str, label, count: int, **extra) -> SimpleNamespace:
    """Return one tile for _parts/counters.html."""
    return SimpleNamespace(light=light, label=label, count=count, url="#counters", **extra)


@require_safe
@needs("styleguide.view")
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the kit. No queries of its own; the figures are invented."""
    counts = {"statutory": 3, "red": 14, "blocked": 12, "amber": 21, "green": 58, "stopped": 4, "stale": 5, "done": 9}
    tiles = [counter("", _("All"), sum(counts.values()), current=True)]
    tiles += [counter(code, WORDS[code], count) for code, count in counts.items()]
    rows = [
        ("statutory", "31.5", "盐湖锂盐深加工一期", "2511-159904-04-01-206318", "36.5", "5", "is-red"),
        ("red", "3.0", "年产 10 万吨石墨负极材料一体化", "2607-159903-04-01-381725", "8.0", "5", "is-red"),
        ("blocked", None, "高性能铝箔及电池结构件", "2606-159901-04-01-815503", "2.0", "7", "is-blocked"),
        ("amber", None, "陶瓷基复合材料产业化", "2607-159904-04-01-154836", "13.5", "15", ""),
        ("green", None, "冷链物流与中央厨房", "2608-159901-04-01-627715", "4.0", "10", ""),
        ("stopped", None, "光伏玻璃三期", "2602-159903-04-01-508849", "3.0", "5", ""),
    ]
    names = ("light", "over", "name", "code", "net", "limit", "tint")
    return render(
        request,
        "styleguide.html",
        {
            "lights": WORDS,
            "icons": sorted(ICONS),
            "tiles": tiles,
            "sample_page": Page(rows, None, "next"),
            "rows": [dict(zip(names, row, strict=True)) for row in rows],
            "form": SampleForm({"name": "石墨负极材料", "amount": "-1", "kind": "a", "way": "a"}),
            "clean_form": SampleForm(),
            "money": Decimal("18426000"),
            "day": date(2026, 11, 20),
            "breadcrumbs": [(_("Projects"), "#"), (_("Style guide"), "")],
        },
    )
