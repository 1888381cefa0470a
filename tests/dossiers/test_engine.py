"""The engine of papers: what hostile HTML gets (nothing), same bytes for same HTML, tags, fonts, rare characters."""

import hashlib
import http.server
import io
import re
import threading
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from dossiers import engine, fetching, fonts

ROOT = Path(__file__).resolve().parents[2]
NAME = "云川宏远炭材料有限公司"
SECRET = "SECRET-OF-THE-SERVER"


def page(body: str, head: str = "") -> str:
    return f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'


def text(pdf: engine.Pdf) -> str:
    return "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf.data)).pages)


@pytest.fixture(scope="module")
def listener():
    """A server of the internal network that notes who comes, and sends everybody on to another address."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path.as_uri()


def test_hostile_html_loads_nothing(listener, secret):
    """Every way an HTML page has of asking for something, in one paper: it prints without."""
    address, seen = listener
    head = "".join(
        f'<link rel="attachment" href="{one}"><link rel="stylesheet" href="{one}">'
        f'<style>@import url("{one}"); @font-face {{ font-family: x; src: url({one}) }} '
        f"@page {{ background: url({one}) }} .x {{ content: url({one}); list-style-image: url({one}) }}</style>"
        for one in (f"{address}/head", secret, "ftp://127.0.0.1/x")
    )
    body = f"<p>{NAME}</p>" + "".join(
        f'<img src="{one}"><object data="{one}"></object><embed src="{one}"><iframe src="{one}"></iframe>'
        f'<svg width="9" height="9"><image href="{one}" width="9" height="9"/><use href="{one}#a"/></svg>'
        f'<svg width="9" height="9" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{one}"/></svg>'
        f'<a rel="attachment" href="{one}">file</a><input type="image" src="{one}"><p class="x">x</p>'
        for one in (
            *(f"{address}/body", secret, "ftp://127.0.0.1/x", "//127.0.0.1/x", "luodi://other/static/css/base.css"),
            *(
                "luodi://site/static/../config/settings.py",
                "/static/%2e%2e/%2e%2e/manage.py",
                "/media/1.png",
                "/given/9",
            ),
            *("data:image/svg+xml,%3Csvg/%3E", "data:text/css;base64,QUFB", "/etc/passwd", "../../manage.py", "x\0y"),
        )
    )
    made = engine.pdf(page(body, head + f'<base href="{secret}">'), title="x")
    assert made.pages >= 1 and NAME in text(made) and not seen
    reader = PdfReader(io.BytesIO(made.data))
    assert not list(reader.attachments) and SECRET.encode() not in made.data
    assert not any(page.images for page in reader.pages)
    assert len(made.refused) > 20


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "http://localhost/",
            "data:,x",
            "luodi://site/",
            "luodi://site/static/",
            "luodi:static",
        ),
        *("luodi://site/static/../manage.py", "luodi://site/static/%2e%2e/manage.py", "luodi://site/static/css/%00"),
        *(
            "luodi://site/static//etc/passwd",
            "luodi://site/given/2",
            "luodi://site/given/../1",
            "luodi://u@site/static/x",
        ),
        *("luodi://site/static/js/base.js", "luodi://site/static/css", "LUODI://SITE/static/css/base.css"),
    ],
)
def test_addresses_refused(url):
    with pytest.raises(fetching.Refused):
        fetching.answer(url, {"1": b"x"})


def png(width: int, height: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_pictures_are_small_enough_to_print():
    assert fetching.answer("luodi://site/given/1", {"1": png(9, 9)})[1] == "image/png"
    bomb = png(20_000, 20_000)
    assert len(bomb) < 100_000
    for data in (bomb, b"<svg onload='x'/>", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a", b""):
        with pytest.raises(fetching.Refused):
            fetching.answer("luodi://site/given/1", {"1": data})


def test_a_paper_is_tagged_titled_repeatable_and_holds_rare_characters():
    html = page(f'<h1>{NAME}</h1><p>张䶮、李𬭎 <b>12 万千瓦时</b></p><img src="/given/a" alt="x">')
    first, second = (
        engine.pdf(html, title="卡", pictures={"a": png(9, 9)}, attachments=[engine.File("a.txt", b"a")]) for _ in "12"
    )
    assert first.data == second.data and first.sha256 == hashlib.sha256(second.data).hexdigest() and not first.refused
    reader = PdfReader(io.BytesIO(first.data))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "zh-CN" and "/StructTreeRoot" in root
    assert reader.metadata.title == "卡" and reader.attachments["a.txt"] == [b"a"]
    assert all(one in text(first) for one in (NAME, "䶮", "𬭎", "12 万千瓦时"))
    used = reader.pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"].partition("+")[2] for font in used}
    assert {"Luodi-Sans", "Luodi-Sans-Bold"} < names
    laid = engine.layout(page("<p>1</p><p style='break-before:page'>2</p>"), title="x")
    assert laid.pages == 2


def test_characters_without_font_are_known_before_printing():
    assert fonts.missing(NAME + "䶮𬭎㛃 12 ✓①〔2026〕\n") == []
    assert fonts.missing("张\U000323af三\U000323af") == ["\U000323af"]
    assert fonts.lacks("王堃") == ["堃"] and fonts.lacks("王堃", fonts.SANS) == ["堃"] and not fonts.lacks("王宏远")


def test_papers_ask_for_no_font_features_but_those_of_squeezed_marks():
    """Each run of text with font features costs memory that WeasyPrint never gives back, and figures align without."""
    asked = re.compile(r"([^{}]*)\{[^{}]*\bfont-(?:variant|feature|kerning|language)[^{}]*}")
    styles = [*(ROOT / "static/css").glob("dossier-*.css"), *(ROOT / "static/css").glob("paper*.css")]
    found = {path.name: asked.findall(path.read_text(encoding="utf-8")) for path in styles}
    rules = {name: [rule.rpartition("*/")[2].strip() for rule in rules] for name, rules in found.items() if rules}
    assert len(styles) >= 8 and rules == {"paper-fonts.css": ["x-h"]}
    for path in (ROOT / "static/fonts").glob("*.otf"):
        with TTFont(path, lazy=True) as font:
            widths = {font["hmtx"][font.getBestCmap()[ord(figure)]][0] for figure in "0123456789"}
        assert len(widths) == 1, path.name


def test_fonts_are_as_listed():
    listed = (ROOT / "static/fonts/VENDOR.md").read_text(encoding="utf-8")
    files = list((ROOT / "static/fonts").glob("*.otf"))
    assert len(files) == 3 and sum(path.stat().st_size for path in files) < 10_000_000
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() in listed, path.name
        with TTFont(path, lazy=True) as font:  # character id = glyph id, or some readers show other characters
            ids = font["CFF "].cff[0].charset
            assert ids[1:] == [f"cid{number:05d}" for number in range(1, len(ids))], path.name
