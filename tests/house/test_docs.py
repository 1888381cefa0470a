"""What the documentation points to is there: files, headings, tests by name, every decision in its index."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|^ {4,}\S.*?$", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[tuple[str, str]]:
    """Return text and target of the links of a page that lead to our own files."""
    found = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return [(text, target) for text, target in found if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made from their text."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    lost = []
    for _text, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_named_exists(page):
    named = [
        (text.strip("`"), (page.parent / target.partition("#")[0]).resolve())
        for text, target in links(page)
        if text.strip("`").startswith("test_") and not text.strip("`").endswith(".py")
    ]
    assert [name for name, file in named if f"def {name}(" not in file.read_text(encoding="utf-8")] == []


def test_clerks_are_told_the_test_of_every_rule():
    text = (ROOT / "docs" / "ledger-for-clerks.md").read_text(encoding="utf-8")
    rules = [
        line
        for table in re.findall(r"^\| 规矩 \|.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
        for line in table.splitlines()[2:]
    ]
    assert len(rules) > 60
    assert [line for line in rules if "[`test_" not in line or not line.split("|")[3].strip()] == []


def test_every_decision_stands_in_the_index():
    decisions = ROOT / "docs" / "adr"
    listed = (decisions / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in sorted(decisions.glob("0*.md")) if f"({p.name})" not in listed] == []
