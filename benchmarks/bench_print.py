"""Cards and booklets as PDF, side by side:  python -m benchmarks.bench_print [--cards 200] [--long 500] [--worker 500]

The same dossier by our rendering (with the rung of the last print remembered, and searched for), by WeasyPrint as its
manual has it (one call, the machine's fonts, no tags), and by headless Chromium: a process for each, and one browser
kept running. Then a pile of cards by one and by two processes, and memory over a long pile (print_memory.py): of one
process, or, with `--worker` and nothing else, of the worker with a database of its own. Else no database: dossiers made
by hand (tests/dossiers/samples.py). Chromium is not asked for the same look: it knows no running foot. Prints Markdown.
"""

import argparse
import dataclasses
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import print_memory

ROOT = Path(__file__).resolve().parent.parent
PAGES = 20
"""Pages of the booklet that is measured, at least."""


def begin() -> None:
    """Make a process ready: Django without a database, WeasyPrint imported, fonts unpacked."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from dossiers import engine

    engine.pdf("<html lang=zh><p>&#x4e91;</p>", title="warm")


def long_dossier():
    """Return the dossier of the booklet: with enough visits for PAGES pages."""
    from tests.dossiers import samples

    many = samples.usual()
    visits, times = many.visits or samples.overlong().visits, 64
    for _tried in range(6):
        many = dataclasses.replace(many, visits=visits * times)
        pages = made("booklet", many).pages
        if PAGES <= pages <= PAGES * 1.2:
            break
        times = max(1, times * PAGES // pages + (pages < PAGES))
    return many


def made(kind: str, dossier, rung=None):
    """Return our rendering."""
    from dossiers import rendering
    from tests.dossiers import samples

    if kind == "card":
        return rendering.card(dossier, samples.stamp(), rung=rung)
    return rendering.booklet(dossier, samples.stamp())


def page_of(kind: str, dossier) -> str:
    """Return the HTML that our rendering hands to the engine, with its styles in it and fonts by address of a file."""
    from django.contrib.staticfiles import finders

    from dossiers import engine

    seen, real = [], engine.layout

    def spy(html, **more):
        seen.append((html, more.get("css", ())))
        return real(html, **more)

    engine.layout = spy
    try:
        made(kind, dossier)
    finally:
        engine.layout = real
    html, css = seen[-1]
    fonts = Path(finders.find(engine.FONTS_CSS)).read_text("utf-8")
    fonts = fonts.replace("../fonts/", (ROOT / "static" / "fonts").as_uri() + "/")
    styles = [fonts] + [Path(finders.find(name)).read_text("utf-8") for name in css]
    return html.replace("</head>", f"<style>{''.join(styles)}</style></head>", 1)


def naive(html: str) -> bytes:
    """WeasyPrint as its manual has it, with the fonts of the machine."""
    import weasyprint

    plain = "\n".join(line for line in html.splitlines() if "@font-face" not in line)
    return weasyprint.HTML(string=plain).write_pdf()


def chromium_once(file: Path) -> bytes:
    """Start a Chromium for one page and let it print."""
    out = file.with_suffix(".pdf")
    name = next(one for one in ("chromium", "chromium-browser", "google-chrome") if _which(one))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out}"]
    subprocess.run([name, *flags, file.as_uri()], check=True, capture_output=True, timeout=120)
    return out.read_bytes()


def _which(name: str):
    import shutil

    return shutil.which(name)


def timed(runs: int, ways: dict) -> dict:
    """Return (median ms, KB, pages) of every way, asked in turn."""
    import io

    from pypdf import PdfReader

    spent: dict = {name: [] for name in ways}
    data: dict = {}
    for _run in range(runs):
        for name, way in ways.items():
            begun = time.perf_counter()
            data[name] = way()
            spent[name].append((time.perf_counter() - begun) * 1000)
    return {
        name: (statistics.median(spent[name]), len(data[name]) / 1000, len(PdfReader(io.BytesIO(data[name])).pages))
        for name in ways
    }


def side_by_side(runs: int, booklet: bool) -> None:
    """Print the table of the card and, if asked for, the booklet."""
    both = {"card": usual_dossier()} | ({"booklet": long_dossier()} if booklet else {})
    print("| What | How | ms | KB | pages |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, dossier in both.items():
            html = page_of(kind, dossier)
            file = Path(folder) / f"{kind}.html"
            file.write_text(html, encoding="utf-8")
            rung = made(kind, dossier).rung
            ways = {"ours": lambda kind=kind, one=dossier, rung=rung: made(kind, one, rung).pdf}
            if kind == "card":
                ways["ours, rung searched for"] = lambda one=dossier: made("card", one).pdf
            ways["WeasyPrint as in its manual"] = lambda html=html: naive(html)
            ways["Chromium, a process each"] = lambda file=file: chromium_once(file)
            with browser() as tab:
                ways["Chromium kept running"] = lambda file=file, tab=tab: _print_in(tab, file)
                for name, (ms, size, pages) in timed(runs, ways).items():
                    print(f"| {kind} | {name} | {ms:,.0f} | {size:,.0f} | {pages} |", flush=True)


def browser():
    """Return a context with a tab of a Chromium that is kept running."""
    import contextlib

    from playwright.sync_api import sync_playwright

    @contextlib.contextmanager
    def running():
        with sync_playwright() as play:
            path = next(filter(None, map(_which, ("chromium", "chromium-browser", "google-chrome"))))
            chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
            try:
                yield chromium.new_page()
            finally:
                chromium.close()

    return running()


def _print_in(tab, file: Path) -> bytes:
    tab.goto(file.as_uri())
    return tab.pdf(prefer_css_page_size=True, print_background=True, tagged=True)


def one_card(number: int) -> int:
    """Print the card number `number`, each with a version of its own; return its bytes."""
    from dossiers import rendering
    from tests.dossiers import samples

    return len(rendering.card(samples.usual(), samples.stamp(number), rung=_rung[0]).pdf)


_rung: list = [None]


def ready(rung: str) -> None:
    """Make a worker of the pool ready."""
    begin()
    _rung[0] = rung


ROUNDS = 10


def counting(_number: int) -> int:
    """Keep a processor busy with nothing else: what two processes of this machine can do at the most."""
    return sum(n * n % 7 for n in range(400_000))


def pile(cards: int) -> None:
    """Print how long a pile takes by one and by two processes, started before the clock runs.

    In rounds, one and two in turn, each with a plain count beside it: on a shared host two processors are not always
    two.
    """
    rung = made("card", usual_dossier()).rung
    spawn = multiprocessing.get_context("spawn")
    pools = {workers: spawn.Pool(workers, ready, (rung,)) for workers in (1, 2)}
    spent = {(what, workers): 0.0 for what in (one_card, counting) for workers in pools}
    for workers, pool in pools.items():
        pool.map(one_card, range(workers * 2), chunksize=1)
    for _round in range(ROUNDS):
        for what, number in ((one_card, max(2, cards // ROUNDS)), (counting, 20)):
            for workers, pool in pools.items():
                begun = time.perf_counter()
                size = sum(pool.imap_unordered(what, range(number), chunksize=1))
                spent[what, workers] += time.perf_counter() - begun
                if what is one_card:
                    kilobytes = size / number / 1000
    for pool in pools.values():
        pool.terminate()
    one, two = spent[one_card, 1], spent[one_card, 2]
    most = spent[counting, 1] / spent[counting, 2]
    print(
        f"\n{cards} cards in {ROUNDS} rounds: {one:.1f} s by one process, {two:.1f} s by two ({one / two:.2f} ×; "
        f"a plain count beside it {most:.2f} ×), {kilobytes:.0f} KB each",
        flush=True,
    )


def usual_dossier():
    """Return the dossier of the card."""
    from tests.dossiers import samples

    return samples.usual()


def main() -> None:
    """Print all tables, or those whose size is not 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="of each way; 0: no table")
    parser.add_argument("--cards", type=int, default=200, help="in the pile for one and two processes; 0: no pile")
    parser.add_argument("--long", type=int, default=500, help="cards over which memory is watched; 0: not")
    parser.add_argument("--card-only", action="store_true", help="no booklet in the table")
    parser.add_argument("--worker", type=int, default=0, help="cards over which the worker is watched, nothing else")
    given = parser.parse_args()
    if given.worker:
        print_memory.worker(given.worker)
        return
    begin()
    if given.runs:
        side_by_side(given.runs, not given.card_only)
    if given.cards:
        pile(given.cards)
    if given.long:
        print_memory.one_process(given.long)


if __name__ == "__main__":
    main()
