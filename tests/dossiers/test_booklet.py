"""The booklet: one rendering with everything in it, bound files, contents with page numbers, bookmarks, revisions."""

import re
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.exceptions import SuspiciousOperation

from dossiers import enclosures, rendering
from dossiers.content import Attachment, Event, Material, Order, Posting, Records, Revision
from tests.dossiers import samples
from tests.dossiers.tags import faults
from tests.dossiers.test_card import words


def pdf(pages: int = 2, password: str = "") -> bytes:
    """Return a PDF of blank pages with a script in it."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    writer = PdfWriter()
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("evil")}
    )
    for _number in range(pages):
        writer.add_blank_page(595, 842)[NameObject("/AA")] = DictionaryObject({NameObject("/O"): script})
    if password:
        writer.encrypt(password)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def png() -> bytes:
    """Return a small picture."""
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PNG")
    return out.getvalue()


FILES = {"a.pdf": pdf(2), "locked.pdf": pdf(1, "x"), "b.png": png(), "broken.pdf": b"%PDF-nonsense", "c.png": b"GIF89a"}


def attachment(name: str, kind: str, **more) -> Attachment:
    """Return an attachment of FILES."""
    data = FILES.get(name, b"")
    facts = {"size": len(data), "sha256": sha256(data).hexdigest(), "path": name, "on": samples.day("03-04")}
    return Attachment(name, "01 项目备案", kind, **(facts | more))


def read(path: str) -> bytes:
    """Return a file of FILES."""
    if path not in FILES:
        raise enclosures.Unusable("文件已不存在")
    return FILES[path]


ATTACHMENTS = (
    attachment("a.pdf", "pdf"),
    attachment("b.png", "picture"),
    attachment("locked.pdf", "pdf"),
    attachment("broken.pdf", "pdf"),
    attachment("c.png", "picture"),
    attachment("gone.pdf", "pdf"),
    attachment("a.pdf", "pdf", sha256="0" * 64),
    attachment("plan.dwg", "other"),
)


def full():
    """Return a usual dossier with its records."""
    rows = tuple(Material(f"{n:02}", "项目备案", f"申请材料{n}", "已交") for n in range(1, 45))
    events = tuple(
        Event(samples.day("05-18"), samples.day("05-19"), "10", "取水许可", "受理", f"受〔2026〕{n}号", by="孙海波")
        for n in range(1, 40)
    )
    base = samples.usual()
    posting = Posting(samples.day("04-20"), "〔2026〕14", "预占", "能耗", "10,600", "吨标准煤", "云发能〔2026〕9号")
    return replace(
        base,
        quota=replace(base.quota, postings=(posting,)),
        orders=(
            Order(
                "云督〔2026〕3号",
                "督办通知单",
                "能耗指标落实",
                "市发改委",
                samples.day("06-01"),
                None,
                "办理中",
                samples.AMBER,
            ),
        ),
        records=Records(materials=rows, events=events, attachments=ATTACHMENTS, drawings=(), legend=()),
    )


def test_the_booklet_holds_everything_numbered_and_bound():
    from pypdf import PdfReader

    revision = Revision(6, samples.NOW, "苏晓岚", "能耗列为卡点")
    made = rendering.booklet(full(), samples.stamp(), attachments=read, revisions=[revision])
    reader = PdfReader(BytesIO(made.pdf))
    assert made.pages == len(reader.pages)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    assert "/Metadata" not in reader.trailer["/Root"], "it does not vouch for the tags of files that others made"
    assert b"evil" in FILES["a.pdf"]
    assert b"evil" not in made.pdf
    told = words(made.pdf)
    for fact in (
        "第6版",
        "能耗列为卡点",
        "〔2026〕14",
        "云督〔2026〕3号",
        "申请材料44",
        "受〔2026〕39号",
        "1/616.67%",
        "云审备〔2025〕418号",
    ):
        assert fact in told, fact
    for why in ("合订，2页", "文件已加密", "不能读作PDF", "不是图片", "文件已不存在", "校验值与登记不符"):
        assert why in told, why
    assert told.count(sha256(FILES["a.pdf"]).hexdigest()) == 1
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert [title for title in titles if title.startswith("3")] == ["3　审批链路台账"]
    assert titles[-1] == "1　a.pdf"
    assert reader.get_destination_page_number(reader.outline[-1]) == made.pages - 2
    listed = "".join(reader.pages[1].extract_text().split())
    number = int(re.search(r"审批链路台账\.+(\d+)", listed).group(1))
    assert "审批链路台账" in "".join(reader.pages[number - 1].extract_text().split())
    assert f"{number}/{made.pages - 2}" in "".join(reader.pages[number - 1].extract_text().split())
    sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in reader.pages}
    assert {(595, 842), (842, 595)} <= sizes


def test_a_booklet_of_our_own_pages_only_is_pdf_ua():
    records = replace(full().records, attachments=())
    made = rendering.booklet(replace(full(), records=records), samples.stamp())
    assert made.pages > 5 and faults(made.pdf) == []


def test_a_file_outside_our_storage_is_not_read(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for path in ("", "../../etc/passwd", "nothing.pdf"):
        with pytest.raises((SuspiciousOperation, enclosures.Unusable)):
            enclosures.stored(path)
