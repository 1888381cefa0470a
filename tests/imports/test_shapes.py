"""Outlines and points through `manage.py import_data`: what goes in, what is refused, and with which sentence."""

import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from gis import geometry
from gis.models import DistrictShape, Placement, ShapeSource
from imports.models import ImportBatch
from people.models import District
from projects.models import Park, Project

GCJ = "parks_and_boundaries/datav_gcj02"


def run(*arguments) -> dict:
    """Run the command and return its result; wrong rows do not raise."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_data", *map(str, arguments), "--json", stdout=out, stderr=err)
    except CommandError as error:
        if not out.getvalue():
            raise
        return json.loads(out.getvalue()) | {"error": str(error)}
    return json.loads(out.getvalue())


def counts(result) -> tuple:
    return tuple(result[name] for name in ("total", "new", "changed", "unchanged", "wrong", "written"))


def said(result) -> list[str]:
    return [error["message"] for error in result["errors"]]


def square(west, south, size):
    """Return the ring of a square."""
    return [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]


def collection(*features):
    """Return a FeatureCollection of (properties, geometry) pairs."""
    rows = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    return {"type": "FeatureCollection", "features": rows}


@pytest.fixture
def geojson(tmp_path):
    """Write features and return the path."""

    def write(*features, name="a.geojson"):
        path = tmp_path / name
        data = features[0] if isinstance(features[0], dict) else collection(*features)
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return path

    return write


PARK = {"名称": "云川经济开发区"}


def outline(west=108.0, south=40.0, size=0.01):
    return {"type": "Polygon", "coordinates": [square(west, south, size)]}


@pytest.fixture
def bounded(city):
    """The city of the import tests with the outlines of its city and districts."""
    for key, ring in (("root", square(108, 40, 0.2)), ("west", square(108, 40, 0.1)), ("east", square(108.1, 40, 0.1))):
        DistrictShape.objects.create(district=city[key], geometry={"type": "Polygon", "coordinates": [ring]})
    return city


# --- Real cities ------------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "code, name, count, crossing",
    [
        ("150300", "乌海市", 3, 0),
        ("232700", "大兴安岭地区", 4, 0),
        ("371300", "临沂市", 12, 0),
        ("431100", "永州市", 11, 1),
    ],
)
def test_a_real_city_goes_in_with_its_districts(db, shared_data, code, name, count, crossing):
    path = shared_data / GCJ / f"{code}.json"
    arguments = ("boundaries", path, "--crs", "gcj02", "--create", "--city", f"{code} {name}")
    if crossing:  # one outline of the real file touches itself: refused with its place, and mended when asked
        result = run(*arguments)
        assert result["wrong"] == crossing and "25.9" in said(result)[0] and not District.objects.exists()
        arguments += ("--repair",)
    assert counts(run(*arguments, "--dry-run")) == (count, count, 0, 0, 0, 0)
    assert not District.objects.exists() and not DistrictShape.objects.exists()
    result = run(*arguments)
    assert counts(result) == (count, count, 0, 0, 0, count)
    root = District.objects.get(code=code)
    assert root.name == name and root.children.count() == count
    assert DistrictShape.objects.count() == count + 1  # the city's own is drawn around them
    source = ShapeSource.objects.filter(district__parent=root).first()
    assert (source.system, source.file_name) == ("gcj02", f"{code}.json") and source.original["coordinates"]
    assert Decimal("1e8") < source.zone_area_m2 and abs(source.zone_area_m2 / source.geodesic_area_m2 - 1) < 0.002
    result = run(*arguments)
    assert counts(result) == (count, 0, 0, count, 0, 0) and result["same_as_batch"]
    assert ShapeSource.objects.count() == count + 1


def test_the_datum_of_a_real_city_moves_it_by_hundreds_of_metres(db, shared_data):
    path = shared_data / GCJ / "150300.json"
    run("boundaries", path, "--crs", "gcj02", "--create", "--city", "150300 乌海市")
    district = District.objects.get(code="150302")
    true, drawn = district.shape.geometry, district.shape_sources.get().original
    (x, y), (u, v) = geometry.positions_of(true)[0], geometry.positions_of(drawn)[0]
    moved = ((x - u) ** 2 + (y - v) ** 2) ** 0.5 * 111_000
    assert 100 < moved < 900


def test_districts_of_an_unknown_city_are_refused_by_name(city, shared_data):
    path = shared_data / GCJ / "150300.json"
    result = run("boundaries", path, "--crs", "gcj02")
    assert result["wrong"] == 3 and "海勃湾区" in said(result)[0]
    result = run("boundaries", path, "--crs", "gcj02", "--create")
    assert result["wrong"] == 3 and "150300" in said(result)[0]


def test_without_a_system_nothing_is_read(city, shared_data):
    with pytest.raises(CommandError, match="GCJ-02"):
        run("boundaries", shared_data / GCJ / "150300.json")
    with pytest.raises(CommandError, match="foo"):
        run("boundaries", shared_data / GCJ / "150300.json", "--crs", "foo")
    with pytest.raises(CommandError, match="Xian 1980"):
        run("boundaries", shared_data / GCJ / "150300.json", "--crs", "2334")


# --- Checks ------------------------------------------------------------------------------------


def test_an_outline_of_a_park_goes_in_with_its_area_compared(bounded, geojson):
    Park.objects.filter(name=PARK["名称"]).update(area_ha=Decimal("94.13"))
    path = geojson((PARK | {"面积（亩）": "1412"}, outline(108.15, 40.05)))
    result = run("boundaries", path, "--crs", "4490")
    assert counts(result) == (1, 1, 0, 0, 0, 1) and result["notes"] == 0
    park = Park.objects.get(name=PARK["名称"])
    source = park.shape_sources.get()
    assert park.boundary["type"] == "Polygon"
    assert 940_000 < source.zone_area_m2 < 950_000 and round(source.declared_area_m2 / 10_000, 2) == Decimal("94.13")
    path = geojson((PARK | {"面积（公顷）": "1420"}, outline(108.15, 40.05)))
    run("boundaries", path, "--crs", "4490")
    path = geojson((PARK | {"面积（公顷）": "1420"}, outline(108.15, 40.06)))
    result = run("boundaries", path, "--crs", "4490")
    assert result["notes"] == 1
    note = ImportBatch.objects.latest("pk").rows.get().notes.popitem()[1]
    assert note["params"]["declared"] == "1,420.00" and "in mu?" in note["msgid"]
    path = geojson((PARK | {"面积（公顷）": "80"}, outline(108.15, 40.05)))
    run("boundaries", path, "--crs", "4490")
    assert ImportBatch.objects.latest("pk").rows.get().notes.popitem()[1]["params"]["percent"] == "18.4"


def test_every_fault_has_its_sentence(bounded, geojson):
    west = outline(108.15, 40.05)
    ring = west["coordinates"][0]
    bow = [ring[0], ring[2], ring[1], ring[3], ring[0]]
    many = [[108.15 + 0.01 * (i % 2) / 1000 + i / 2_500_000, 40.05 + i / 1e7] for i in range(21_000)] + [[108.19, 40.0]]
    cases = [
        ("4490", {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring]]}, "swapped"),
        ("4490", outline(118.15, 40.05), "outside the city"),
        ("4490", {"type": "Polygon", "coordinates": [bow]}, "crosses itself"),
        ("4490", None, "empty"),
        ("4490", {"type": "Polygon", "coordinates": []}, "empty"),
        ("4490", {"type": "Polygon", "coordinates": [[["a", 1]]]}, "no numbers"),
        ("4490", {"type": "Point", "coordinates": [108.15, 40.05]}, "outline is wanted"),
        ("4490", {"type": "Polygon", "coordinates": [[*many, many[0]]]}, "corners"),
        ("4524", west, "degrees, not metres"),
        ("4490", outline(36_512_000, 4_430_000, 900), "metres, not degrees"),
        ("4525", outline(36_512_000, 4_430_000, 900), "begin with 36"),
        ("4544", outline(512_000, 4_430_000, 900), "EPSG:4545"),
    ]
    from django.utils import translation

    for crs, shape, words in cases:
        with translation.override("en"):
            result = run("boundaries", geojson((PARK, shape)), "--crs", crs)
        assert result["wrong"] == 1 and words in said(result)[0], (crs, words, said(result))
    assert not Park.objects.exclude(boundary=None).exists()


def test_a_zone_is_read_and_swapped_axes_and_bow_ties_are_mended_when_asked(bounded, geojson):
    result = run("boundaries", geojson((PARK, outline(36_513_000, 4_430_000, 900))), "--crs", "4524")
    assert counts(result) == (1, 1, 0, 0, 0, 1)
    source = ShapeSource.objects.get()
    assert (source.system, source.epsg) == ("gauss", 4524) and source.original["coordinates"][0][0] == [
        36513000,
        4430000,
    ]
    ring = square(108.15, 40.05, 0.01)
    swapped = {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring]]}
    assert counts(run("boundaries", geojson((PARK, swapped)), "--crs", "4490", "--swap")) == (1, 0, 1, 0, 0, 1)
    bow = {"type": "Polygon", "coordinates": [[ring[0], ring[2], ring[1], ring[3], ring[0]]]}
    result = run("boundaries", geojson((PARK, bow)), "--crs", "4490", "--repair")
    assert counts(result) == (1, 0, 1, 0, 0, 1) and result["notes"] == 1
    assert Park.objects.get(name=PARK["名称"]).boundary["type"] == "MultiPolygon"
    assert ShapeSource.objects.latest("pk").repaired


def test_one_wrong_outline_stops_all(bounded, geojson, tmp_path):
    receipt = tmp_path / "receipt.xlsx"
    path = geojson((PARK, outline(108.15, 40.05)), ({"名称": "没有的园区"}, outline(108.16, 40.05)))
    result = run("boundaries", path, "--crs", "4490", "--receipt", receipt)
    assert counts(result) == (2, 1, 0, 0, 1, 0) and "error" in result
    assert receipt.stat().st_size > 1000 and not Park.objects.exclude(boundary=None).exists()
    assert counts(run("boundaries", path, "--crs", "4490", "--mode", "good")) == (2, 1, 0, 0, 1, 1)


def test_the_same_place_twice_and_names_of_two_things(bounded, geojson):
    twice = geojson((PARK, outline(108.15, 40.05)), (PARK, outline(108.16, 40.05)))
    assert run("boundaries", twice, "--crs", "4490")["wrong"] == 1
    Park.objects.create(code="159902PK09", name="河西区", district=bounded["west"])
    result = run("boundaries", geojson(({"name": "河西区"}, outline(108.05, 40.05))), "--crs", "4490")
    assert result["wrong"] == 1
    result = run("boundaries", geojson(({"name": "河西区"}, outline(108.05, 40.05))), "--crs", "4490", "--of", "park")
    assert counts(result) == (1, 1, 0, 0, 0, 1)


# --- Points ------------------------------------------------------------------------------------


@pytest.fixture
def projects(bounded):
    """Two projects: one in the park of the east, which has an outline, one in the west without a park."""
    park = Park.objects.get(code="159901PK01")
    park.boundary = outline(108.12, 40.02, 0.04)
    park.save()
    rows = [
        Project(code="2607-159901-04-01-000001", name="甲项目", district=bounded["east"], park=park),
        Project(code="2607-159902-04-01-000002", name="乙项目", district=bounded["west"]),
    ]
    for row in rows:
        row.save()
    return rows


@pytest.mark.both_databases
def test_points_from_a_table(projects, sheet):
    path = sheet(
        ["项目代码", "经度", "纬度"], [projects[0].code, 108.14, 40.04], [projects[1].code, "108°03′00″", "40.05"]
    )
    with pytest.raises(CommandError):
        run("points", path)
    assert counts(run("points", path, "--crs", "cgcs2000")) == (2, 2, 0, 0, 0, 2)
    assert counts(run("points", path, "--crs", "cgcs2000")) == (2, 0, 0, 2, 0, 0)
    assert Project.objects.get(pk=projects[1].pk).longitude == Decimal("108.05")
    assert Placement.objects.get(project=projects[0]).park_id == projects[0].park_id
    assert ShapeSource.objects.filter(project=projects[0]).get().original == {
        "type": "Point",
        "coordinates": [108.14, 40.04],
    }


def test_a_point_outside_its_park_says_where_it_lies(projects, sheet):
    path = sheet(["项目代码", "经度", "纬度"], [projects[0].code, 108.05, 40.04], [projects[1].code, 108.15, 40.01])
    result = run("points", path, "--crs", "cgcs2000")
    assert result["wrong"] == 2
    assert "河西区" in said(result)[0] and "云川经济开发区" in said(result)[0] and "河东区" in said(result)[1]
    assert counts(run("points", path, "--crs", "cgcs2000", "--outside")) == (2, 2, 0, 0, 0, 2)


def test_headings_that_name_their_system(bounded, sheet):
    path = sheet(
        ["代码", "经度_GCJ02", "纬度_GCJ02", "经度_WGS84", "纬度_WGS84"],
        ["159902PK01", 108.061, 40.051, 108.055, 40.05],
    )
    run("points", path, "--crs", "gcj02")
    source = ShapeSource.objects.get()
    assert source.original["coordinates"] == [108.061, 40.051] and source.park.code == "159902PK01"
    assert source.park.boundary["coordinates"][0] < 108.06
    run("points", path, "--crs", "wgs84")
    assert Park.objects.get(code="159902PK01").boundary["coordinates"] == [108.055, 40.05]


def test_points_of_a_geojson_and_of_a_table_in_a_zone(projects, geojson, sheet):
    point = {"type": "Point", "coordinates": [108.14, 40.04]}
    assert counts(run("points", geojson(({"项目名称": "甲项目"}, point)), "--crs", "wgs84")) == (1, 1, 0, 0, 0, 1)
    path = sheet(["项目代码", "X", "Y"], [projects[1].code, 504_000, 4_434_000])
    assert counts(run("points", path, "--crs", "4545")) == (1, 1, 0, 0, 0, 1)
    path = sheet(["项目代码", "X", "Y"], [projects[1].code, 4_434_000, 504_000])
    assert run("points", path, "--crs", "4545")["wrong"] == 1
    assert counts(run("points", path, "--crs", "4545", "--swap")) == (1, 0, 0, 1, 0, 0)
    path = sheet(["项目代码", "纵坐标", "横坐标"], [projects[1].code, 4_434_000, 504_000])
    assert counts(run("points", path, "--crs", "4545")) == (1, 0, 0, 1, 0, 0)


# --- Shapefiles, GeoPackage and KML made here ------------------------------------------------------------------


@pytest.fixture
def layer(tmp_path):
    """Write a layer of squares with names through pyogrio; a Shapefile comes as a zip."""

    def write(name, texts, *, crs="EPSG:4490", encoding=None, drop=(), cpg=None):
        import numpy as np
        import pyogrio
        import shapely

        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        shapes = [shapely.geometry.shape(outline(108.11 + 0.02 * n, 40.05)) for n in range(len(texts))]
        path = folder / (name if not name.endswith(".zip") else f"{name[:-4]}.shp")
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(shapes)),
            [np.array(texts, dtype=object)],
            ["Name" if name.endswith("kml") else "名称"],
            geometry_type="Polygon",
            crs=crs,
            driver={"zip": "ESRI Shapefile", "kml": "LIBKML", "gpkg": "GPKG"}[name.rpartition(".")[2]],
            **({"encoding": encoding} if encoding else {}),
        )
        if not name.endswith(".zip"):
            return path
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for part in sorted(folder.iterdir()):
                if part.suffix not in drop:
                    archive.write(part, f"目录/{part.name}")
        return tmp_path / name

    return write


NAMES = ["云川经济开发区", "河西化工园区"]


@pytest.mark.parametrize(
    "name, options",
    [
        ("utf8.zip", {"encoding": "UTF-8"}),
        ("utf8_without.zip", {"encoding": "UTF-8", "drop": (".cpg",)}),
        ("gbk.zip", {"encoding": "GBK"}),
        ("gbk_without.zip", {"encoding": "GBK", "drop": (".cpg",)}),
        ("gbk_lying.zip", {"encoding": "GBK", "cpg": "UTF-8"}),
        ("a.gpkg", {}),
        ("a.kml", {"crs": "EPSG:4326"}),
    ],
)
def test_names_are_read_in_every_format_and_encoding(bounded, layer, name, options):
    result = run("boundaries", layer(name, NAMES, **options))
    assert counts(result) == (2, 2, 0, 0, 0, 2), said(result)
    assert Park.objects.exclude(boundary=None).count() == 2
    if name.endswith(".zip"):
        assert any("云川经济开发区" in remark for remark in result["remarks"])
        assert result["encoding"] == ("GB18030" if name.startswith("gbk") else "UTF-8")
    if name == "gbk_lying.zip":
        assert any(".cpg" in remark for remark in result["remarks"])


def test_a_shapefile_without_system_or_names_or_with_two_layers(bounded, layer, tmp_path):
    bare = layer("bare.zip", NAMES, drop=(".prj",), encoding="UTF-8")
    with pytest.raises(CommandError, match="坐标系|coordinate system"):
        run("boundaries", bare)
    assert counts(run("boundaries", bare, "--crs", "cgcs2000")) == (2, 2, 0, 0, 0, 2)
    with pytest.raises(CommandError, match="dbf"):
        run("boundaries", layer("nameless.zip", NAMES, drop=(".dbf",), encoding="UTF-8"))
    loose = next((tmp_path / "bare_zip").glob("*.shp"))
    assert counts(run("boundaries", loose)) == (2, 0, 0, 2, 0, 0)


def test_what_is_not_read_is_refused_by_name(bounded, geojson, tmp_path):
    def file(name, content=b"x"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    topology = geojson({"type": "Topology", "objects": {}, "arcs": []}, name="t.json")
    esri = geojson({"geometryType": "esriGeometryPolygon", "features": []}, name="e.json")
    zipped = tmp_path / "empty.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("readme.txt", "x")
    bomb = b'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "b">]><kml>&a;</kml>'
    for path, words in [
        (topology, "TopoJSON"),
        (file("a.topojson"), "TopoJSON"),
        (esri, "Esri"),
        (file("a.kml", bomb), "XML"),
        (file("a.gpkg"), "GeoPackage"),
        (file("a.geojson", b"{"), "GeoJSON"),
        (file("b.geojson", b""), "0"),
        (zipped, "readme.txt"),
        (file("c.zip", b"PK\x03\x04 nonsense"), "损坏|damaged"),
    ]:
        with pytest.raises(CommandError, match=words):
            run("boundaries", path, "--crs", "4490")


# --- Tables of corners, and what is meant to break the reader ----------------------------------------------------


def test_a_table_of_corners_is_an_outline(bounded, sheet):
    ring = square(108.15, 40.05, 0.01)[:4]
    rows = [[PARK["名称"] if not n else "", n + 1, x, y] for n, (x, y) in enumerate(ring)]
    other = [["河西化工园区", n, x - 0.1, y] for n, (x, y) in enumerate(square(108.15, 40.05, 0.01))]
    path = sheet(["界址点成果表"], ["园区名称", "点号", "经度", "纬度"], *rows, *other)
    assert counts(run("boundaries", path, "--crs", "cgcs2000")) == (2, 2, 0, 0, 0, 2)
    park = Park.objects.get(name=PARK["名称"])
    assert len(park.boundary["coordinates"][0]) == 5 and 940_000 < park.shape_sources.get().zone_area_m2 < 950_000
    assert counts(run("boundaries", path, "--crs", "cgcs2000")) == (2, 0, 0, 2, 0, 0)


def test_a_table_of_corners_in_a_zone_with_parts_and_mistakes(bounded, sheet):
    def rows(part, east):
        return [[PARK["名称"], part, y, x] for x, y in square(east, 4_434_000, 500)[:4]]

    heads = ["园区名称", "地块号", "X坐标", "横坐标"]
    path = sheet(["园区名称", "地块号", "纵坐标", "横坐标"], *rows("1", 512_000), *rows("2", 513_000))
    assert counts(run("boundaries", path, "--crs", "4545")) == (1, 1, 0, 0, 0, 1)
    assert Park.objects.get(name=PARK["名称"]).boundary["type"] == "MultiPolygon"
    broken = rows("1", 512_000)
    broken[2][2] = "四百万"
    result = run("boundaries", sheet(["园区名称", "地块号", "纵坐标", "横坐标"], *broken), "--crs", "4545")
    assert result["wrong"] == 1 and ("不是数字" in said(result)[0] or "no numbers" in said(result)[0])
    with pytest.raises(CommandError, match="GeoJSON"):
        run("boundaries", sheet(heads[:2], [PARK["名称"], "1"]), "--crs", "4545")


def test_hostile_files_are_refused_and_write_nothing(bounded, tmp_path):
    deep = b'{"type":"Polygon","coordinates":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    nan = b'{"type":"Polygon","coordinates":[[[NaN,1],[1,Infinity],[1e999,2],[NaN,1]]]}'
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("shp", "shx", "dbf"):
            archive.writestr(f"../../evil.{part}", b"\0" * 30_000_000)
    for name, content in [
        ("deep.geojson", deep),
        ("nan.geojson", nan),
        ("bomb.zip", bomb.getvalue()),
        ("a.gpkg", b"SQLite format 3\0" + b"\xff" * 5_000),
        ("a.kml", b"<kml><Document>" + b"<Folder>" * 5_000),
        ("list.json", b"[1, 2, 3]"),
        ("null.json", b"null"),
        (
            "features.geojson",
            b'{"type":"FeatureCollection","features":[1,null,{"geometry":{"type":[]}},{"geometry":7}]}',
        ),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        try:
            result = run("boundaries", path, "--crs", "4490")
        except CommandError as refused:
            assert str(refused)
        else:
            assert result["written"] == 0 and result["wrong"] == result["total"], name
    assert not ShapeSource.objects.exists() and not (tmp_path.parent / "evil.shp").exists()


def test_the_pages_are_for_those_who_may(bounded, client):
    from tests.imports.conftest import person

    for role, status in (("supervisor", 200), ("park", 200), ("pm", 200), ("approver", 403), ("leader", 403)):
        client.force_login(person(role, role, bounded["root"]), backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/imports/?kind=boundaries").status_code == status, role
        assert client.get("/imports/?kind=points").status_code == status, role


def test_a_supervisor_may_only_bring_outlines_of_what_he_sees(bounded, geojson, client):
    from tests.imports.conftest import person

    person("watcher", "supervisor", bounded["west"])
    east, west = geojson((PARK, outline(108.15, 40.05)), name="e.geojson"), None
    assert run("boundaries", east, "--crs", "4490", "--by", "watcher")["wrong"] == 1
    west = geojson(({"name": "河西化工园区"}, outline(108.05, 40.05)), name="w.geojson")
    assert run("boundaries", west, "--crs", "4490", "--by", "watcher")["written"] == 1


def test_a_batch_is_read_again_in_another_way(bounded, geojson, client):
    from tests.imports.conftest import person

    client.force_login(person("p", "park", bounded["root"]), backend="django.contrib.auth.backends.ModelBackend")
    ring = square(108.15, 40.05, 0.01)
    path = geojson((PARK, {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring]]}))
    for crs, status in (("", 422), ("4490x", 422), ("cgcs2000", 302)):
        with path.open("rb") as file:
            response = client.post("/imports/", {"kind": "boundaries", "file": file, "crs": crs})
        assert response.status_code == status
    batch = ImportBatch.objects.get()
    page = client.get(f"/imports/{batch.pk}/").content.decode()
    assert batch.wrong == 1 and 'value="swap"' in page
    client.post(f"/imports/{batch.pk}/", {"do": "again", "quick": "swap"})
    batch.refresh_from_db()
    assert (batch.wrong, batch.new, batch.options) == (0, 1, {"crs": "cgcs2000", "swap": True})
    shapes = client.get(f"/imports/{batch.pk}/shapes/").json()
    assert shapes["total"] == 1 and shapes["shapes"][0]["geometry"]["coordinates"][0][0] == [108.15, 40.05]
    client.post(f"/imports/{batch.pk}/", {"do": "again", "again-crs": "4545", "again-sheet": ""})
    batch.refresh_from_db()
    assert batch.wrong == 1
    client.post(
        f"/imports/{batch.pk}/", {"do": "again", "again-crs": "cgcs2000", "again-swap": "on", "again-sheet": ""}
    )
    client.post(f"/imports/{batch.pk}/", {"do": "confirm", "mode": "all"})
    batch.refresh_from_db()
    assert batch.status == "done" and Park.objects.exclude(boundary=None).count() == 1
    client.force_login(person("q", "park", bounded["root"]), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/imports/{batch.pk}/shapes/").status_code == 404


def test_projects_with_points_outside_the_city_are_refused(bounded, sheet):
    heads = ["项目代码", "项目名称", "区县", "经度", "纬度"]
    far = ["2607-159901-04-01-000009", "远", "河东区", 118.5, 40.05]
    near = ["2607-159901-04-01-000008", "近", "河东区", 108.15, 40.05]
    result = run("projects", sheet(heads, far, near))
    assert result["wrong"] == 1 and "118.5" in said(result)[0]
    assert run("projects", sheet(heads, near))["written"] == 1
    assert Placement.objects.get().district == bounded["east"]


def test_a_misspelt_name_is_suggested_and_taken_over(bounded, geojson, client):
    from tests.imports.conftest import person

    client.force_login(person("p", "park", bounded["root"]), backend="django.contrib.auth.backends.ModelBackend")
    with geojson(({"名称": "云川经济开发去"}, outline(108.15, 40.05))).open("rb") as file:
        client.post("/imports/", {"kind": "boundaries", "file": file, "crs": "cgcs2000"})
    batch = ImportBatch.objects.get()
    problem = batch.rows.get().problems["A"]
    assert problem["suggestion"] == "云川经济开发区"
    client.post(f"/imports/{batch.pk}/", {"do": "adopt", "row": "2", "column": "A"})
    client.post(f"/imports/{batch.pk}/", {"do": "confirm", "mode": "all"})
    assert Park.objects.exclude(boundary=None).get().name == PARK["名称"]
    assert client.get(f"/imports/{batch.pk}/receipt/").status_code == 200
    assert client.get(f"/imports/{batch.pk}/file/").status_code == 200


def test_the_blank_template_of_points_can_be_filled_in(projects, client, tmp_path):
    import openpyxl

    from tests.imports.conftest import person

    client.force_login(
        person("p", "park", projects[0].district.parent), backend="django.contrib.auth.backends.ModelBackend"
    )
    book = openpyxl.load_workbook(io.BytesIO(client.get("/imports/templates/points/").content))
    heads = [str(cell.value).rstrip("*") for cell in book.worksheets[0][1]]
    row = dict.fromkeys(heads) | {heads[0]: projects[0].code, "经度（或东坐标）": 108.14, "纬度（或北坐标）": 40.04}
    book.worksheets[0].append(list(row.values()))
    book.save(tmp_path / "points.xlsx")
    assert counts(run("points", tmp_path / "points.xlsx", "--crs", "cgcs2000")) == (1, 1, 0, 0, 0, 1)
    assert client.get("/imports/templates/boundaries/").status_code == 404
