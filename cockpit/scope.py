"""What a leader's page is about: the projects that its reader may see, narrowed to districts and parks in the URL."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum

from approvals import project_filters
from approvals.lights import Light
from people.access import city_wide, visible_to
from people.models import District, User
from projects.models import LightTally, Park, Project

STUCK = tuple(light.value for light in project_filters.STUCK)
STUCK_QUERY = "&".join(f"light={light}" for light in STUCK)


@dataclass(frozen=True)
class Scope:
    """The reader and what he narrowed the page to. `whole`: everything there is, so that no condition is needed."""

    user: User
    districts: tuple[District, ...] = ()
    parks: tuple[Park, ...] = ()
    whole: bool = field(default=False)
    all_read: bool = field(default=False)

    @classmethod
    def of(cls, user, districts=(), parks=()) -> "Scope":
        """Return the scope of a person. Two queries at most, for his grants."""
        wide = city_wide(user)
        return cls(user, tuple(districts), tuple(parks), wide and not districts and not parks, wide)

    @property
    def key(self) -> str:
        """Name what the reader sees, the same for all who see the same."""
        who = "city" if self.all_read else f"user-{self.user.pk}"
        return f"{who}:{','.join(d.code for d in self.districts)}:{','.join(p.code for p in self.parks)}"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The scope as it stands in the address of a list."""
        return [("district", d.code) for d in self.districts] + [("park", p.code) for p in self.parks]

    def query(self, *pairs: tuple[str, str], stuck: bool = False) -> str:
        """Return the query string of the project list for this scope and further conditions."""
        lights = [("light", light) for light in STUCK] if stuck else []
        return "?" + urlencode([*pairs, *lights, *self.pairs])

    def projects(self) -> QuerySet[Project]:
        """Return the projects of the scope. Conditions only."""
        rows = visible_to(Project.objects.all(), self.user, all_read=True)
        if self.districts:
            rows = rows.filter(Q(district__in=self.districts) | Q(district__parent__in=self.districts))
        return rows.filter(park__in=self.parks) if self.parks else rows

    def within(self, rows: QuerySet, path: str) -> QuerySet:
        """Narrow rows to those whose `path` leads to a project of the scope; unchanged where that is every project."""
        return rows if self.whole else rows.filter(**{f"{path}__in": self.projects().order_by().values("pk")})

    def lights(self) -> list[tuple[int, int | None, str, int]]:
        """Return (district, park or None, light, projects). One query: from the tallies for who sees the whole city."""
        if not self.all_read:
            rows = self.projects().order_by().values_list("district", "park", "light")
            return list(rows.annotate(number=Count("pk")))
        tallies = LightTally.objects.filter(projects__gt=0)
        if self.districts:
            tallies = tallies.filter(Q(district__in=self.districts) | Q(district__parent__in=self.districts))
        if self.parks:
            tallies = tallies.filter(park__in=self.parks)
        return list(tallies.order_by().values_list("district", "park", "light").annotate(number=Sum("projects")))


ORDER = (
    Light.OVERDUE_STATUTORY,
    Light.RED,
    Light.BLOCKED,
    Light.AMBER,
    Light.GREEN,
    Light.STOPPED,
    Light.STALE,
    Light.NONE,
    Light.DONE,
)
"""The columns of a table of lights. Stale stands alone: silence is never part of what is well."""
