"""The card on paper: one page whatever is said, the same bytes again, what was cut says where the rest is.

Each paper is laid out once and looked at from several sides: renderings are what costs here.
"""

import re
import shutil
import subprocess
from io import BytesIO

import pytest

from dossiers import engine, rendering
from dossiers.ladder import NAMES
from tests.conftest import missing
from tests.dossiers import samples
from tests.dossiers.tags import faults


def words(pdf: bytes) -> str:
    """Return the text layer without line breaks and blanks, as a reader would find it."""
    if not shutil.which("pdftotext"):
        missing("pdftotext")
    out = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return "".join(out.split())


def margin(pdf: bytes) -> float:
    """Return how far the text of the first page keeps from its right edge, in mm."""
    out = subprocess.run(["pdftotext", "-l", "1", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    found = out.stdout.decode()
    width = float(re.search(r'<page width="([\d.]+)"', found).group(1))
    return (width - max(map(float, re.findall(r'xMax="([\d.]+)"', found)))) * 25.4 / 72


def scanned(pdf: bytes) -> list[str]:
    """Return what a phone reads from the first page as a copier gives it: 150 dots an inch, grey, a little blurred."""
    import zxingcpp
    from PIL import Image, ImageFilter

    if not shutil.which("pdftoppm"):
        missing("pdftoppm")
    command = ["pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-"]
    page = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    picture = Image.open(BytesIO(page)).filter(ImageFilter.GaussianBlur(1))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def test_a_usual_card_is_one_page_says_everything_and_is_the_same_again():
    dossier, stamp = samples.usual(), samples.stamp()
    made = rendering.card(dossier, stamp, rung="d1")
    assert made.pages == 1 and faults(made.pdf) == []
    assert made.rung.partition("+")[0] in NAMES
    assert len(made.pdf) < 220 * 1024
    told = words(made.pdf)
    figures = ["32,000", "10,600", "42,600", "15.0", "186.0", "412.0", "18.60", "2.14/6.20", "34.52%", "41.67%"]
    figures += ["11/19", "98/97", "281", "已卡59天", "2509-159902-04-01-318624", "91159902MA7K3L2H37", "8821021"]
    figures += ["2026-07-20", "2026-12-15", "2025-08-12/2026-07-20/2027-10-31", "6/8", "第7版", "7F3K-92QD"]
    assert [figure for figure in figures if figure not in told] == []
    assert "共5件，列前3件" in told
    assert margin(made.pdf) >= 12.9, "nothing runs into the margin of 13 mm"
    assert rendering.card(dossier, stamp, rung=made.rung).pdf == made.pdf
    assert scanned(made.pdf) == [stamp.url]


def test_an_empty_card_says_so_in_words_and_leaves_room_to_write(monkeypatch):
    made = rendering.card(samples.empty(), samples.stamp())
    assert made.pages == 1
    assert made.rung.startswith("d0+")
    laid, real = [], engine.layout
    monkeypatch.setattr(engine, "layout", lambda *html, **more: laid.append(1) or real(*html, **more))
    assert rendering.card(samples.empty(), samples.stamp(), rung=made.rung).pdf == made.pdf
    assert len(laid) == 1, "the ruled lines of the last print are remembered"
    assert rendering.card(samples.empty(), samples.stamp(), rung="d0+3").pdf == made.pdf, "and counted anew if wrong"
    told = words(made.pdf)
    for sentence in ("审批链路尚未启动。", "需求未申报。", "未落实", "项目不在园区内。", "走访手记"):
        assert sentence in told


def test_too_much_of_everything_still_is_one_page_and_says_where_the_rest_is():
    dossier = samples.overlong()
    made = rendering.card(dossier, samples.stamp(), rung="t4")
    assert made.pages == 1 and faults(made.pdf) == []
    told = words(made.pdf)
    assert dossier.basics.enterprise in told
    assert "䶮𬭎" in told
    assert "阿不都热合曼·买买提艾力" in told
    for rest in ("见册§7", "见册§4", "另有卡点", "另有在办环节"):
        assert rest in told
    assert {"problem", "post"} <= set(made.shortened)


def test_the_folded_card_is_two_pages_and_nothing_runs_off_the_paper():
    made = rendering.card_a5(samples.overlong(), samples.stamp(), rung="t2")
    assert made.pages == 2 and faults(made.pdf) == []
    told = words(made.pdf)
    assert "沿此线对折" in told
    assert told.count("882") == 3
    assert "单位：工作日；*为自然日，不计入合计。" in told


@pytest.mark.parametrize("seed", [7])
def test_random_extremes_are_one_page(seed):
    from tests.dossiers.extremes import extreme

    made = rendering.card(extreme(seed), samples.stamp(), rung="t2")
    assert made.pages == 1
