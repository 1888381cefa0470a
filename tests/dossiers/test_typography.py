"""Chinese typesetting: marks, squeezing, what stays on one line."""

import pytest

from dossiers import typography

COMMA, COLON, LEFT, RIGHT = "\uff0c", "\uff1a", "\uff08", "\uff09"
LONG = "关于云川宏远炭材料有限公司年产十二万吨负极材料一体化项目的督办通知单"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("电话:0800-0000000", f"电话{COLON}0800-0000000"),
        ("甲,乙;丙.", f"甲{COMMA}乙\uff1b丙。"),
        ("张三(主任)说...", f"张三{LEFT}主任{RIGHT}说……"),
        ("(甲),乙", f"{LEFT}甲{RIGHT}{COMMA}乙"),
        ("A1:2, f(x) 10:30 http://x.example/a.b", "A1:2, f(x) 10:30 http://x.example/a.b"),
    ],
)
def test_marks(typed, printed):
    assert typography.zh_text(typed) == printed


def test_typeset_escapes_and_holds_together():
    made = typography.typeset(f"<b>需 12.5 万吨标煤{LEFT}等价值{RIGHT}{COMMA}请按期补正完毕。")
    assert "&lt;b&gt;" in made and "<x-n>12.5 万吨标煤</x-n>" in made and f"<x-h>{RIGHT}</x-h>" in made
    assert made.endswith("<x-n>补正完毕。</x-n>")
    assert "<x-n>2027-09-08</x-n> 全" in typography.typeset("预计 2027-09-08 全部办结,晚于计划")
    assert typography.typeset(None) == "" and "<script" not in typography.typeset("<script>&#x3c;")


@pytest.mark.parametrize("title", ["督办通知单", LONG * 2])
def test_titles_are_broken_in_even_lines(title):
    lines = typography.balanced(title, 20)
    assert "".join(lines) == title and all(0 < len(line) <= 20 for line in lines)


def test_cut_at_a_mark_never_in_a_number():
    assert typography.cut("短", 5) == "短"
    assert typography.cut("能耗指标不足,缺口很大", 8) == "能耗指标不足…"
    assert typography.cut("缺口是 123456 吨", 8) == "缺口是 …"
