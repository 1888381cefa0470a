"""How many projects show each light, as lists and the map say it above their rows."""

import datetime as dt
import hashlib
from time import perf_counter

from django.core.cache import cache
from django.db.models import Count, Sum

from approvals import kept, project_filters
from people.access import city_wide, visible_to
from people.models import District
from people.prepared import Prepared
from projects.models import LightTally, Project


def light_counts(user, values: dict, today: dt.date) -> dict[str, int]:
    """Return how many visible projects show each light, all other filters applied. One or two queries.

    From the tallies where the user sees everything and only places are filtered; else counted.
    """
    if set(values) <= {"light", "district", "park"} and city_wide(user):
        if set(values) <= {"light"}:
            return dict(_of_city())
        tallies = LightTally.objects.all()
        if "district" in values:
            tallies = tallies.filter(district__in=_with_children(values["district"]))
        if "park" in values:
            tallies = tallies.filter(park__in=list(values["park"]))
        return dict(tallies.values_list("light").annotate(number=Sum("projects")).order_by())
    rows = project_filters.narrow(
        visible_to(Project.objects.all(), user, all_read=True), values, user=user, today=today, without=("light",)
    )
    return dict(rows.values_list("light").annotate(number=Count("id")).order_by())


_of_city = Prepared(lambda: LightTally.objects.values_list("light").annotate(number=Sum("projects")).order_by())


def counts_above(request, values: dict, now) -> tuple[dict[str, int], dt.datetime]:
    """Return the counts above the list and the instant that they are of: this one, unless counting takes long.

    Who sees many projects by the stages of his department, and not by a grant, has no tallies: his are counted one by
    one, and kept by the rule of `kept`. Two queries more for him; none where the projects are few.
    """

    def make():
        return light_counts(request.user, values, now.date()), True

    query = sorted((key, sorted(request.GET.getlist(key))) for key in values if key != "light")
    name = f"counts:{request.user.pk}:{hashlib.sha256(repr(query).encode()).hexdigest()[:32]}"
    if cache.get(name) is None:
        began = perf_counter()
        counts, _whole = make()
        if sum(counts.values()) >= kept.LARGE and not city_wide(request.user):
            kept.put(name, "", counts, now, perf_counter() - began)
        return counts, now
    tallies = LightTally.objects.filter(projects__gt=0).values_list("district", "park", "light", "projects")
    return kept.read(name, kept.version(tallies, now), now, make, large=True)


def _with_children(districts):
    chosen = list(districts)
    return [*chosen, *District.objects.filter(parent__in=chosen)]
