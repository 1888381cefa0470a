"""A town for tests of points: two districts side by side, a park in the first, and a project manager."""

from decimal import Decimal

from guardian.shortcuts import assign_perm

from gis.models import DistrictShape
from people.models import District
from projects.models import Park, Project


def square(west, south, size):
    """Return a square outline."""
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def build(users) -> dict:
    """Make the town; `users` is the model of its project manager."""
    root = District.objects.create(code="159900", name="云川市")
    east = District.objects.create(code="159901", name="河东区", parent=root)
    west = District.objects.create(code="159902", name="河西区", parent=root)
    DistrictShape.objects.create(district=root, geometry=square(108, 40, 0.2))
    DistrictShape.objects.create(district=west, geometry=square(108, 40, 0.1))
    DistrictShape.objects.create(district=east, geometry=square(108.1, 40, 0.1))
    park = Park.objects.create(code="159901PK01", name="甲园", district=east, boundary=square(108.12, 40.02, 0.02))
    by = users.objects.create_user("pm", role="pm", display_name="pm")
    assign_perm("manage_projects", by, root)
    return {"root": root, "east": east, "west": west, "park": park, "by": by}


def project(town, n=1, x="108.13", y="40.03", **more):
    """Return an unsaved project of the park with a point."""
    point = {"longitude": x and Decimal(x), "latitude": y and Decimal(y)}
    given = {"district": town["east"], "park": town["park"]} | more
    return Project(code=f"2607-159901-04-01-{n:06d}", name=f"项目{n}", **point, **given)
