"""`manage.py ledger post` and `ledger balances`: a file is posted whole or not at all, and only once."""

import csv
import io
import json
from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from factors import balances, invariants, ledger, post_file
from factors.models import Account, Demand, Posting, Reservation
from people.models import AuditEntry
from tests.factors import office
from tests.factors.world import NOW, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = "date,kind,factor,source,basis,period,from,to,amount,unit,document number,key,reservation,expires on"
GRANT = "2026-01-05,grant,energy,,,2026,issuer,pool:a,100,tce,省〔2026〕1号,g1,,"


@pytest.fixture
def energy():
    return book()


@pytest.fixture
def pools(energy):
    account(energy, "issuer", "issuer")
    return account(energy, "pool", "pool:a", name="甲池"), account(energy, "pool", "pool:b", name="乙池")


@pytest.fixture
def file(tmp_path):
    def write(*rows, head=HEAD, encoding="utf-8", name="file.csv"):
        path = tmp_path / name
        path.write_bytes("\r\n".join([head, *rows, ""]).encode(encoding))
        return path

    return write


def post(path, **more):
    return post_file.post(path, now=NOW, **more)


def words(result) -> str:
    return "\n".join(str(problem) for problem in result.problems)


def command(*arguments) -> tuple[str, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("ledger", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), str(error)
    return out.getvalue(), err.getvalue(), ""


# --- posting --------------------------------------------------------------------------------------------------------


def test_every_row_is_an_entry_and_twice_posts_nothing(pools, file):
    rows = [
        GRANT,
        "2026/1/6,reallocate,能耗,,,2026,甲池,pool:b,0.5万,tce,调〔2026〕2号,m1,,".replace("0.5万", "30.5"),
        "2026年1月7日,reserve,energy,,,2026,pool:a,holding:x,２０,tce,占1号,r1,,2026-03-01",
        "20260108,confirm,energy,,,2026,,,5,tce,批1号,c1,r1,",
        "2026-01-09,confirm,energy,,,2026,,,10tce,,批2号,c2,r1,",
        "2026-01-10,release,energy,,,2026,,,,,退1号,l1,r1,",
    ]
    account(pools[0].book, "holding", "holding:x")
    result = post(file(*rows))
    assert (words(result), len(result.done)) == ("", 6)
    a, b, x = (Account.objects.get(code=code) for code in ("pool:a", "pool:b", "holding:x"))
    assert (a.balance, a.available, b.balance, x.balance) == (54_500, 54_500, 30_500, 15_000)
    assert [p.number for p in Posting.objects.order_by("pk")] == [1, 2, 3, 4, 5, 6]
    assert Posting.objects.filter(checker=None, maker=None).count() == 6
    assert list(invariants.faults()) == []
    entry = AuditEntry.objects.filter(kind="ledger.file").get()
    assert (entry.detail["posted"], entry.detail["by_way_of"]) == (6, "command line, without a checker")

    again = post(file(*rows))
    assert (words(again), len(again.done), len(again.known)) == ("", 0, 6)
    assert Posting.objects.count() == 6
    assert AuditEntry.objects.filter(kind="ledger.file").count() == 1


def test_headings_kinds_and_encodings_as_offices_write_them(pools, file):
    head = "日期,种类,要素,期间,转出,转入,数量,单位,文号,编号"
    label = str(Posting.Kind.GRANT.label)
    row = f"2026-01-05,{label},能耗,2026,issuer,甲池,3.2万,吨标准煤,省〔2026〕1号,g1"
    result = post(file(row, head=head, encoding="gbk"))
    assert words(result) == ""
    assert Account.objects.get(code="pool:a").balance == 32_000_000


def test_a_workbook_is_read_too(pools, tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active.append(HEAD.split(","))
    workbook.active.append(
        [date(2026, 1, 5), *GRANT.split(",")[1:5], 2026, "issuer", "pool:a", 100, "tce", "文1", "g1"]
    )
    path = tmp_path / "file.xlsx"
    workbook.save(path)
    assert words(post(path)) == ""
    assert Account.objects.get(code="pool:a").balance == 100_000


def test_one_wrong_row_and_nothing_is_written(pools, file):
    path = file(
        GRANT,
        "2026-01-06,reallocate,energy,,,2026,pool:a,pool:b,90,tce,文2,m1,,",
        "2026-01-07,reallocate,energy,,,2026,pool:a,pool:b,11,tce,文3,m2,,",
    )
    result = post(path)
    assert (result.written, Posting.objects.count(), AuditEntry.objects.filter(kind__startswith="ledger").count()) == (
        *(False, 0),
        0,
    )
    assert [(p.number, p.column) for p in result.problems] == [(4, "amount")]
    assert "10 tce" in words(result)
    out, err, error = command("post", str(path))
    assert error and "10 tce" in err
    assert Account.objects.get(code="pool:a").last_on is None


def test_all_that_is_wrong_in_a_row_is_told_at_once(pools, file, tmp_path):
    path = file(GRANT, "昨天,grant,energy,,,2026,issuer,,5,亩,,g1,,")
    receipt = tmp_path / "receipt.csv"
    out, err, error = command("post", str(path), "--json", "--receipt", str(receipt))
    told = json.loads(out)
    columns = ["date", "to", "key", "unit", "document_no"]
    assert [(p["row"], p["column"]) for p in told["problems"]] == [(3, column) for column in columns]
    assert told["wrong"] == 1 and "1" in error
    assert [row[:2] for row in csv.reader(receipt.open(encoding="utf-8-sig"))][1:] == [["3", "g1"]]


def test_good_rows_only_posts_the_others_and_writes_a_receipt(pools, file, tmp_path):
    path = file(
        GRANT,
        "2026-01-06,reallocate,energy,,,2026,pool:a,pool:b,190,tce,文2,m1,,",
        "2026-01-06,reallocate,energy,,,2026,pool:a,pool:b,40,tce,文2,m2,,",
        "2026-01-06,reallocate,energy,,,2026,pool:a,pool:b,40,m³,文2,m3,,",
    )
    receipt = tmp_path / "receipt.csv"
    out, err, error = command("post", str(path), "--good-rows-only", "--receipt", str(receipt), "--json")
    assert error == ""
    told = json.loads(out)
    assert (told["posted"], told["wrong"]) == (2, 2)
    assert [problem["row"] for problem in told["problems"]] == [3, 5]
    lines = receipt.read_text("utf-8-sig").splitlines()
    assert len(lines) == 5
    assert "m2" in lines[3] and "0002" in lines[3]
    assert list(invariants.faults()) == []


def test_a_dry_run_writes_nothing(pools, file):
    out, err, error = command("post", str(file(GRANT)), "--dry-run", "--json")
    assert (error, json.loads(out)["written"], Posting.objects.count()) == ("", False, 0)


@pytest.mark.parametrize(
    ("change", "column", "named"),
    [
        (("2026-01-05", "yesterday"), "date", "yesterday"),
        (("grant", "gift"), "kind", "reallocate"),
        (("energy", "gold"), "factor", "energy"),
        (("100", "-100"), "amount", ""),
        (("100", "0"), "amount", ""),
        (("100", "1e3"), "amount", "1e3"),
        (("tce", "亩"), "unit", "tce"),
        (("tce", ""), "unit", "tce"),
        (("省〔2026〕1号", ""), "document_no", ""),
        (("g1", ""), "key", ""),
        (("pool:a", "pool:z"), "to", "--open-accounts"),
        (("energy,,", "energy,河水,"), "source", "河水"),
        (("energy,,,", "energy,,primary,"), "basis", "primary"),
        (("2026,issuer", "2025,issuer"), "from", "2025"),
        (("issuer", "pool:a"), "to", ""),
    ],
)  # fmt: skip
def test_errors_name_row_column_and_cure(pools, file, change, column, named):
    result = post(file(GRANT.replace(*change, 1)))
    assert [(p.number, p.column) for p in result.problems] == [(2, column)], words(result)
    assert named in words(result)
    assert Posting.objects.count() == 0


def test_days_go_forward_within_each_account(pools, file):
    path = file(GRANT, GRANT.replace("2026-01-05", "2026-01-04").replace("g1", "g2"))
    result = post(path)
    assert [(p.number, p.column) for p in result.problems] == [(3, "date")]
    assert "2" in words(result)
    assert words(post(file(GRANT))) == ""
    late = post(file(GRANT.replace("2026-01-05", "2026-01-04").replace("g1", "g2")))
    assert [(p.number, p.column) for p in late.problems] == [(2, "date")]


def test_a_day_to_come_is_refused_and_the_book_stays_open(pools, file):
    """One mistyped year would keep its accounts, the upper level among them, from every entry until then."""
    wrong = post(file(GRANT, GRANT.replace("2026-01-05", "2036-01-05").replace("g1", "g2"), GRANT.replace("g1", "g3")))
    assert [(p.number, p.column) for p in wrong.problems] == [(3, "date")] and "2036-01-05" in words(wrong)
    assert words(post(file(GRANT))) == ""


def test_a_key_stands_for_one_entry(pools, file):
    twice = post(file(GRANT, GRANT))
    assert [(p.number, p.column) for p in twice.problems] == [(3, "key")]
    post(file(GRANT))
    other = post(file(GRANT.replace("100", "101")))
    assert [(p.number, p.column) for p in other.problems] == [(2, "key")]
    assert "0001" in words(other)


def test_reservations_are_named_by_the_key_of_their_row(pools, file):
    account(pools[0].book, "holding", "holding:x")
    reserve = "2026-01-07,reserve,energy,,,2026,pool:a,holding:x,20,tce,占1号,r1,,"
    assert words(post(file(GRANT, reserve))) == ""
    row = Reservation.objects.get()
    assert (row.expires_on - row.reserved_on).days == 180
    wrong = post(file("2026-01-08,confirm,energy,,,2026,,,21,tce,批1号,c1,r1,"))
    assert [(p.number, p.column) for p in wrong.problems] == [(2, "amount")]
    wrong = post(file("2026-01-08,confirm,energy,,,2026,,,21,tce,批1号,c1,r9,"))
    assert [(p.number, p.column) for p in wrong.problems] == [(2, "reservation")]
    rows = [
        "2026-01-08,renew,energy,,,2026,,,,,展1号,n1,r1,2026-12-01",
        "2026-01-08,confirm,energy,,,2026,,,,,批1号,c1,r1,",
    ]
    assert words(post(file(*rows))) == ""
    assert Account.objects.get(code="holding:x").balance == 20_000
    again = post(file(*rows))
    assert (words(again), len(again.known)) == ("", 2)
    assert list(invariants.faults()) == []


# --- opening accounts -----------------------------------------------------------------------------------------------


def test_accounts_are_opened_as_their_code_or_the_kind_of_entry_says(energy, file):
    path = file(
        "2026-01-05,opening,energy,,,2026,issuer,north,100,tce,文1,o1,,",
        "2026-01-05,reallocate,energy,,,2026,north,pool:south,50,tce,文2,m1,,",
        "2026-01-06,reserve,energy,,,2026,pool:south,works,20,tce,文3,r1,,",
        "2026-01-07,confirm,energy,,,2026,,,,,文4,c1,r1,",
        "2026-01-08,trade,energy,,,2026,works,mill,5,tce,文5,t1,,",
        "2026-01-09,recover,energy,,,2026,mill,recovered:south,5,tce,文6,v1,,",
        "2026-01-10,carry_over,energy,,,2026,pool:south,pool:south@2027,10,tce,文7,y1,,",
        "2026-01-11,expire_year,energy,,,2026,pool:south,retired,1,tce,文8,e1,,",
    )
    refused = post(path)
    assert {p.column for p in refused.problems} == {"from"}
    assert Account.objects.count() == 0
    result = post(path, open_accounts=True)
    assert words(result) == ""
    roles = {f"{a.code}@{a.period}": a.role for a in Account.objects.all()}
    assert roles == {
        "issuer@2026": "issuer",
        "north@2026": "pool",
        "pool:south@2026": "pool",
        "works@2026": "holding",
        "mill@2026": "holding",
        "recovered:south@2026": "recovered",
        "pool:south@2027": "pool",
        "retired@2026": "retired",
    }
    assert list(invariants.faults()) == []


def test_a_project_account_is_the_one_its_demand_counts(file):
    world = office.build()
    code = f"project:{world.project.code}"
    day = Account.objects.get(pk=world.pool.pk).last_on
    rows = [f"{day},reserve,energy,,calorific,2026,{world.pool.code},{code},60,tce,占1号,r1,,"]
    result = post(file(*rows), by=world.maker)
    assert words(result) == ""
    demand = Demand.objects.get(pk=world.demand.pk)
    assert (demand.secured, demand.gap) == (60_000, 0)
    assert Posting.objects.get(key="r1").maker == world.maker
    nobody = post(file(rows[0].replace(code, "project:none").replace("r1", "r2")), open_accounts=True)
    assert [(p.number, p.column) for p in nobody.problems] == [(2, "to")]


def test_what_stands_under_a_total_cap_counts_there(file):
    kind = book("water", "total").kind
    kind.sources.filter(code="total").update(is_cap=True)
    book("water", "river")
    rows = [
        "2026-01-05,grant,water,total,,2026,issuer,cap:a,100,万m³,文1,g1,,",
        "2026-01-05,grant,water,river,,2026,issuer,pool:a,80,万m³,文2,g2,,",
    ]
    assert words(post(file(*rows), open_accounts=True)) == ""
    cap = Account.objects.get(code="cap:a")
    assert (cap.role, cap.cap.role) == ("cap", "used")


# --- many rows ------------------------------------------------------------------------------------------------------


def test_batches_are_one_call_each_and_the_wrong_row_is_found(pools, file, monkeypatch):
    monkeypatch.setattr(post_file, "BATCH", 16)
    calls = []
    original = ledger.post
    monkeypatch.setattr(ledger, "post", lambda entries, **k: calls.append(len(entries)) or original(entries, **k))
    rows = [GRANT] + [
        f"2026-01-06,reallocate,energy,,,2026,pool:a,pool:b,{1 if n != 70 else 900},tce,文2,m{n},," for n in range(80)
    ]
    result = post(file(*rows))
    assert [(p.number, p.column) for p in result.problems] == [(73, "amount")]
    assert Posting.objects.count() == 0
    calls.clear()
    result = post(file(*(row.replace(",900,", ",1,") for row in rows)))
    assert (words(result), len(result.done), calls) == ("", 81, [16, 16, 16, 16, 16, 1])
    assert list(invariants.faults()) == []


# --- balances -------------------------------------------------------------------------------------------------------


def test_balances_as_of_a_day_are_sums_of_the_journal(pools, file):
    account(pools[0].book, "holding", "holding:x")
    rows = [
        GRANT,
        "2026-01-07,reserve,energy,,,2026,pool:a,holding:x,20,tce,占1号,r1,,",
        "2026-01-09,confirm,energy,,,2026,,,5,tce,批1号,c1,r1,",
        "2026-01-11,release,energy,,,2026,,,,,退1号,l1,r1,",
    ]
    assert words(post(file(*rows))) == ""

    def figures(day, code="pool:a"):
        rows = {b.account.code: b for b in balances.balances(day)}
        return tuple(rows[code].figures().values()) if code in rows else None

    assert figures(date(2026, 1, 4)) is None
    assert figures(date(2026, 1, 5)) == (100_000, 0, 0, 0, 100_000, 100_000)
    assert figures(date(2026, 1, 7)) == (100_000, 0, 20_000, 0, 100_000, 80_000)
    assert figures(date(2026, 1, 10)) == (100_000, 5_000, 15_000, 0, 95_000, 80_000)
    assert figures(date(2026, 1, 10), "holding:x") == (5_000, 0, 0, 15_000, 5_000, 5_000)
    assert figures(date(2026, 1, 11)) == (100_000, 5_000, 0, 0, 95_000, 95_000)
    now = {b.account.pk: b.figures() for b in balances.balances()}
    later = {b.account.pk: b.figures() for b in balances.balances(date(2030, 1, 1))}
    assert {pk: row for pk, row in now.items() if pk in later} == later

    out, err, error = command("balances", "--json", "--as-of", "2026-01-07", "--factor", "能耗")
    row = next(b for b in json.loads(out)["balances"] if b["account"] == "pool:a")
    assert (row["factor"], row["period"], row["unit"], row["smallest_unit"]) == ("energy", "2026", "tce", "kgce")
    assert (row["available"], row["text"]["available"]) == (80_000, "80 tce")
    assert command("balances", "--as-of", "soon")[2]
    assert "能耗" in command("balances", "--factor", "gold")[2]
    assert "pool:a" in command("balances")[0]
