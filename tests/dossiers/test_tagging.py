"""The tags of papers: every rule of PDF/UA-1 that a program can check, on every paper; what we add to WeasyPrint's."""

import io

from pypdf import PdfReader
from pypdf.generic import ContentStream

from dossiers import engine
from tests.dossiers.tags import faults

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<style>@page { @bottom-left { content: "第" counter(page) "页" } } p { border: 1px solid; background: #eee }</style>
</head>
<body><h1>云川</h1><p><svg viewBox="0 0 9 9" width="9"><path d="M0 0h9v9z"/></svg>正常</p>
<svg viewBox="0 0 9 9" width="9"><title>共 19 个环节</title><path d="M0 0h9v9z"/></svg><a href="#a">附件</a>
<table><thead><tr><th>环节</th><th>时限</th></tr></thead><tbody><tr><th>01 备案</th><td>3</td></tr></tbody></table>
<p id="a" style="break-before: page">附件</p></body></html>"""


def below(element):
    """Yield an element of the tag tree and all below it."""
    yield element
    for kid in element.get("/K", ()):
        if not isinstance(kid, int) and kid.get_object().get("/Type") == "/StructElem":
            yield from below(kid.get_object())


def test_a_paper_is_pdf_ua_and_says_so():
    made = engine.pdf(PAGE, title="卡")
    assert faults(made.data) == []
    reader = PdfReader(io.BytesIO(made.data))
    root = reader.trailer["/Root"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] and root["/MarkInfo"]["/Marked"] and root["/Lang"] == "zh-CN"
    metadata = root["/Metadata"].get_data().decode()
    assert "pdfuaid:part" in metadata and "卡" in metadata and reader.metadata.title == "卡"

    tree = list(below(root["/StructTreeRoot"]["/K"][0].get_object()))
    heads = [one["/A"]["/Scope"] for one in tree if one["/S"] == "/TH"]
    assert heads == ["/Column", "/Column", "/Row"]
    assert [one["/Alt"] for one in tree if one["/S"] == "/Figure"] == ["共 19 个环节"]
    assert {"/H1", "/P", "/Link", "/Table", "/THead", "/TBody", "/TR", "/TD"} < {one["/S"] for one in tree}


def test_nothing_is_drawn_that_is_neither_told_nor_decoration():
    """Marks on the pages and in the tree are the same; the foot, borders and mute pictures are artifacts."""
    reader = PdfReader(io.BytesIO(engine.pdf(PAGE, title="卡").data))
    tree = list(below(reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object()))
    told = sorted((one["/Pg"]["/StructParents"], kid) for one in tree for kid in one["/K"] if isinstance(kid, int))
    marked, artifacts, open_marks = [], 0, []
    for page in reader.pages:
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator in (b"BDC", b"BMC"):
                open_marks.append(operands[0])
                artifacts += operands[0] == "/Artifact"
                if operator == b"BDC":
                    marked.append((page["/StructParents"], operands[1]["/MCID"]))
            elif operator == b"EMC":
                open_marks.pop()
            elif operator in (b"Tj", b"TJ", b"f", b"f*", b"S", b"s", b"B", b"Do", b"sh"):
                assert open_marks, operator
    assert not open_marks and sorted(marked) == told and artifacts > 4


def test_a_paper_with_foreign_pages_claims_nothing():
    made = engine.pdf(PAGE, title="卡", variant=None)
    assert b"pdfuaid" not in made.data and PdfReader(io.BytesIO(made.data)).trailer["/Root"].get("/Metadata") is None
