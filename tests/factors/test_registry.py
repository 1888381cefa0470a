"""A real allowance registry, replayed as transfers, gives back every figure that was published (issue 3, §4)."""

import io
import json
from collections import Counter
from datetime import date

import pytest
from django.core.management import call_command

from factors import holdings, invariants
from factors.ledger_commands import from_holdings
from factors.models import FactorKind, Posting

pytestmark = pytest.mark.both_databases


@pytest.fixture
def published_file(shared_data):
    return next((shared_data / "ledgers").glob("carb_cir_flat_shared_*.csv"))


@pytest.fixture
def mapping():
    return holdings.load(from_holdings.MAPPINGS / "carb_cir.yaml")


def ledger(*words) -> str:
    out = io.StringIO()
    call_command("ledger", *words, stdout=out)
    return out.getvalue()


def test_every_published_row_is_a_holding_or_a_total_that_adds_up(published_file, mapping):
    published = from_holdings.read(published_file, mapping)
    checks = holdings.checks(published, mapping)
    assert (len(published.holdings), len(checks)) == (1555, 478)
    assert [check for check in checks if not check.agrees] == []
    kinds = Counter("total" if c.account == "Total" else "subtotal" for c in checks)
    assert kinds["total"] == 216
    assert [day.isoformat() for day in published.days][:2] == ["2014-06-30", "2014-09-30"]
    assert len(published.days) == 11


@pytest.mark.django_db
def test_the_replay_reproduces_every_quarter_account_type_and_vintage(published_file, mapping, tmp_path):
    out = tmp_path / "transfers.csv"
    told = ledger("from-holdings", str(published_file), "--mapping", "carb_cir", "--out", str(out), "--store-kinds")
    assert "0 " in told
    told = ledger("post", str(out), "--open-accounts", "--json")
    assert json.loads(told)["posted"] == Posting.objects.count() == 258
    assert FactorKind.objects.get(code="allowance").family == "count"

    published = from_holdings.read(published_file, mapping)
    codes = {name: kept.code for name, kept in mapping.accounts.items()}
    figures = 0
    for day in published.days:
        answer = json.loads(ledger("balances", "--json", "--as-of", day.isoformat(), "--factor", "allowance"))
        assert answer["as_of"] == day.isoformat()
        booked = {(b["source"], b["period"], b["account"]): b for b in answer["balances"] if b["role"] != "issuer"}
        held = {where[1:]: amount for where, amount in published.held().items() if where[0] == day}
        for (source, line, account), amount in held.items():
            row = booked.pop((source, line, codes[account]), None)
            assert (row["balance"] if row else 0) == amount, (day, line, account)
            figures += 1
        assert all(row["balance"] == 0 for row in booked.values()), "nothing is held that was not published"
        for check in holdings.checks(published, mapping):
            if check.day == day and check.line == "TOTAL" and check.account == "Total":
                assert check.published == -sum(b["balance"] for b in answer["balances"] if b["role"] == "issuer")
    assert figures == 1555
    assert list(invariants.faults()) == []

    assert json.loads(ledger("post", str(out), "--json"))["posted"] == 0
    now = json.loads(ledger("balances", "--json"))["balances"]
    row = next(b for b in now if b["period"] == "2013" and b["account"] == "retired:surrendered")
    assert row["text"]["balance"] == "178,220,226 个"


# --- the converter on small files -----------------------------------------------------------------------------------

SMALL = """
columns: {date: quarter, line: line, account: type, amount: n}
factor: allowance
unit: 个
key: t
document_no: T {quarter}
marks: "*+"
lines: [{source: a, match: '20\\d\\d', rename: {"2015": "2014"}}, {source: o, match: Offsets}]
accounts: {Government: "pool:g", General: "pool:x", Retirement: {code: "retired:r", role: retired}}
totals: {account: Total, Subtotal: [a], ALL: [a, o]}
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return holdings.load(path)


def sorted_out(mapping, *rows):
    names = ("date", "line", "account", "amount")
    return holdings.sort_out(
        [(number, dict(zip(names, row, strict=True))) for number, row in enumerate(rows, 2)], mapping
    )


def test_what_shrank_gives_to_what_grew_and_the_rest_is_issued_or_goes_back(small):
    published = sorted_out(
        small,
        ("2014 Q1", "2014*", "Government", "1,000"),
        ("2014 Q1", "2014*", "General", "0"),
        ("2014 Q2", "2014+", "Government", "300"),
        ("2014 Q2", "2014+", "General", "600"),
        ("2014 Q2", "2014+", "Retirement", "250"),
        ("2014 Q3", "2014", "General", "10"),
        ("2014 Q3", "2014", "Retirement", "250"),
    )
    found = [(m.day, m.kind, m.giver, m.taker, m.amount) for m in holdings.moves(published, small)]
    q2, q3 = date(2014, 6, 30), date(2014, 9, 30)
    assert found == [
        (date(2014, 3, 31), "grant", "issuer", "pool:g", 1000),
        (q2, "reallocate", "pool:g", "pool:x", 600),
        (q2, "reduce", "pool:g", "retired:r", 100),
        (q2, "opening", "issuer", "retired:r", 150),
        (q3, "reduce", "pool:g", "issuer", 300),
        (q3, "reduce", "pool:x", "issuer", 590),
    ]
    rows = list(holdings.as_rows(holdings.moves(published, small), small))
    assert rows[1][-1] == "t:2014Q2:2014:pool:g>pool:x"
    assert len({row[-1] for row in rows}) == len(rows)
    assert all(len(row) == len(holdings.HEAD) for row in rows)


def test_a_total_that_does_not_add_up_is_named(small):
    published = sorted_out(
        small,
        ("2014 Q1", "2014", "General", "5"),
        ("2014 Q1", "Offsets", "General", "2"),
        ("2014 Q1", "2014", "Total", "5"),
        ("2014 Q1", "Subtotal", "General", "6"),
        ("2014 Q1", "ALL", "Total", "7"),
    )
    odd = [(c.row, c.line, c.published, c.counted) for c in holdings.checks(published, small) if not c.agrees]
    assert odd == [(5, "Subtotal", 6, 5)]


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([("2014 Q5", "2014", "General", "1")], "row 2"),
        ([("2014 Q1", "Gold", "General", "1")], "Gold"),
        ([("2014 Q1", "2014", "Safe", "1")], "Safe"),
        ([("2014 Q1", "2014", "General", "-1")], "whole number"),
        ([("2014 Q1", "2014", "General", "1"), ("2014 Q1", "2015", "General", "1")], "the same as row 2"),
    ],
)
def test_rows_that_the_mapping_does_not_know_are_named(small, rows, named):
    with pytest.raises(holdings.MappingError, match=named):
        sorted_out(small, *rows)


def test_what_is_retired_cannot_shrink(small):
    published = sorted_out(small, ("2014 Q1", "2014", "Retirement", "5"), ("2014 Q2", "2014", "Retirement", "4"))
    with pytest.raises(holdings.MappingError, match="retired"):
        list(holdings.moves(published, small))


def test_the_last_day_of_a_quarter():
    days = [holdings.last_day(f"2016 Q{n}") for n in (1, 2, 3, 4)]
    assert days == [date(2016, 3, 31), date(2016, 6, 30), date(2016, 9, 30), date(2016, 12, 31)]
    assert holdings.last_day("2016-02-29") == date(2016, 2, 29)
    assert holdings.last_day("spring") is None
