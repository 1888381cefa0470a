"""Amounts: what people write is read exactly or refused with the reason, and what is printed can be read back."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import quantity as q
from factors.units import FAMILIES, HA, M2, MU

EXAMPLES = [
    ("3.2万吨标煤", "energy", 32_000_000),
    ("３．２ 万吨标准煤", "energy", 32_000_000),
    ("7,840 tce", "energy", 7_840_000),
    ("7.84万tce/a", "energy", 78_400_000),
    ("+60 万吨标准煤/年", "energy", 600_000_000),
    ("1234.567吨标煤", "energy", 1_234_567),
    ("123千克标准煤", "energy", 123),
    ("12 kgce", "energy", 12),
    ("3，２００吨标煤", "energy", 3_200_000),
    ("35.6亩", "land", 356 * MU // 10),
    ("0.1亩", "land", MU // 10),
    ("1 亩", "land", MU),
    ("1公顷", "land", 15 * MU),
    ("176公顷", "land", 176 * HA),
    ("1.5820 hm²", "land", 15820 * M2),
    ("23733.33㎡", "land", 2_373_333 * 3),
    ("0.0001亩", "land", 20),
    ("1 km²", "land", 100 * HA),
    ("2000 m2", "land", 3 * MU),
    ("１２００ m³/d", "water", 438_000),
    ("1200立方米/日", "water", 438_000),
    ("0.12万方/天", "water", 438_000),
    ("0.000012亿m³/d", "water", 438_000),
    ("1760万立方米", "water", 17_600_000),
    ("1.2亿m³", "water", 120_000_000),
    ("120百万 m^3/年", "water", 120_000_000),
    ("1 200㎥", "water", 1200),
    ("0.32万", "water", 3200),
    ("0.01 t", "emissions", 10_000),
    ("0.2563 t/a", "emissions", 256_300),
    ("2公斤", "emissions", 2000),
    ("1千吨", "coal", 1_000_000),
    ("500 t", "coal", 500_000),
    ("50MVA", "power", 50_000),
    ("3.15万千伏安", "power", 31_500),
    ("630KVA", "power", 630),
    ("75 t/h", "steam", 75_000),
    ("500公斤/小时", "steam", 500),
    ("300万Nm³/年", "gas", 3_000_000),
    ("2标立方米/日", "gas", 730),
    ("1.5 tCO₂e", "carbon", 1500),
    ("2万吨二氧化碳当量", "carbon", 20_000_000),
    ("800万千瓦时", "electricity", 8_000_000),
    ("500度", "electricity", 500),
    ("1,024", "count", 1024),
    ("０", "count", 0),
]


@pytest.mark.parametrize(("text", "family", "smallest"), EXAMPLES)
def test_the_field_is_read_exactly(text, family, smallest):
    assert q.parse(text, family).smallest == smallest


REFUSED = [
    ("", "water", q.Empty),
    (" 　\u200b", "water", q.Empty),
    ("亩", "land", q.NotANumber),
    ("NaN", "water", q.NotANumber),
    ("inf", "water", q.NotANumber),
    ("1e5 m³", "water", q.NotANumber),
    ("1E+400", "water", q.NotANumber),
    ("3,20", "water", q.NotANumber),
    ("1234,567", "water", q.NotANumber),
    ("1.2.3", "water", q.NotANumber),
    ("5.", "water", q.NotANumber),
    ("1 2", "water", q.NotANumber),
    ("1\u202e23", "water", q.UnknownUnit),
    ("10²", "count", q.UnknownUnit),
    ("3①", "count", q.UnknownUnit),
    ("१२", "count", q.NotANumber),
    ("9" * 65, "water", q.NotANumber),
    ("x" * 10**6, "water", q.NotANumber),
    ("-1 m³", "water", q.Negative),
    ("－1 m³", "water", q.Negative),
    ("−1", "water", q.Negative),
    ("-x", "water", q.NotANumber),
    ("12 m³/h", "water", q.UnknownUnit),
    ("12 furlongs", "land", q.UnknownUnit),
    ("12 亩/年", "land", q.UnknownUnit),
    ("3万吨2千", "coal", q.UnknownUnit),
    ("3.2万吨", "energy", q.WrongUnit),
    ("100 tce", "coal", q.WrongUnit),
    ("12亩", "water", q.WrongUnit),
    ("5 m³", "gas", q.WrongUnit),
    ("3 m³/d", "land", q.WrongUnit),
    ("0.0001 tce", "energy", q.TooFine),
    ("0.00001 万m³", "water", q.TooFine),
    ("0.005 m²", "land", q.TooFine),
    ("36.52 m³/d", "water", q.TooFine),
    ("0.5 kVA", "power", q.TooFine),
    ("9223372036854775808 m³", "water", q.TooBig),
    ("1" + "0" * 30, "water", q.TooBig),
    ("1\ud800", "water", q.UnknownUnit),
]


@pytest.mark.parametrize(("text", "family", "error"), REFUSED)
def test_what_is_no_amount_is_refused(text, family, error):
    with pytest.raises(q.QuantityError) as caught:
        q.parse(text, family)
    assert type(caught.value) is error
    assert caught.value.facts.get("given", "").encode() is not None


def test_a_refusal_names_what_was_expected():
    with pytest.raises(q.WrongUnit) as caught:
        q.parse("3.2万吨", "energy")
    assert caught.value.facts == {
        "given": "万吨",
        "measures": ("煤炭", "污染物排放"),
        "expected": ("kgce", "tce", "万tce"),
    }
    with pytest.raises(q.TooFine) as caught:
        q.parse("36.52 m³/d", "water")
    assert caught.value.facts == {
        "given": "36.52 m³/d",
        "smallest": "m³",
        "unit": "m³/d",
        "decimals": 0,
        "exact": "13,329.8",
    }
    with pytest.raises(q.TooFine) as caught:
        q.parse("0.005㎡", "land")
    assert (caught.value.facts["unit"], caught.value.facts["decimals"]) == ("m²", 2)
    with pytest.raises(q.TooBig) as caught:
        q.parse("99999999999999999999", "count")
    assert caught.value.facts["largest"] == "9,223,372,036,854,775,807 个"


def test_a_rate_says_what_it_comes_to_in_a_year():
    amount = q.parse("１２００ m³/d", "water")
    assert amount.unit.label == "m³/d"
    assert amount.note.code == "per_day"
    assert amount.note.facts == {"daily": "1,200 m³/d", "days": 365, "yearly": "438,000 m³/a"}
    assert q.parse("438,000 m³/a", "water").note is None
    assert q.parse("0.12万m³/d", "water").note.facts["daily"] == "0.12 万m³/d"


def test_a_bare_number_is_in_the_fields_unit():
    assert q.parse("0.32", "water").smallest == 3200
    assert q.parse("0.32万", "water", "m3").smallest == 3200
    assert q.parse("0.32万", "water", "wan_m3").smallest == 3200
    assert q.parse("5", "land", "ha").smallest == q.parse("5", "land", "公顷").smallest == 5 * HA
    assert q.parse("1200", "water", "m3_d").note.code == "per_day"
    assert q.parse("0.12万", "water", "wan_m3_d").smallest == 438_000


def test_a_column_of_a_file_names_its_unit():
    assert q.find_unit("万立方米/年", "water").code == "wan_m3"
    assert q.find_unit("m³/d", "water").code == "m3_d"
    assert q.find_unit("m3_d", "water").code == "m3_d"
    for word, error in (("", q.UnknownUnit), ("千吨", q.UnknownUnit), ("亩", q.WrongUnit)):
        with pytest.raises(error):
            q.find_unit(word, "coal")


def test_plain_numbers_are_read_in_full():
    assert q.number("１，２００．５０") == Decimal("1200.50")
    assert q.number("0.32万") == 3200
    long = "1234567890123456789012345678901234567.123456789"
    assert str(q.number(long)) == long
    for text, error in (("12亩", q.NotANumber), ("-1", q.Negative), ("", q.Empty)):
        with pytest.raises(error):
            q.number(text)


SHOWN = [
    (32_000_000, "energy", None, "32,000"),
    (31_999_999, "energy", None, "31,999"),
    (999, "energy", None, "0.9"),
    (1, "energy", None, "0.001"),
    (0, "energy", None, "0"),
    (17_600_000, "water", None, "1,760.0"),
    (999_999, "water", None, "99.9"),
    (1, "water", None, "0.0001"),
    (0, "water", None, "0.0"),
    (356 * MU // 10, "land", None, "35.6"),
    (MU - 1, "land", None, "0.9"),
    (1, "land", None, "0.000005"),
    (176 * HA, "land", "ha", "176.0000"),
    (1, "land", "ha", "0.0000003"),
    (1_239_999, "emissions", None, "1.23"),
    (9_000, "emissions", None, "0.009"),
]


@pytest.mark.parametrize(("smallest", "family", "unit", "text"), SHOWN)
def test_the_house_rule_never_shows_more_than_there_is_and_no_nought_for_something(smallest, family, unit, text):
    assert q.show(smallest, family, unit) == text


def test_what_is_missing_is_rounded_up():
    assert q.show(31_999_001, "energy", up=True) == "32,000"
    assert q.show(1, "energy", up=True) == "1"
    assert q.show(-400, "energy") == "−1"
    assert q.show(-400, "energy", up=True) == "−0.4"
    assert q.show(0, "energy", up=True) == "0"


def test_printing():
    assert q.format(-1_234_567, "energy") == "−1,234.567"
    assert q.format(-1_234_567, "energy", with_unit=True) == "−1,234.567 tce"
    assert q.format(32_000_000, "energy", "wan_tce", decimals=2) == "3.20"
    assert q.format(32_000_000, "energy", "wan_tce", decimals=2, strip=True, with_unit=True) == "3.2 万tce"
    assert q.format(1200, "water", "m3", decimals=0, strip=True) == "1,200"
    assert q.format(200_000, "count", strip=True) == "200,000"
    assert q.show(356 * MU // 10, "land", with_unit=True) == "35.6 亩"
    assert q.exact(1, "land", "ha") == "0.000005 亩"
    assert q.exact(15820 * M2, "land", "ha") == "1.582 公顷"
    assert q.every_digit(107_500, "water", "wan_m3") == "10.75"
    assert q.every_digit(1, "land", "ha") == q.show(1, "land", "ha")
    with pytest.raises(q.NotFinite):
        q.format(1, "land", "ha")


families = st.sampled_from(tuple(FAMILIES.values()))
units = families.flatmap(lambda family: st.tuples(st.just(family), st.sampled_from(family.units)))
amounts = st.integers(0, q.BIGINT_MAX) | st.integers(0, 10**6)
many = settings(max_examples=150)


@many
@given(units, amounts, st.booleans())
def test_what_is_printed_in_full_reads_back(pair, smallest, strip):
    family, unit = pair
    if q.full_decimals(smallest, unit) is not None:
        assert q.parse(q.format(smallest, family, unit, with_unit=True, strip=strip), family).smallest == smallest
        assert q.parse(q.format(smallest, family, unit, strip=strip), family, unit).smallest == smallest
    assert q.parse(q.exact(smallest, family, unit), family).smallest == smallest


@many
@given(units, amounts)
def test_the_shown_figure_is_on_the_safe_side(pair, smallest):
    family, unit = pair
    down, up = (Decimal(q.show(smallest, family, unit, up=up).replace(",", "")) for up in (False, True))
    assert down * unit.factor <= smallest <= up * unit.factor or smallest > 10**20
    assert bool(down) == bool(up) == bool(smallest)


@many
@given(units, st.integers(0, 10**12))
def test_the_finest_decimals_always_fit(pair, digits):
    family, unit = pair
    decimals = q.finest_decimals(unit)
    text = f"{digits // 10**decimals}.{digits % 10**decimals:0{decimals}}" if decimals else str(digits)
    if digits * unit.factor // 10**decimals <= q.BIGINT_MAX:
        assert q.parse(text + unit.label, family).smallest == digits * unit.factor // 10**decimals


@many
@given(
    st.text(max_size=40) | st.from_regex(r"[0-9０-９,.， ]{1,9}[万亿千百]{0,2}[a-zA-Z³/吨亩标煤]{0,5}", fullmatch=True),
    families,
)
def test_any_text_is_an_amount_or_a_quantity_error(text, family):
    try:
        amount = q.parse(text, family)
    except q.QuantityError as error:
        repr(error)
    else:
        assert 0 <= amount.smallest <= q.BIGINT_MAX
        assert q.parse(q.exact(amount.smallest, family), family).smallest == amount.smallest


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_unit_is_read_by_its_code_label_and_name(family):
    assert len({unit.code for unit in family.units}) == len(family.units)
    assert family.unit(family.shown).factor > 0
    for unit in family.units:
        for word in (unit.code, unit.label, unit.name, *(() if unit.per_day else unit.aliases)):
            assert q.find_unit(word, family) is unit
        if unit.plain:
            assert unit.factor % family.unit(unit.plain).factor == 0
    assert q.full_decimals(1, family.unit(family.shown)) is not None


def test_one_hectare_is_fifteen_mu():
    assert 15 * MU == HA == 10_000 * M2
    assert 3 * MU == 2000 * M2


@given(
    st.lists(st.integers(-(10**12), 10**12), max_size=30), st.sampled_from(["energy", "water", "emissions", "power"])
)
def test_a_column_adds_up_as_it_is_shown(amounts, family):
    """What a clerk adds up from the paper is the total on the paper."""
    unit = q.family_of(family).shown
    digits = q.digits([*amounts, sum(amounts)], family, unit)
    shown = [Decimal(q.format(a, family, unit, decimals=digits).replace(",", "").replace("−", "-")) for a in amounts]
    total = q.format(sum(amounts), family, unit, decimals=digits).replace(",", "").replace("−", "-")
    assert sum(shown) == Decimal(total)
    assert {-one.as_tuple().exponent for one in shown} <= {digits}  # one number of decimals, so they stand aligned
