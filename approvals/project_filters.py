"""The filter of the project list as one form: the page, the export, the map and bulk actions read the same one."""

import datetime as dt
from contextlib import suppress

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from approvals.lights import Light
from approvals.models import Chain, MaterialUse, Stage, StageTemplate
from approvals.snapshot import SORT_GROUPS
from factors.models import Account, Book, Demand, FactorKind
from people.models import Department, District, User
from people.prepared import Prepared
from projects import search
from projects.models import Assignment, Park, Project


def _standing(role):
    """Return the people who now stand by a project in that role."""
    open_ones = Assignment.objects.filter(user=OuterRef("pk"), role=role, ended_on__isnull=True)
    return User.objects.filter(Exists(open_ones)).order_by("display_name")


LIGHT_TILES = (
    Light.OVERDUE_STATUTORY,
    Light.RED,
    Light.BLOCKED,
    Light.AMBER,
    Light.GREEN,
    Light.NONE,
    Light.STOPPED,
    Light.STALE,
    Light.DONE,
)
"""The tiles of the list, in this order; a project counts once, by its worst light, so they add up to all."""


class FactorField(forms.ChoiceField):
    """Any factor, a group of factors, or the code of a single one (from a page of the ledgers)."""

    def valid_value(self, value):
        return len(value) <= 20


class CauseField(forms.CharField):
    """A shared cause, “pool:26” or “stage:sthjj:环评”: the projects that nothing else holds. See `cockpit.causes`."""

    def clean(self, value):
        value = super().clean(value)
        return value if value.partition(":")[0] in CAUSES else ""


