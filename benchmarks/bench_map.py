"""The map's data beside what one would write first: folium markers, GeoJSON. One run, one process, the same points.

    python -m benchmarks.bench_map                    # 10,000 points in full, requests at 1,000, 10,000 and 50,000
    python -m benchmarks.bench_map --browser          # also the page in Chromium with a processor four times slower

Points lie in parks as those of the sample city's large portfolios do (`demo.geography`). Part one starts from rows in
memory for all ways alike, without a database. Part two asks our addresses through the test client, on a SQLite file of
its own: rights, filter, legend's numbers, query, packing and compression included. Processor time counts in both, so
that other jobs on the machine lengthen it little; the browser's times are on the wall.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
PORT = 8931


def set_up(url: str) -> None:
    """Start Django on the database of `url`, DEBUG off."""
    sys.path.insert(0, str(ROOT))
    os.environ.update(DEMO="1", DEBUG="0", DJANGO_SETTINGS_MODULE="config.settings", DATABASE_URL=url)
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS.append("testserver")


def outlines(parks: int = 40) -> list[tuple[str, dict]]:
    """Return (district code, outline) of invented parks, a third in each district of the sample city."""
    from demo import geography

    codes, taken = [code for code in geography.outlines() if not code.endswith("00")], [(0.0, 0.0)]
    return [
        (codes[number % len(codes)], geography.spare_park(number, codes[number % len(codes)], taken)[0])
        for number in range(parks)
    ]


def rows(count: int, parks: list[tuple[str, dict]]) -> list[tuple]:
    """Return (id, longitude, latitude, light, park index, name) of so many invented projects."""
    from demo import geography
    from gis.layers import LIGHTS

    rng = random.Random(11)
    weights = (4, 1, 6, 10, 42, 10, 4, 6, 17)
    lights = rng.choices(range(len(LIGHTS)), weights, k=count)
    found = []
    for number in range(count):
        park = rng.randrange(len(parks))
        lon, lat = geography.point_within(parks[park][1], rng)
        found.append((number + 1, lon, lat, lights[number], park + 1, f"年产{number}吨新材料项目"))
    return found


def median(way, runs: int = RUNS) -> tuple[float, object]:
    """Return the median processor milliseconds of `way`, and what it returned last."""
    times, made = [], None
    for _run in range(runs):
        begun = time.process_time()
        made = way()
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times), made


# --- part one: packing ---------------------------------------------------------------------------------------------


def folium_markers(points) -> bytes:
    """Return the page of one `folium.Marker` each, with its name as tooltip: what the documentation shows."""
    import folium

    page = folium.Map(location=(40.5, 108.4), zoom_start=10, tiles=None)
    colours = ["black", "darkred", "red", "orange", "green", "lightgray", "gray", "lightgray", "green"]
    for _pk, lon, lat, light, _park, name in points:
        folium.Marker((lat, lon), tooltip=name, icon=folium.Icon(color=colours[light])).add_to(page)
    return page.get_root().render().encode()


def folium_cluster(points) -> bytes:
    """Return the page of `FastMarkerCluster`: positions only."""
    import folium
    from folium.plugins import FastMarkerCluster

    page = folium.Map(location=(40.5, 108.4), zoom_start=10, tiles=None)
    FastMarkerCluster([(lat, lon) for _pk, lon, lat, *_rest in points]).add_to(page)
    return page.get_root().render().encode()


def geojson(points, digits: int = 6) -> bytes:
    """Return a FeatureCollection with what our columns hold: position, id, light, park."""
    import orjson

    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(lon, digits), round(lat, digits)]},
            "properties": {"id": pk, "light": light, "park": park},
        }
        for pk, lon, lat, light, park, _name in points
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def packing(count: int, parks) -> dict[str, tuple[float, int]]:
    """Return (processor ms, bytes) of every way of packing `count` points."""
    import brotli

    from gis import payload
    from gis.layers import Points

    points = rows(count, parks)

    def columns():
        ids, lons, lats, lights, inside, _names = zip(*points, strict=True)
        return payload.columns(Points(ids, lons, lats, lights, inside))

    def small(way):
        return lambda: brotli.compress(way(), quality=4)

    folium_markers(points[:20])  # imports and templates of folium do not count
    folium_cluster(points[:20])
    columns()
    ways = {
        "columns, ours": columns,
        "columns, ours, brotli": small(columns),
        "GeoJSON (orjson)": lambda: geojson(points),
        "GeoJSON (orjson), brotli": small(lambda: geojson(points)),
        "GeoJSON rounded to a metre, brotli": small(lambda: geojson(points, 5)),
        "FastMarkerCluster (no names, no lights)": lambda: folium_cluster(points),
    }
    found = {}
    for name, way in ways.items():
        ms, made = median(way)
        found[name] = (ms, len(made))
    ms, made = median(lambda: folium_markers(points), runs=1)
    return found | {"one folium.Marker each": (ms, len(made))}


# --- part two: requests --------------------------------------------------------------------------------------------


def fill(count: int, parks) -> None:
    """Make `count` projects in the empty database: no chains, which the map does not read."""
    from django.core.management import call_command
    from guardian.shortcuts import assign_perm

    from demo import data, geography
    from gis.layers import LIGHTS
    from gis.models import DistrictShape
    from people.models import District, User
    from projects import tallies
    from projects.models import Park, Project

    call_command("migrate", verbosity=0)
    root = District.objects.create(code=data.CITY[0], name=data.CITY[1])
    districts = {root.code: root}
    for code, outline in geography.outlines().items():
        if code != root.code:
            districts[code] = District.objects.create(code=code, name=code, parent=root)
        DistrictShape.objects.create(district=districts[code], geometry=outline)
    made = Park.objects.bulk_create(
        Park(code=f"{code}PK{number:02d}", name=f"园区{number}", district=districts[code], boundary=outline)
        for number, (code, outline) in enumerate(parks)
    )
    Project.objects.bulk_create(
        (
            Project(
                code=f"2601-159901-04-{pk // 1_000_000:02d}-{pk % 1_000_000:06d}", name=name, light=LIGHTS[light].value,
                district=made[park - 1].district, park=made[park - 1], longitude=f"{lon:.6f}", latitude=f"{lat:.6f}",
                investment_wan=pk % 90_000,
            )
            for pk, lon, lat, light, park, name in rows(count, parks)
        ),
        batch_size=1000,
    )  # fmt: skip
    tallies.recount()
    leader = User.objects.create_user("leader", role="leader", display_name="领导")
    assign_perm("view_projects", leader, root)


CITY = "box=107.9,40.2,108.9,40.9&z=11"
NEAR = "box=108.40,40.48,108.46,40.53&z=14"


def requests() -> dict[str, tuple[float, int]]:
    """Return (processor ms, bytes as sent with brotli) of our addresses on the portfolio that is there."""
    from django.core.cache import cache
    from django.test import Client

    from gis.views import map as views
    from people.models import User

    client = Client(headers={"Accept-Encoding": "br"})
    user = User.objects.get(username="leader")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}

    def ask(url, headers=None, cold=True):
        def once():
            if cold:
                cache.clear()
            answer = client.get(url, headers=headers)
            assert answer.status_code in (200, 304), (url, answer.status_code)
            return answer.content

        once()
        ms, body = median(once)
        return ms, len(body)

    found["page"] = ask("/map/", cold=False)
    found["city view"] = ask(f"/map/points/?{CITY}")
    found["near view"] = ask(f"/map/points/?{NEAR}")
    tag = client.get(f"/map/points/?{CITY}")["ETag"]
    found["city view, unchanged (304)"] = ask(f"/map/points/?{CITY}", {"If-None-Match": tag}, cold=False)
    found["outlines"] = ask("/map/shapes/")
    most, views.MOST = views.MOST, 10**9
    found["all points as columns"] = ask("/map/points/")
    views.MOST = most
    return found


# --- the browser ---------------------------------------------------------------------------------------------------


def browser(url: str) -> dict[str, float]:
    """Return milliseconds on the wall until the page shows something, is whole and has its markers; at 4 × CPU."""
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from people.models import User
    from tests.browser import ARGUMENTS, executable

    client = Client()
    user = User.objects.get(username="leader")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    base = f"http://127.0.0.1:{PORT}"
    command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{PORT}", "--noreload"]
    server = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    found: dict[str, list[float]] = {
        "first paint": [],
        "largest paint": [],
        "markers drawn": [],
        "zoom, longest task": [],
    }
    try:
        time.sleep(8)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
            for _run in range(5):
                context = chromium.new_context(base_url=base, viewport={"width": 1440, "height": 900})
                context.add_cookies([{**cookie, "url": base}])
                page = context.new_page()
                page.set_default_timeout(60_000)
                context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
                page.goto("/map/")
                page.wait_for_selector("#map-card[data-drawn]")
                for name, value in page.evaluate(PAINTS).items():
                    found[name].append(value)
                context.close()
            chromium.close()
    finally:
        server.terminate()
        server.wait()
    return {name: statistics.median(values) for name, values in found.items() if values}


PAINTS = """async () => {
    const largest = await new Promise(tell => new PerformanceObserver(list => tell(list.getEntries().pop().startTime))
        .observe({type: "largest-contentful-paint", buffered: true}));
    const tasks = [];
    const watch = new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)));
    watch.observe({type: "longtask"});
    map_luodi.setZoom(map_luodi.getZoom() + 1, {animate: false});
    await new Promise(done => setTimeout(done, 1500));
    const at = name => performance.getEntriesByName(name)[0].startTime;
    return {"first paint": at("first-contentful-paint"), "largest paint": largest, "markers drawn": at("map-drawn"),
        "zoom, longest task": Math.max(0, ...tasks)};
}"""


# --- the table -----------------------------------------------------------------------------------------------------


def table_of_packing(count: int, found: dict[str, tuple[float, int]]) -> str:
    """Return part one as Markdown, with the goals."""
    ours, small = found["columns, ours"], found["columns, ours, brotli"]
    lines = [f"| {count:,} points, from rows in memory | ms of processor time | bytes | × ours | × our bytes |"]
    lines.append("|---|--:|--:|--:|--:|")
    for name, (ms, size) in found.items():
        base = small if "brotli" in name else ours
        lines.append(f"| {name} | {ms:,.1f} | {size:,} | {ms / base[0]:,.1f} | {size / base[1]:,.2f} |")
    marker, brotli = found["one folium.Marker each"], found["GeoJSON (orjson), brotli"]
    metre = found["GeoJSON rounded to a metre, brotli"]
    lines += [
        "",
        f"Goals: ≥ 1,000 × faster than one folium.Marker each: **{marker[0] / ours[0]:,.0f} ×** "
        f"({marker[0] / small[0]:,.0f} × with compression); ≥ 100 × smaller: **{marker[1] / ours[1]:,.0f} ×** "
        f"({marker[1] / small[1]:,.0f} × as sent); ≤ 1/3 of the bytes of brotli GeoJSON: "
        f"**{small[1] / brotli[1]:.3f}** "
        f"({small[1] / metre[1]:.3f} of GeoJSON that is rounded to a metre as ours is).",
    ]
    return "\n".join(lines)


def table_of_requests(found: dict[int, dict[str, tuple[float, int]]]) -> str:
    """Return part two as Markdown: milliseconds and bytes by the number of projects."""
    sizes = sorted(found)
    lines = ["| request, whole | " + " | ".join(f"{size:,}: ms | bytes" for size in sizes) + " |"]
    lines.append("|---|" + "--:|--:|" * len(sizes))
    for name in found[sizes[0]]:
        figures = " | ".join(f"{found[size][name][0]:,.0f} | {found[size][name][1]:,}" for size in sizes)
        lines.append(f"| {name} | {figures} |")
    most = max(one["city view"][1] for one in found.values())
    return "\n".join([*lines, "", f"Goal: city view ≤ 10 KB at any number: **{most:,} bytes** at most."])


def child(size: int, with_browser: bool) -> dict:
    """Fill a database of its own and measure it, in this process."""
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        url = f"sqlite:///{folder}/map.sqlite3"
        set_up(url)
        fill(size, outlines())
        told = {"requests": requests()}
        if with_browser:
            told["browser"] = browser(url)
        return told


def main(argv: list[str] | None = None) -> int:
    """Print both tables, and the browser's figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_map", description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--sizes", default="1000,10000,50000")
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(child(options.child, options.browser)))
        return 0
    set_up("sqlite:///:memory:")
    print(table_of_packing(options.points, packing(options.points, outlines())), flush=True)
    found = {}
    for size in [int(word) for word in options.sizes.split(",") if word]:
        command = [sys.executable, "-m", "benchmarks.bench_map", "--child", str(size)]
        command += ["--browser"] if options.browser else []
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found[size] = json.loads(done.stdout.splitlines()[-1])
    if found:
        print("\n" + table_of_requests({size: told["requests"] for size, told in found.items()}), flush=True)
    for size, told in found.items():
        if "browser" in told:
            words = "; ".join(f"{name} {ms:,.0f} ms" for name, ms in told["browser"].items())
            print(f"\nChromium, processor 4 × slower, {size:,} projects: {words}.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
