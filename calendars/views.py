"""The calendar page: the year, its versions and entries for everybody; changing it for those who may."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from calendars import actions, store
from calendars.forms import NoticeForm
from calendars.models import CalendarVersion, DayOverride
from calendars.workdays import FIRST, LAST
from calendars.year import months_of
from people import audit
from people.access import allows, needs

MOVES_SHOWN = 200


@login_required
@require_safe
def calendar_page(request):
    """Show a year, its entries, the newest versions and, for `?version=`, the deadlines that a version moved."""
    calendar, today = store.current(), timezone.localdate()
    year = _year(request.GET.get("year"), today.year)
    overrides = DayOverride.objects.in_force().filter(date__year=year).select_related("version")
    months = months_of(year, calendar, {entry.date for entry in overrides}, today)
    versions = CalendarVersion.objects.select_related("made_by", "reverted_in")
    context = {
        "calendar": calendar,
        "year": year,
        "years": range(FIRST.year, LAST.year + 1),
        "previous_year": year - 1 if year > FIRST.year else None,
        "next_year": year + 1 if year < LAST.year else None,
        "months": months,
        "workday_total": sum(month.workdays for month in months),
        "provisional": year not in calendar.known_years,
        "overrides": overrides,
        "versions": Paginator(versions, 20).get_page(request.GET.get("page")),
        "may_edit": allows(request.user, "calendar.edit"),
        **_moves(request),
    }
    return render(request, "calendars/calendar.html", context)


@needs("calendar.edit")
def change_calendar(request):
    """Take a notice: GET the form, POST `preview` the days that change, POST `save` them as a new version."""
    if request.method != "POST":
        year = _year(request.GET.get("year"), store.missing_notice(timezone.localdate()) or timezone.localdate().year)
        return _change_page(request, NoticeForm(initial={"year": year, "kind": NoticeForm.NOTICE}))
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _change_page(request, form, status=422)
    if request.POST.get("action") != "save":
        return _preview_page(request, form)
    return _save(request, form)


def _save(request, form):
    data = form.cleaned_data
    year = data["year"]
    try:
        version = actions.apply_overrides(
            data["days"],
            by=request.user,
            source=data["source"],
            note=data["note"],
            notice_year=year if data["kind"] == NoticeForm.NOTICE else None,
            based_on=data["based_on"],
        )
    except actions.CalendarChanged:
        messages.error(
            request, _("Somebody else changed the calendar meanwhile. Look at the preview again, then save.")
        )
        return _preview_page(request, form, status=409)
    except actions.NothingToChange:
        messages.info(request, _("The calendar says all this already. Nothing was changed."))
        return redirect(_page(year))
    return _done(request, version, year)


@needs("calendar.edit")
@require_POST
def revert_calendar(request):
    """Take back one entry (`override`, its id) or a whole version (`version`, its number) by a new version."""
    try:
        if "override" in request.POST:
            entry = get_object_or_404(DayOverride, pk=_number(request.POST["override"]))
            year = entry.date.year
            version = actions.revert_override(
                entry, by=request.user, note=_("Taken back: %(entry)s") % {"entry": entry}
            )
        else:
            old = get_object_or_404(CalendarVersion, number=_number(request.POST.get("version")))
            year = old.notice_year or _first_year(old)
            note = _("Taken back: version %(number)s") % {"number": old.number}
            version = actions.revert_version(old, by=request.user, note=note)
    except actions.NothingToChange:
        messages.info(request, _("This had been taken back already. Nothing was changed."))
        return redirect("calendar")
    except actions.CalendarChanged:
        messages.error(
            request, _("Somebody else changed the calendar meanwhile. Nothing was changed, please try again.")
        )
        return redirect("calendar")
    return _done(request, version, year)


def _done(request, version: CalendarVersion, year: int):
    """Write the audit entry, say what happened and go to the list of what moved."""
    audit.record(
        "calendar.changed",
        by=request.user,
        request=request,
        target=version,
        source=version.source,
        note=version.note,
        notice_year=version.notice_year,
        moved=version.moved_count,
    )
    done = ngettext(
        "Calendar version %(number)s is in force; %(count)s deadline moved.",
        "Calendar version %(number)s is in force; %(count)s deadlines moved.",
        version.moved_count,
    )
    messages.success(request, done % {"number": version.number, "count": version.moved_count})
    return redirect(f"{_page(year)}&version={version.number}")


def _preview_page(request, form, status=200):
    """Show what would change, with a second form that saves exactly what was previewed, on this version."""
    calendar = store.current()
    preview = actions.changes(form.cleaned_data["days"], calendar)
    checked = NoticeForm({**form.data.dict(), "based_on": calendar.version}, auto_id=False)
    turns = sum(change.moves_workdays for change in preview)
    return _change_page(request, form, status, preview=preview, preview_moves=turns, checked=checked)


def _change_page(request, form, status=200, **context):
    return render(request, "calendars/change.html", {"form": form, **context}, status=status)


def _moves(request) -> dict:
    """Return the version asked for and the moved deadlines that this user may see, at most MOVES_SHOWN."""
    number = _number(request.GET.get("version"))
    shown = CalendarVersion.objects.filter(number=number).first() if number else None
    if shown is None:
        return {}
    moves = [move for listing in actions.list_moves for move in listing(shown.number, request.user)]
    return {"shown": shown, "moves": moves[:MOVES_SHOWN], "more_moves": max(len(moves) - MOVES_SHOWN, 0)}


def _page(year: int) -> str:
    return f"{reverse('calendar')}?year={year}"


def _number(text: str | None) -> int:
    """Return a small positive number from a query, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _year(text: str | None, default: int) -> int:
    year = _number(text) or default
    return min(max(year, FIRST.year), LAST.year)


def _first_year(version: CalendarVersion) -> int:
    first = version.overrides.order_by("date").first()
    return first.date.year if first else timezone.localdate().year
