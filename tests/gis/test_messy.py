"""Every file of the real folders goes in or is refused with the right sentence; none kills anything or writes a row."""

import pytest
from django.core.management import CommandError
from django.utils import translation

from gis.models import DistrictShape, ShapeSource
from people.models import District
from projects.models import Park
from tests.imports.test_shapes import run, said

pytestmark = pytest.mark.django_db
FOLDERS = ("messy", "parks_and_boundaries")
NO_SYSTEM = "does not say which coordinate system"
NOBODY = "No district or park is called"
SIDECARS = (".dbf", ".shx", ".sbn", ".sbx", ".prj", ".cpg")
NOT_DATA = ("ATTRIBUTION", "README.md", "NOTICE_charset_normalizer.md")

REFUSED = {
    "messy/derived_gbk/provinces_gbk_no_cpg.shp": ((), NO_SYSTEM),
    "messy/derived_gbk/streets_gbk_crlf.csv": (("--crs", "wgs84"), "Columns are missing: "),
    "messy/shapefiles/pyogrio/curve.gpkg": ((), "Columns are missing: "),
    "messy/shapefiles/pyogrio/curvepolygon.gpkg": ((), "Columns are missing: "),
    "messy/shapefiles/pyogrio/line_zm.gpkg": ((), "Columns are missing: "),
    "messy/shapefiles/pyogrio/multisurface.gpkg": ((), "Columns are missing: "),
    "messy/shapefiles/pyogrio/test_gpkg_nulls.gpkg": ((), "Columns are missing: "),
    "messy/shapefiles/pyogrio/sample.osm.pbf": ((), "OpenStreetMap extracts are not read"),
    "messy/shapefiles/pyshp/blockgroups.shp": ((), NO_SYSTEM),
    "messy/shapefiles/pyshp/blockgroups.zip": (("--crs", "wgs84"), "Columns are missing: "),
    "messy/shapefiles/pyshp/blockgroups_multishapefile.zip": ((), "several layers: blockgroups、blockgroups2"),
    "messy/shapefiles/pyshp/corrupt_too_long.shp": (("--crs", "wgs84"), "Columns are missing: "),
    "messy/shapefiles/pyshp/edit.shp": ((), NO_SYSTEM),
    "messy/shapefiles/pyshp/empty_zipfile.zip": ((), "It holds: dummyfile.txt"),
    "messy/shapefiles/pyshp/latin1.shp": ((), NO_SYSTEM),
    "messy/text_encodings/sample-chinese.txt": (("--crs", "wgs84"), "looks like Big5"),
    "parks_and_boundaries/development_zones_2018_facts.csv": (("--crs", "gcj02"), "Columns are missing: "),
}
WRONG_ROWS = {
    "messy/derived_gbk/provinces_gbk_no_cpg.shp": (("--crs", "wgs84", "--name-column", "FCNAME"), 120, "辽宁省"),
    "messy/shapefiles/pyogrio/naturalearth_lowres.shp": ((), 177, "outside China"),
    "messy/shapefiles/pyshp/REL.zip": ((), 1, "outside China"),
    "messy/shapefiles/pyshp/blockgroups.zip": (("--crs", "wgs84", "--name-column", "BKG_KEY"), 663, NOBODY),
    "messy/shapefiles/pyshp/latin1.shp": (("--crs", "wgs84"), 1, "Ñandú"),
}
GO_IN = {
    "parks_and_boundaries/datav_gcj02/150300.json",
    "parks_and_boundaries/datav_gcj02/232700.json",
    "parks_and_boundaries/datav_gcj02/371300.json",
    "parks_and_boundaries/datav_gcj02/431100.json",
    "parks_and_boundaries/development_zones_2018_sample.csv",
}


def test_every_file_is_named_here(shared_data):
    found = {
        str(path.relative_to(shared_data))
        for folder in FOLDERS
        for path in (shared_data / folder).rglob("*")
        if path.is_file() and path.suffix not in SIDECARS and path.name not in NOT_DATA
    }
    assert found == GO_IN | set(REFUSED) | set(WRONG_ROWS)


@pytest.fixture
def untouched(db):
    """Say in English what is said, and see that no outline was written."""
    with translation.override("en"):
        yield
    assert not ShapeSource.objects.exists() and not DistrictShape.objects.exists()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_as_a_whole(untouched, shared_data, name):
    arguments, words = REFUSED[name]
    kind = "points" if name.endswith((".csv", ".txt")) else "boundaries"
    with pytest.raises(CommandError) as refused:
        run(kind, shared_data / name, *arguments)
    assert words in str(refused.value)


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_refused_row_by_row(untouched, shared_data, name):
    arguments, rows, words = WRONG_ROWS[name]
    result = run("boundaries", shared_data / name, *arguments)
    assert (result["total"], result["wrong"], result["written"]) == (rows, rows, 0)
    assert any(words in sentence for sentence in said(result)), said(result)[:3]


@pytest.mark.parametrize("extension", [".dbf", ".shx", ".prj"])
def test_a_part_of_a_shapefile_alone(untouched, shared_data, tmp_path, extension):
    part = tmp_path / f"a{extension}"
    part.write_bytes((shared_data / f"messy/shapefiles/pyogrio/naturalearth_lowres{extension}").read_bytes())
    with pytest.raises(CommandError, match="several files"):
        run("boundaries", part, "--crs", "wgs84")


def test_zones_of_the_catalogue_go_in_and_get_their_points(db, shared_data):
    folder = shared_data / "parks_and_boundaries"
    District.objects.create(code="150000", name="内蒙古自治区")
    run("parks", folder / "development_zones_2018_facts.csv", "--mapping", "development_zones_2018")
    parks = Park.objects.count()
    assert parks == 46
    result = run("points", folder / "development_zones_2018_sample.csv", "--crs", "gcj02")
    assert result["wrong"] == 0 and result["written"] == result["total"] > 0, said(result)
    placed = Park.objects.get(code="S157038")
    assert abs(placed.boundary["coordinates"][0] - 106.78939) < 2e-5  # the file's own WGS 84 column
    assert abs(placed.boundary["coordinates"][1] - 39.654105) < 2e-5
    assert run("points", folder / "development_zones_2018_sample.csv", "--crs", "gcj02")["written"] == 0
