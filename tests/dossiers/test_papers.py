"""Official papers: the grid of GB/T 9704 measured in the PDF, what each paper says, who may print it, the log."""

import datetime as dt
import io
import re
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from pypdf import PdfReader

from approvals.labels import PAPER_KINDS
from approvals.models import StageEvent
from dossiers import notices, official, papers
from dossiers.wording import WordingError
from factors import entries, entry_sheet, ledger
from factors.models import Posting
from people.models import AuditEntry
from supervision import order_actions
from tests.dossiers.tags import faults
from tests.factors.world import account, book
from tests.supervision.world import NOW

MM = 72 / 25.4
LINE = 225 / 22 * MM
LONG = "请牵头单位会同协办单位逐项核对要素缺口并列明责任人和完成时限报市重点项目工作专班办公室" * 4


def spots(page) -> list[tuple[float, float, str]]:
    """Return (x, y, text) of every piece of text in points from the top left corner."""
    found = []

    def note(text, cm, tm, font, size):
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((x, float(page.mediabox.height) - y, text.strip()))

    page.extract_text(visitor_text=note)
    return found


def plain(data: bytes) -> str:
    """Return the text of a PDF without spaces and line ends."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


@pytest.fixture
def order(world):
    return order_actions.draft_order(
        by=world.chief,
        now=NOW,
        source="meeting",
        basis="11月16日现场办公会议纪要第3项",
        project=world.project,
        items=["接通蒸汽管网,保证供汽", "报送施工计划"],
        lead=world.departments["b"],
        co_units=[world.departments["c"]],
        due_on=dt.date(2026, 12, 30),
        requirement=LONG,
    )


def test_an_order_keeps_the_grid_of_the_standard(world, order, client):
    """22 lines of 28 characters, margins 37/26/35/28 mm, imprint on the last even page; one rendering for all of it."""
    order = order_actions.sign(by=world.chief, now=NOW, order=order)
    client.force_login(world.chief)
    answer = client.get(reverse("paper-order", args=[order.pk]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) == 2 and faults(answer.content) == []
    first, last = spots(reader.pages[0]), spots(reader.pages[1])
    full = [one for one in first + last if len(one[2]) > 20 and one[2] in LONG]
    assert len(full) >= 4
    for x, _y, text in full:  # whole lines; the first of a paragraph is set in by two characters
        assert round(x / MM, 1) == round(28 + (28 - len(text)) * 156 / 28, 1) and len(text) in (26, 28), (x, text)
    tops = sorted({round(y, 2) for _x, y, _t in first if (37 * MM + 11 * LINE) < y < (297 - 35) * MM})
    steps = [(later - earlier) / LINE for earlier, later in zip(tops, tops[1:], strict=False)]
    assert len(steps) > 5 and all(abs(step - round(step)) < 0.1 for step in steps), steps
    assert (297 - 35) * MM - tops[-1] < LINE, "the 22nd line is used"
    assert min(y for _x, y, _t in last) - 37 * MM < LINE, "the second page begins with its first line"
    said = plain(answer.content)
    for words in ("督办通知单", order.number, "接通蒸汽管网\uff0c保证供汽", "2026年12月30日", "—1—", "—2—", "抄送"):
        assert words in said, words
    entry = AuditEntry.objects.get(kind="print", detail__paper="order")
    assert entry.detail["code"] == order.number and len(entry.detail["check"]) == 64 and entry.by == world.chief


def test_a_draft_says_so_and_strangers_find_nothing(world, order, client):
    paper = papers.order_paper(order, "http://testserver/")
    assert paper.context["number"] == "" and paper.filename == "order-draft.pdf"
    assert papers.unprintable(paper) == [] and papers.unprintable(replace(paper, title="\U000323af")) == ["\U000323af"]
    client.force_login(world.d)
    assert client.get(reverse("paper-order", args=[order.pk])).status_code == 404


def event(world, kind, **data):
    stage = world.project.chain.stages.select_related("department", "chain__project__enterprise").first()
    return StageEvent.objects.create(
        stage=stage,
        kind=kind,
        from_state=1,
        to_state=1,
        by=world.chief,
        occurred_at=NOW,
        recorded_at=NOW,
        data=data,
        case_no="BJ-2026-7",
        document_no="云发改告〔2026〕42号",
    )


def test_a_notice_says_what_was_recorded(world, client):
    lacks = ["能耗指标来源文件:尚缺 32000 吨标准煤", "<b>第2页</b>未加盖公章"]
    made = event(world, "request_supplement", missing=lacks)
    client.force_login(world.chief)
    answer = client.get(reverse("paper-notice", args=[made.pk]))
    assert faults(answer.content) == []
    said = plain(answer.content)
    for words in ("一次性告知单", "云发改告〔2026〕42号", "BJ-2026-7", "尚缺32000吨标准煤", "<b>第2页</b>", "共2件"):
        assert words in said, words
    assert AuditEntry.objects.get(kind="print", detail__paper="supplement").target_id == str(world.project.pk)
    client.force_login(world.d)
    note = event(world, "note")
    assert client.get(reverse("paper-notice", args=[note.pk])).status_code == 404
    assert set(notices.KINDS) == PAPER_KINDS


def test_letters_of_deferral_and_commitment(world):
    materials = [{"name": "用水计量设施方案", "due_on": "2026-12-02"}, {"name": "说明", "due_on": "2026-12-09"}]
    paper = notices.notice_paper(event(world, "accept_with_deferral", materials=materials), "http://testserver/")
    assert "2026年12月9日" in paper.context["box"] and paper.context["rows"][0][1] == "2026-12-02"
    made = papers.render(paper)
    assert made.pages == 2 and faults(made.data) == [] and "容缺受理承诺书" in plain(made.data) and not made.refused
    promised = event(world, "accept_on_commitment", text="按期验收\n达标排放", verify_by="2027-01-04")
    paper = notices.notice_paper(promised, "http://testserver/")
    assert paper.context["lines"] == ["按期验收", "达标排放"] and "2027年1月4日" in paper.context["box"]


def test_an_entry_of_the_journal_is_a_voucher(world, client):
    b = book(basis="calorific", department=world.departments["b"])
    pool = account(b, "pool", "city", name="云川市能耗指标池", district=world.city, department=world.departments["b"])
    issuer = account(b, "issuer", "up")
    grant = entries.move("grant", issuer, pool, 10_600_000, key="1", on=NOW.date(), document_no="省〔2026〕1号")
    ledger.post([grant], now=NOW)
    entry = Posting.objects.get(key="1")
    client.force_login(world.chief)
    answer = client.get(reverse("paper-voucher", args=[entry.year, entry.number]))
    page = PdfReader(io.BytesIO(answer.content)).pages
    assert len(page) == 1 and [round(float(side) / MM) for side in page[0].mediabox[2:]] == [210, 148]
    assert "壹万零陆佰吨标准煤" in plain(answer.content) and faults(answer.content) == []
    transfers = list(entry.transfers.select_related("reservation", "resolves__reservation").order_by("line"))
    ledger.post([entries.reverse(entry, transfers, key="2", on=NOW.date(), document_no="省〔2026〕2号")], now=NOW)
    back = Posting.objects.get(key="2")
    paper = papers.voucher_paper(back, entry_sheet.sheet(world.chief, back), "http://testserver/")
    html = render_to_string(paper.template, paper.context)
    assert html.count("<em>") == 1 and entry.label in html, "stamped as a reversal, names what it takes back"


def test_words_of_a_city(settings, tmp_path):
    settings.PAPER_TEMPLATES = str(tmp_path)
    own = tmp_path / "official.yaml"
    own.write_text("product: 云川通\norder: {matters: 办什么}\n", encoding="utf-8")
    assert official.words()["order"]["matters"] == "办什么" and official.words()["order"]["required"] == "办理要求"
    for wrong in ("nonsense: 1", "order: text", "order: {term_sentences: text}", "order: [", "issuer: [1]"):
        own.write_text(wrong, encoding="utf-8")
        own.touch()
        official._read.cache_clear()
        with pytest.raises(WordingError):
            official.words()


def test_filling_in():
    assert official.fill("{a}{b}", {"a": "{b}"}) == "{b}{b}"
    assert official.rich("<b>{a}</b><i>", {"a": "<x>"}) == "<b>&lt;x&gt;</b>&lt;i&gt;"
    assert official.sentences(["{a}。", "{b}。", "c"], {"a": "", "b": "1"}) == ["1。", "c"]
    assert official.numbered(["甲", "", "乙"])[1] == "\uff08二\uff09乙" and official.numbered(["一、甲", "乙"]) == [
        "一、甲",
        "乙",
    ]
    assert [official.numeral(n) for n in (1, 10, 12, 20, 99)] == ["一", "十", "十二", "二十", "九十九"]
