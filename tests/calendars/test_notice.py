"""Reading the State Council's notice as pasted, against the real sentences of 2007–2026."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.notice import parse
from calendars.workdays import Day

NOTICE_2026 = """国务院办公厅关于2026年部分节假日安排的通知
国办发明电〔2025〕7号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
国务院办公厅
2025年11月4日
"""


def test_the_whole_notice_gives_the_days_of_the_year(shared_data):
    entries = json.loads((shared_data / "holidays" / "2026.json").read_text())["days"]
    expected = {date.fromisoformat(entry["date"]): Day(not entry["isOffDay"], entry["name"]) for entry in entries}
    read = parse(NOTICE_2026, 2026)
    assert (read.days, read.problems) == (expected, [])


def test_sentences_of_real_notices(shared_data):
    cases = json.loads((shared_data / "holidays" / "description_parsing_cases.json").read_text())
    assert len(cases) >= 49
    for case in cases:
        read = parse(case["description"], case["year"])
        expected = {date.fromisoformat(entry["date"]): not entry["isOffDay"] for entry in case["expected"]}
        assert {day: rule.is_workday for day, rule in read.days.items()} == expected, case["description"]
        assert read.problems == []


def test_plain_lines_and_sentences_mixed():
    read = parse(
        "2027-01-01 休 元旦\n2027/2/6（周六） 班\n2027年2月5日 放假 春节\n\n清明节：４月５日（周一）放假。", 2027
    )
    assert read.problems == []
    assert read.days == {
        date(2027, 1, 1): Day(False, "元旦"),
        date(2027, 2, 6): Day(True, ""),
        date(2027, 2, 5): Day(False, "春节"),
        date(2027, 4, 5): Day(False, "清明节"),
    }


def test_a_range_over_the_turn_of_the_year_and_lines_broken_by_the_page():
    read = parse("元旦：2026年12月31日至1月2日放假，\n共3天。2026年12月26日（星期六）\n上班。", 2027)
    assert read.problems == []
    assert sorted(read.days) == [date(2026, 12, 26), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)]
    assert read.days[date(2026, 12, 26)] == Day(True, "元旦")


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        (NOTICE_2026, "other_year", 0),
        ("元旦：1月1日（周四）放假。", "weekday", 1),
        ("元旦：1月1日放假。\n春节：2月30日放假。", "bad_date", 2),
        ("元旦：1日放假。", "bad_date", 1),
        ("2027-13-01 休", "bad_date", 1),
        ("元旦：1月3日至1日放假。", "backwards", 1),
        ("元旦：1月1日至3日放假，共4天。", "count", 1),
        ("2027-01-02 休 元旦\n2027-01-02 班", "conflict", 2),
        ("2031-01-02 休 元旦", "other_year", 0),
        ("今年不放假吗？", "nothing", 0),
        ("", "nothing", 0),
    ],
)
def test_contradictions_are_problems_and_nothing_is_guessed(text, kind, line):
    assert (kind, line) in [(problem.kind, problem.line) for problem in parse(text, 2027).problems]


PIECES = "0123456789年月日（）()，。、；：:至—-/. \n休班放假上班共天调至元旦周六２一ⅡⅢ²"


@given(st.text(st.sampled_from(PIECES), max_size=120), st.integers(2004, 2060))
def test_no_text_breaks_the_reader(text, year):
    read = parse(text, year)
    assert read.days or read.problems


@given(st.text(max_size=200))
def test_no_unicode_breaks_the_reader(text):
    parse(text, 2027)
