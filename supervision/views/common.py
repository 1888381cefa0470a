"""What the pages of problems and orders share: tabs, filters from the address, the tool that shows one action."""

from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import FileResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.lights import Light
from approvals.refusals import Refused
from people.access import allows
from supervision.forms import ActForm
from supervision.labels import MAIN

PAGE_SIZE = 50
LIGHTS = (Light.RED, Light.AMBER, Light.GREEN, Light.STOPPED, Light.DONE)


def areas(request, current: str) -> list[dict]:
    """Return the three lists of service and supervision, as tabs."""
    entries = [
        ("problem-list", _("Problem register")),
        ("visit-list", _("Visits")),
        ("order-list", _("Supervision orders")),
    ]
    return [{"url": reverse(name), "label": label, "current": name == current} for name, label in entries]


def rank(shown) -> Case:
    """Return the order of a list by its annotation `lit`: the lights as they stand in `shown`, any other last."""
    places = (When(lit=light.value, then=Value(place)) for place, light in enumerate(shown))
    return Case(*places, default=Value(len(shown)), output_field=IntegerField())


def choice(request, name: str, choices) -> str:
    """Return the value of a filter when it is one of `choices`, else ""."""
    value = request.GET.get(name, "")
    return value if value in choices else ""


def whole(request, name: str) -> int | None:
    """Return a filter that is a row's number, None otherwise."""
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 12 else None


def tiles(counts: dict[str, int], lit: str, labels: dict) -> list[dict]:
    """Return the counter tiles of a list by light: all that is open first, then each light."""
    every = sum(number for light, number in counts.items() if light not in (Light.DONE, Light.NONE))
    found = [{"label": labels[""], "count": every, "light": "", "value": "", "current": not lit}]
    for light in labels:
        if light:
            found.append(
                {
                    "label": labels[light],
                    "count": counts.get(light, 0),
                    "light": light,
                    "value": light,
                    "current": lit == light,
                }
            )
    return found


def tools(request, offers, labels, *, bound: ActForm | None = None, chosen: str = "", of_order: bool = False) -> dict:
    """Return the actions of a page and the form of the chosen one (`?do=`, else the first that is not greyed)."""
    wanted = chosen or request.GET.get("do", "")
    free = [offer.action for offer in offers if not offer.refused]
    # The way forward first: what moves the matter on before what only notes something.
    first = next((action for action in free if action in MAIN), free[0] if free else "")
    current = wanted if wanted in free else first
    form = bound if bound is not None and chosen == current else None
    if current and form is None:
        form = ActForm(action=current, of_order=of_order)
    shown = [
        {
            "action": offer.action,
            "label": labels[offer.action],
            "refused": offer.refused,
            "current": offer.action == current,
        }
        for offer in offers
    ]
    return {
        "actions": shown,
        "action": current,
        "action_label": labels.get(current, ""),
        "act_form": form,
        "is_main": current in MAIN,
    }


def attempt(form: ActForm, act, **facts) -> bool:
    """Run an action with the facts of a valid form; a refusal becomes an error of the form."""
    try:
        act(**facts, **form.facts())
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
        return False
    return True


def need(user, permission: str) -> None:
    """Raise PermissionDenied when the role lacks the permission."""
    if not allows(user, permission):
        raise PermissionDenied(permission)


def send(row) -> FileResponse:
    """Send an uploaded file as a download that a browser does not interpret."""
    response = FileResponse(row.file.open("rb"), as_attachment=True, filename=row.name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
