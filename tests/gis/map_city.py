"""A small city for tests of the map: two districts side by side, a park in each, projects of every light."""

from collections import Counter
from decimal import Decimal

from guardian.shortcuts import assign_perm

from approvals.lights import Light
from gis.models import DistrictShape
from people.models import District, User
from projects.models import Enterprise, Park, Project
from projects.tallies import move
from tests.gis.towns import square

PAYLOAD = "`${window.__xss=1}<img src=x onerror=window.__xss=1>"
"""The name that shared/reliability.md wants drawn and not run."""

LIGHTS = [light.value for light in Light]


def build(count: int = 18, *, name: str = "项目{n}", words: str = "") -> dict:
    """Make the city with `count` projects, every ninth without coordinates. `words` are added to every other name."""
    root = District.objects.create(code="159900", name=f"云川市{words}"[:60])
    east = District.objects.create(code="159901", name=f"河东区{words}"[:60], parent=root)
    west = District.objects.create(code="159902", name=f"河西区{words}"[:60], parent=root)
    DistrictShape.objects.create(district=root, geometry=square(108, 40, 0.4))
    DistrictShape.objects.create(district=west, geometry=square(108, 40, 0.2))
    DistrictShape.objects.create(district=east, geometry=square(108.2, 40, 0.2))
    parks = [
        Park.objects.create(
            code=f"{district.code}PK01",
            name=f"{district.code}园{words}",
            district=district,
            boundary=square(108.05 + 0.2 * at, 40.05, 0.1),
        )
        for at, district in enumerate((west, east))
    ]
    firm = Enterprise.objects.create(credit_code="91350100M000100Y43", name=f"云川宏远{words}")
    projects = [
        Project.objects.create(
            code=f"2607-159901-04-01-{n:06d}",
            name=name.format(n=n) if "{n}" in name else name,
            enterprise=firm,
            district=(west, east)[n % 2],
            park=parks[n % 2],
            light=LIGHTS[n % len(LIGHTS)],
            investment_wan=Decimal(1000 * n),
            longitude=None
            if n % 9 == 8
            else Decimal("108.06") + Decimal("0.2") * (n % 2) + Decimal("0.004") * (n % 20),
            latitude=None if n % 9 == 8 else Decimal("40.06") + Decimal("0.004") * (n // 20 + n % 18),
        )
        for n in range(count)
    ]
    move(Counter((project.district_id, project.park_id, project.light) for project in projects))
    return {"root": root, "east": east, "west": west, "parks": parks, "projects": projects, "firm": firm}


def person(city: dict, name: str = "leader", role: str = "leader", where: str = "root") -> User:
    """Make somebody who sees the projects of the district."""
    user = User.objects.create_user(name, role=role, display_name=name)
    assign_perm("view_projects", user, city[where])
    return user
