"""The form that takes the State Council's notice, or days that the city decides itself."""

from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from calendars import notice
from calendars.workdays import FIRST, LAST

ANCHORS = ((1, 1), (5, 1), (10, 1))  # every notice gives these days off; a text without them is not the whole notice


class NoticeForm(forms.Form):
    """Text to days. After `is_valid()`, `cleaned_data["days"]` maps dates to `Day`."""

    NOTICE, LOCAL = "notice", "local"

    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (NOTICE, _("The State Council's whole notice for the year")),
            (LOCAL, _("Single days: a correction or a local decision")),
        ],
        widget=forms.RadioSelect,
    )
    year = forms.IntegerField(label=_("Year"), min_value=FIRST.year, max_value=LAST.year)
    text = forms.CharField(
        label=_("Text of the notice, or one day a line"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "Paste the notice as it stands. Single days: “2027-01-01 休 元旦” for a rest day, “2027-02-06 班” for work."
        ),
    )
    source = forms.CharField(
        label=_("Source document"), max_length=200, help_text=_("Issuer and document number, as it can be looked up.")
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def clean(self):
        data = super().clean()
        text, year = data.get("text"), data.get("year")
        if not text or not year:
            return data
        read = notice.parse(text, year)
        for problem in read.problems[:20]:
            self.add_error("text", describe(problem))
        for day in sorted(read.days):
            if not FIRST <= day <= LAST:
                self.add_error("text", gettext("%(date)s is outside the calendar.") % {"date": day.isoformat()})
        if data.get("kind") == self.NOTICE and not read.problems:
            self._check_whole(read, year)
        data["days"] = read.days
        return data

    def _check_whole(self, read: notice.Notice, year: int) -> None:
        """Refuse to call a year announced on the word of a fragment."""
        for month, number in ANCHORS:
            rule = read.days.get(date(year, month, number))
            if rule is None or rule.is_workday:
                day = date(year, month, number).isoformat()
                self.add_error(
                    "text",
                    gettext("The whole notice gives %(day)s off, this text does not. Is it for %(year)s, and complete?")
                    % {"day": day, "year": year},
                )
                return


def describe(problem: notice.Problem) -> str:
    """Put a problem of the reader in words, with the line."""
    words = {
        "bad_date": gettext("“%(excerpt)s”: there is no such date."),
        "weekday": gettext("“%(excerpt)s”: %(detail)s is another day of the week. Is the year right?"),
        "count": gettext("“%(excerpt)s”: the dates make %(detail)s days."),
        "conflict": gettext("%(excerpt)s is both a rest day and a working day."),
        "other_year": gettext("“%(excerpt)s” is about %(detail)s, another year."),
        "backwards": gettext("“%(excerpt)s”: the range runs backwards or is too long."),
        "nothing": gettext("No day was found in this text."),
    }[problem.kind] % {"excerpt": problem.excerpt[:60], "detail": _detail(problem)}
    if not problem.line:
        return words
    return pgettext("problem in a text", "Line %(line)s: %(words)s") % {"line": problem.line, "words": words}


def _detail(problem: notice.Problem) -> str:
    if problem.kind != "weekday":
        return problem.detail
    day = date.fromisoformat(problem.detail)
    return f"{problem.detail} {date_format(day, 'l')}"
