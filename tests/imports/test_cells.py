"""What people type: each line is a cell as found in a real workbook, and what it must become."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports import cells
from imports.cells import BadCell, Cell, Fault


def read(parse, raw, **known):
    return parse(raw, Cell(**known))


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("１２３ＡＢｃ", "123ABc"),
        ("  云川\u3000宏远\u00a0炭材料  ", "云川 宏远 炭材料"),
        ("年产（一期）", "年产（一期）"),
        ("a\r\nb", "a\nb"),
        ("\u202eabc\u200b\x00", "abc"),
        ("\ud800x", "x"),
        ("'=1+1", "=1+1"),
        ("'quoted", "'quoted"),
        (12.0, "12"),
        (0.1, "0.1"),
        (True, "TRUE"),
        (datetime(2023, 5, 1), "2023-05-01"),
        (None, ""),
    ],
)
def test_text_is_tidied(raw, tidy):
    assert cells.tidy(raw) == tidy


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("１２００", 1200),
        ("1,200.50", "1200.5"),
        (1200.5, "1200.5"),
        ("１，２００．５", "1200.5"),
        ("-3", -3),
        (" 16 ", 16),
        (".5", ".5"),
    ],
)
def test_numbers(raw, number):
    assert read(cells.decimal, raw) == Decimal(str(number))


@pytest.mark.parametrize(
    "raw", ["十六天", "1,2", "1 2,3", "NaN", "1e400", "inf", "一", True, date(2023, 5, 1), "12吨", "--"]
)
def test_what_is_no_number_says_so_with_an_example(raw):
    with pytest.raises(BadCell) as caught:
        read(cells.decimal, raw)
    assert caught.value.problem.params


def test_a_chinese_numeral_is_suggested():
    with pytest.raises(BadCell) as caught:
        read(cells.decimal, "十六天")
    assert caught.value.problem.suggestion == "16"
    assert [cells.chinese_number(t) for t in ("二十", "一百零五", "三千", "天")] == [20, 105, 3000, None]


@pytest.mark.parametrize(
    ("raw", "unit", "wan"),
    [
        ("12000", "", "12000"),
        ("1.2亿", "", "12000"),
        ("1.2 亿元", "万元", "12000"),
        ("3000万元", "亿元", "3000"),
        ("500元", "", "0.05"),
        (1.2, "亿元", "12000"),
        ("１.２", "亿元", "12000"),
    ],
)
def test_money_is_in_wan(raw, unit, wan):
    assert read(cells.money, raw, unit=unit) == Decimal(wan)


def test_money_is_not_negative():
    with pytest.raises(BadCell):
        read(cells.money, "-1")


@pytest.mark.parametrize(
    "raw",
    [
        "2023-5-1",
        "2023.5.1",
        "2023/05/01",
        "2023年5月1日",
        "２０２３．５．１",
        "20230501",
        20230501,
        45047,
        "45047",
        date(2023, 5, 1),
        datetime(2023, 5, 1, 8, 30),
        "2023-5-1 18:30",
        "2023-05-01T08:30:00",
        " 2023 年 5 月 1 日 ",
    ],
)
def test_dates(raw):
    assert read(cells.day, raw) == date(2023, 5, 1)


@pytest.mark.parametrize("raw", ["2023年5月", "2023.5", 2023.5, "2023-05"])
def test_a_month_is_its_first_day_and_says_so(raw):
    cell = Cell()
    assert cells.day(raw, cell) == date(2023, 5, 1)
    assert len(cell.notes) == 1


def test_serial_numbers_follow_the_date_system():
    assert read(cells.day, 45047, epoch_1904=True) == date(2027, 5, 2)


@pytest.mark.parametrize(
    "raw",
    ["2026-02-30", "5月3日", "23.5.1", "明天", "2023-13-01", "1900-01-01", 5, "9999-12-31", Fault("#REF!"), "10:30"],
)
def test_what_is_no_date_says_so(raw):
    with pytest.raises(BadCell):
        read(cells.day, raw)


def test_slashes_need_a_declared_order():
    assert read(cells.day, "7/1/2021", date_order="mdy") == date(2021, 7, 1)
    assert read(cells.day, "7/1/2021", date_order="dmy") == date(2021, 1, 7)
    with pytest.raises(BadCell) as caught:
        read(cells.day, "7/31/2021")
    assert caught.value.problem.suggestion == "2021-07-31"
    with pytest.raises(BadCell) as caught:
        read(cells.day, "7/1/2021")
    assert caught.value.problem.suggestion == ""


def test_project_codes():
    assert read(cells.project_code, " 2607－159903－04－01－381725 ") == "2607-159903-04-01-381725"
    assert read(cells.project_code, "26071599030401381725") == "2607-159903-04-01-381725"
    assert read(cells.project_code, "x-wri-1000453") == "X-WRI-1000453"
    with pytest.raises(BadCell) as caught:
        read(cells.project_code, "2608-15990-04-01-627715")
    assert caught.value.problem.params == {"part": 2, "digits": "15990", "count": 5}


def test_credit_codes(shared_data):
    lines = (shared_data / "codes/uscc_valid_shared_100.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    codes = [line.split(",")[0] for line in lines]
    assert len(codes) == 100
    assert [read(cells.credit_code, code) for code in codes] == codes


def test_credit_code_mistakes():
    assert read(cells.credit_code, "91 110000 600037341l") == "91110000600037341L"
    for raw in ("12345", "A1110000600037341L", "91110000600037341N", 9.111e17):
        with pytest.raises(BadCell):
            read(cells.credit_code, raw)
    with pytest.raises(BadCell) as caught:
        read(cells.credit_code, "9135O1OOMOOO1OOY43")
    assert caught.value.problem.suggestion == "91350100M000100Y43"


def test_telephones():
    assert read(cells.phone, "（0470）8123456") == "0470-8123456"
    assert read(cells.phone, "139 0000 1234") == "13900001234"
    assert read(cells.phone, "0470－8123456转801") == "0470-8123456x801"
    with pytest.raises(BadCell):
        read(cells.phone, "电话未定")


def test_degrees():
    longitude = partial(cells.degrees, most=180)
    assert read(longitude, "106.79415") == Decimal("106.794150")
    assert read(longitude, "106°47′38.94″E") == Decimal("106.794150")
    for raw in ("560000.5", "200", "东经"):
        with pytest.raises(BadCell):
            read(longitude, raw)


def test_choices_suggest_the_nearest():
    options = {"备案": "filing", "filing": "filing", "核准": "verification"}
    assert read(partial(cells.choice, options=options), " 备 案 ") == "filing"
    with pytest.raises(BadCell) as caught:
        read(partial(cells.choice, options=options), "备案类")
    assert caught.value.problem.suggestion == "备案"


def test_problems_are_stored_and_come_back():
    with pytest.raises(BadCell) as caught:
        read(cells.decimal, "十六天")
    problem = caught.value.problem
    assert cells.Problem.from_stored(problem.stored()) == problem
    assert "十六天" in problem.words()


@given(st.text(alphabet=st.sampled_from("=+-@'\t\r\x00aA1 中") | st.characters(), max_size=30))
def test_the_formula_guard_comes_off_again(text):
    guarded = cells.guard(text)
    assert guarded[:1] not in ("=", "+", "-", "@", "\t", "\r", "\x00")
    assert cells.unguard(guarded) == text


ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.just(Fault("#N/A")),
)


@given(ANYTHING)
def test_no_parser_fails_but_in_words(raw):
    parsers = (
        cells.text,
        cells.decimal,
        cells.integer,
        cells.money,
        cells.day,
        cells.credit_code,
        cells.project_code,
        cells.phone,
        partial(cells.degrees, most=180),
        partial(cells.choice, options={"a": 1}),
    )
    for parse in parsers:
        try:
            parse(raw, Cell())
        except BadCell as bad:
            assert bad.problem.words()


@given(st.dates(min_value=cells.EARLIEST, max_value=cells.LATEST))
def test_dates_come_back(day):
    for written in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
    ):
        assert read(cells.day, written) == day


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_numbers_come_back(number):
    assert read(cells.decimal, f"{number:,}") == number
    assert read(cells.decimal, str(number)) == number