class ProjectFilter(forms.Form):
    """Everything the list can be narrowed by. An unknown or stale value is ignored, never an error: views are URLs."""

    q = forms.CharField(required=False, label=_("Search projects and enterprises"))
    light = forms.MultipleChoiceField(required=False, label=_("Light"), choices=Light.choices)
    district = forms.ModelMultipleChoiceField(
        District.objects.all(), required=False, label=_("District"), to_field_name="code"
    )
    park = forms.ModelMultipleChoiceField(Park.objects.all(), required=False, label=_("Park"), to_field_name="code")
    stage = forms.CharField(required=False, label=_("Current stage"))
    department = forms.ModelMultipleChoiceField(
        Department.objects.all(), required=False, label=_("Held by"), to_field_name="code"
    )
    sponsor = forms.ModelChoiceField(
        _standing(Assignment.Role.SPONSOR), required=False, label=_("Sponsor"), to_field_name="username"
    )
    officer = forms.ModelChoiceField(
        _standing(Assignment.Role.SERVICE_OFFICER), required=False, label=_("Service officer"), to_field_name="username"
    )
    template = forms.CharField(required=False, label=_("Chain template"))
    kind = forms.MultipleChoiceField(required=False, label=_("Kind"), choices=Project.Kind.choices)
    status = forms.MultipleChoiceField(required=False, label=_("Status"), choices=Project.Status.choices)
    key_level = forms.MultipleChoiceField(required=False, label=_("Key level"), choices=Project.KeyLevel.choices)
    start = forms.ChoiceField(
        required=False,
        label=_("Planned start"),
        choices=[
            ("", _("Any")),
            ("late", _("Should have started")),
            ("quarter", _("Within 90 days")),
            ("year", _("This year")),
            ("none", _("Not planned")),
        ],
    )
    due = forms.ChoiceField(
        required=False,
        label=_("Due"),
        choices=[("", _("Any")), ("week", _("Within 7 days")), ("month", _("Within 30 days"))],
    )
    waiting = forms.ChoiceField(
        required=False,
        label=_("Waiting for"),
        choices=[
            ("", _("Anything")),
            ("supplement", _("A supplement from the enterprise")),
            ("deferral", _("A deferred material")),
            ("chain", _("A chain to be started")),
        ],
    )
    factor = FactorField(
        required=False,
        label=_("Blocked by"),
        choices=[("", _("Anything")), ("any", _("Any factor")), *FactorKind.Group.choices],
    )
    overdue = forms.ModelChoiceField(
        Department.objects.all(), required=False, label=_("Overdue stage held by"), to_field_name="code"
    )
    answer = forms.ModelChoiceField(
        Department.objects.all(), required=False, label=_("Who can free it"), to_field_name="code"
    )
    cause = CauseField(required=False, label=_("Released by settling"), max_length=160)
    mine = forms.BooleanField(required=False, label=_("Only those I stand by"))

    def values(self) -> dict:
        """Return the fields that hold a valid, non-empty value."""
        found = {}
        for name, field in self.fields.items():
            if name in self.data:  # most are not, and to clean a field that holds rows takes a query
                with suppress(forms.ValidationError):
                    found[name] = field.clean(field.widget.value_from_datadict(self.data, self.files, name))
        return {name: value for name, value in found.items() if value}

    def picker(self, name: str, choices=None) -> dict:
        """Return a field as the page draws it: its options (`choices`, or its own) and how many are chosen."""
        chosen = set(self.data.getlist(name))
        choices = self.fields[name].choices if choices is None else choices
        options = [(str(value), label, str(value) in chosen) for value, label in choices if str(value)]
        return {
            "name": name,
            "label": self.fields[name].label,
            "options": options,
            "chosen": sum(on for _value, _label, on in options),
        }


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return the choices of the fields that hold rows, as (value, label). Five queries, no model instances.

    They are the same for everybody: what a person may not see, his list leaves out whatever he picks.
    """
    return {name: [(value, label or full) for value, label, full in rows()] for name, rows in _CHOICES.items()}


_CHOICES = {
    "district": Prepared(lambda: District.objects.order_by("code").values_list("code", "name", "name")),
    "park": Prepared(lambda: Park.objects.order_by("code").values_list("code", "name", "name")),
    "department": Prepared(lambda: Department.objects.order_by("name").values_list("code", "short_name", "name")),
    "sponsor": Prepared(
        lambda: _standing(Assignment.Role.SPONSOR).values_list("username", "display_name", "username"),
    ),
    "officer": Prepared(
        lambda: _standing(Assignment.Role.SERVICE_OFFICER).values_list("username", "display_name", "username"),
    ),
}


def narrow(queryset, values: dict, *, user, today: dt.date, without: tuple[str, ...] = ()):
    """Return the rows of `queryset` (projects) that meet `values` of a ProjectFilter. Adds conditions, runs no query.

    `today` decides what “should have started” and “within 7 days” mean (inclusive). `without` leaves fields out, so
    that the tiles can count every light.
    """
    for name, value in values.items():
        if name not in without:
            queryset = _CONDITIONS[name](queryset, value, user, today)
    return queryset


def _light(queryset, value, user, today):
    """Both kinds of overdue are the first group of the default order: so its index gives them without sorting."""
    overdue = {Light.RED, Light.OVERDUE_STATUTORY}
    if set(value) <= overdue:
        queryset = queryset.filter(sort_group=SORT_GROUPS[Light.RED])
    return queryset if set(value) == overdue else queryset.filter(light__in=value)


def _open_stages():
    return Stage.objects.filter(chain__project=OuterRef("pk"), accepted_at__isnull=False, closed_at__isnull=True)


def _assigned(role):
    def condition(queryset, value, user, today):
        open_ones = Assignment.objects.filter(project=OuterRef("pk"), role=role, user=value, ended_on__isnull=True)
        return queryset.filter(Exists(open_ones))

    return condition


def _start(queryset, value, user, today):
    if value == "none":
        return queryset.filter(planned_start_on__isnull=True)
    if value == "late":
        return queryset.filter(planned_start_on__lt=today, status=Project.Status.PREPARING)
    if value == "quarter":
        return queryset.filter(planned_start_on__range=(today, today + dt.timedelta(days=90)))
    return queryset.filter(planned_start_on__year=today.year)


def _due(queryset, value, user, today):
    days = 7 if value == "week" else 30
    return queryset.filter(due_on__range=(today, today + dt.timedelta(days=days)))


def _waiting(queryset, value, user, today):
    if value == "supplement":
        return queryset.filter(waiting_supplement=True)
    if value == "deferral":
        return queryset.filter(deferral_due_on__isnull=False)
    return queryset.filter(chain__isnull=True)


def _factor(queryset, value, user, today):
    """Projects with a blocked demand, whatever their light: “any”, of a group of factors, or of one factor."""
    if value == "any":
        return queryset.filter(blocked=True)
    short = Demand.objects.filter(project=OuterRef("pk"), blocked=True)
    kind = Q(book__kind__group=value) if value in FactorKind.Group.values else Q(book__kind__code=value)
    return queryset.filter(Exists(short.filter(kind)))


STUCK = (Light.OVERDUE_STATUTORY, Light.RED, Light.BLOCKED)
"""A project with one of these lights is stuck: a limit is over, or it lacks quota while its chain still runs."""


def overdue_stages(**of):
    """Return the running stages of the project (of an outer query) that are overdue."""
    return _open_stages().filter(light__in=[Light.RED, Light.OVERDUE_STATUTORY], **of)


def blocked_demands(**of):
    """Return the blocked demands of the project (of an outer query)."""
    return Demand.objects.filter(project=OuterRef("pk"), blocked=True, **of)


def _answer(queryset, value, user, today):
    """Stuck projects that the department can free: it keeps a pool or factor they lack, or a stage over its limit."""
    keeps = Q(pool__department=value) | Q(pool__department__isnull=True, book__kind__department=value)
    can = Exists(blocked_demands().filter(keeps)) | Exists(overdue_stages(department=value))
    return queryset.filter(can, light__in=STUCK)


def _freed_by_quota(this):
    """Return the narrowing to stuck projects that lack quota, all of it of what `this` condition names."""
    return lambda rows: rows.filter(
        Exists(blocked_demands().filter(this)), ~Exists(blocked_demands().exclude(this)), light__in=STUCK
    )


def _freed_by_stage(code):
    """Projects whose only overdue stage is this one, at this department, and that lack no quota."""
    department, _colon, name = code.partition(":")
    this = {"department__code": department, "name": name} if department else {"department": None, "name": name}
    alone = ~Exists(overdue_stages().exclude(**this)) & ~Exists(blocked_demands())
    return lambda rows: rows.filter(Exists(overdue_stages(**this)), alone, light__in=STUCK)


def number(code: str) -> int:
    """Return the id in a cause, 0 (which nothing has) for what is none."""
    return int(code) if code.isdecimal() and len(code) < 19 else 0


CAUSES = {
    "pool": lambda code, today: _freed_by_quota(Q(pool=number(code))),
    "book": lambda code, today: _freed_by_quota(Q(pool__isnull=True, book=number(code))),
    "stage": lambda code, today: _freed_by_stage(code),
}
"""By the word before the colon: what narrows projects to those that settling the cause alone would release (“book”: of
a book that no pool serves). Apps above add theirs in `ready()`; what the words mean is `cockpit.causes`."""


def cause_words(cause: str) -> str:
    """Return a cause in words: the name of the pool, book or stage. One query at most; other kinds stay as they are."""
    kind, _colon, code = cause.partition(":")
    if kind == "stage":
        return code.partition(":")[2]
    rows = {"pool": Account.objects, "book": Book.objects}.get(kind)
    row = rows.select_related(*_NAMED[kind]).filter(pk=number(code)).first() if rows else None
    return str(row) if row else cause


_NAMED = {"pool": ("book__kind", "book__source"), "book": ("kind", "source")}


def _cause(queryset, value, user, today):
    kind, _colon, code = value.partition(":")
    return CAUSES[kind](code, today)(queryset)


def _mine(queryset, value, user, today):
    open_ones = Assignment.objects.filter(project=OuterRef("pk"), user=user, ended_on__isnull=True)
    return queryset.filter(Exists(open_ones))


_CONDITIONS = {
    "q": lambda rows, value, user, today: search.matching(rows, value),
    "light": _light,
    "district": lambda rows, value, user, today: rows.filter(
        Q(district__in=list(value)) | Q(district__parent__in=list(value))
    ),
    "park": lambda rows, value, user, today: rows.filter(park__in=list(value)),
    "stage": lambda rows, value, user, today: rows.filter(Exists(_open_stages().filter(name=value))),
    "department": lambda rows, value, user, today: rows.filter(
        Exists(_open_stages().filter(department__in=list(value)))
    ),
    "sponsor": _assigned(Assignment.Role.SPONSOR),
    "officer": _assigned(Assignment.Role.SERVICE_OFFICER),
    "template": lambda rows, value, user, today: rows.filter(chain__template__code=value),
    "kind": lambda rows, value, user, today: rows.filter(kind__in=value),
    "status": lambda rows, value, user, today: rows.filter(status__in=value),
    "key_level": lambda rows, value, user, today: rows.filter(key_level__in=value),
    "start": _start,
    "due": _due,
    "waiting": _waiting,
    "factor": _factor,
    "overdue": lambda rows, value, user, today: rows.filter(Exists(overdue_stages(department=value))),
    "answer": _answer,
    "cause": _cause,
    "mine": _mine,
}


def stage_names() -> list[str]:
    """Return the names of stages of templates that chains follow, in the order of the templates. One query."""
    return list(dict.fromkeys(name for (name,) in _stage_names()))


def _followed_stages():
    followed = Exists(Chain.objects.filter(template=OuterRef("template")))
    return StageTemplate.objects.filter(followed).order_by("template__code", "position")


_stage_names = Prepared(lambda: _followed_stages().values_list("name"))


def deferrals_due(user_projects, today: dt.date, days: int = 30):
    """Return deferred materials of the given projects due up to `days` from `today` (overdue ones included)."""
    return MaterialUse.objects.filter(
        stage__chain__project__in=user_projects,
        status=MaterialUse.Status.DEFERRED,
        due_on__lte=today + dt.timedelta(days=days),
    )
