"""The wall: a dark page for a display, which refreshes itself; and the tokens that let a display read it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import dates, timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals import keeping, kept
from cockpit import actions, panels, wall
from cockpit.forms import TokenForm
from cockpit.models import DisplayToken
from cockpit.scope import Scope
from cockpit.views.page import scope_of
from people.access import allows, needs, to_login, visible_to
from people.audit import client_ip
from people.models import District
from projects.models import Project

COOKIE = "luodi_screen"


def _viewer(request, now) -> tuple[Scope, DisplayToken | None] | None:
    """Return whose eyes the wall has: a display's token goes before a log-in. None for nobody."""
    token = DisplayToken.of(request.COOKIES.get(COOKIE, ""), now)
    if token is not None:
        if not allows(token.made_by, "screen.manage"):
            return None
        token.touch(now, client_ip(request))
        return Scope.of(token.made_by, [token.district] if token.district else ()), token
    if request.user.is_authenticated and allows(request.user, "cockpit.view"):
        return scope_of(request), None
    return None


@require_GET
@never_cache
def screen(request):
    """Show the wall: for a display with a token, or for somebody logged in who may see the leaders' page."""
    now = timezone.localtime()
    found = _viewer(request, now)
    if found is None:
        return redirect("screen-enter") if request.COOKIES.get(COOKIE) else _refused(request)
    scope, token = found
    context = {
        "body": _body(scope, now),
        "token": token,
        "large": token is not None and token.type_percent > 100,
        "phone": token.phone if token else "",
        "query": scope.query() if token is None else "",
        "words": _words(),
        "city": token.district.name if token and token.district else "",
    }
    return render(request, "cockpit/screen.html", context)


@require_GET
@never_cache
def screen_body(request):
    """Return what the wall refreshes every minute. 403 once the token is withdrawn or the log-in has ended."""
    now = timezone.localtime()
    found = _viewer(request, now)
    if found is None:
        return _refused(request)
    return HttpResponse(_body(found[0], now))


def _refused(request):
    """Refuse: a visitor is led to the log-in page (which the wall's script takes for a refusal), others get 403.

    :raises PermissionDenied: somebody is logged in who may not see the wall.
    """
    if request.user.is_authenticated:
        raise PermissionDenied("cockpit.view")
    if request.COOKIES.get(COOKIE):
        return HttpResponseForbidden(_("This display may not show anything any more."))
    return to_login(request)


def _words() -> dict:
    """Return the sentences of the wall's script."""
    return {
        "date": _("{m}/{d} {w}"),
        "days": [str(dates.WEEKDAYS_ABBR[(day + 6) % 7]) for day in range(7)],
        "at": _("data of {time} · every 60 s"),
        "off": _("Network down: these are the data of {time}"),
        "refused": _("This display may not show anything any more."),
        "age": _("no update for {minutes} minutes · trying again (attempt {tries})"),
        "duty": _("on duty"),
        "page": _("this page {from}–{to} / {all}"),
    }


def _body(scope: Scope, now) -> str:
    """Return the content of the wall, kept as the page is; the time on it is that of the facts it tells."""
    keeping.sweep(now)
    lights = scope.lights()

    def make():
        body, failed = wall.body(scope, now, lights)
        return body, not failed

    name = f"wall:{scope.key}:{translation.get_language()}"
    body, at = kept.read(name, kept.version(lights, now), now, make, large=panels.is_large(lights))
    return body.replace(wall.AT, at.isoformat(timespec="seconds"), 1)


@require_http_methods(["GET", "POST"])
@never_cache
def screen_enter(request):
    """Take a display's token: typed, or after the # of the address (which no server ever logs) by the page's script."""
    if request.method == "POST":
        secret = request.POST.get("token", "").strip()
        row = DisplayToken.of(secret, timezone.localtime())
        if row is None or not allows(row.made_by, "screen.manage"):
            context = {"refused": True}
            return render(request, "cockpit/screen_enter.html", context, status=422)
        response = redirect("screen")
        response.set_cookie(
            COOKIE,
            secret,
            max_age=400 * 24 * 3600,
            path=reverse("screen"),
            httponly=True,
            secure=request.is_secure(),
            samesite="Strict",
        )
        return response
    return render(request, "cockpit/screen_enter.html", {})


@require_http_methods(["GET", "POST"])
@needs("screen.manage")
def display_list(request):
    """List the displays and issue a token, whose secret is shown once."""
    now = timezone.localtime()
    form, secret = TokenForm(request.POST or None, today=now.date()), ""
    form.fields["district"].queryset = _districts_seen(request.user)
    if request.method == "POST" and form.is_valid():
        secret = actions.issue(by=request.user, now=now, token=form.save(commit=False), request=request)
        form = TokenForm(today=now.date())
        form.fields["district"].queryset = _districts_seen(request.user)
    context = {
        "form": form,
        "secret": secret,
        "address": request.build_absolute_uri(reverse("screen-enter")) + f"#{secret}" if secret else "",
        "rows": DisplayToken.objects.select_related("made_by", "district", "withdrawn_by")[:200],
        "now": now,
        "breadcrumbs": [(_("Cockpit"), reverse("cockpit")), (_("Displays"), "")],
    }
    status = 422 if form.errors else 200
    response = render(request, "cockpit/displays.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _districts_seen(user):
    """Return the districts in which the person sees projects."""
    seen = visible_to(Project.objects.all(), user).order_by().values("district")
    return District.objects.filter(pk__in=seen).order_by("code")


@require_POST
@needs("screen.manage")
def display_withdraw(request, pk):
    """Withdraw a token."""
    token = get_object_or_404(DisplayToken, pk=pk)
    actions.withdraw(by=request.user, now=timezone.now(), token=token, request=request)
    messages.success(request, _("The display “%(name)s” may not show anything any more.") % {"name": token.name})
    return redirect("display-list")
