"""Files of the ledgers in the product: they become vouchers for a checker; what goes out comes back as no change."""

import csv
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation
from guardian.shortcuts import assign_perm

from approvals.labels import FACTOR_LABELS
from factors import actions, entries, invariants, ledger
from factors.models import Account, Demand, FactorKind, Posting, Reservation, Voucher
from factors.refusals import AtRows
from imports import engine, exports, reader
from imports.importers import make
from imports.models import ImportBatch
from imports.views import _balances, _transfers
from tests.factors import office
from tests.factors.world import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

GRANTS = "下达文号,要素,口径,年度,资源池,数量,单位\n"


@pytest.fixture
def world():
    return office.build()


@pytest.fixture
def upload(tmp_path, world):
    def send(kind, text, by=None):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        return engine.preview(kind=kind, path=path, name="file.csv", by=office.fresh(by or world.maker), now=NOW)

    return send


def confirm(batch, by, mode="all"):
    return engine.confirm(batch=batch, mode=mode, by=office.fresh(by), now=NOW)


def problems(batch) -> str:
    return " ".join(str(p["msgid"]) + str(p["params"]) for row in batch.rows.all() for p in row.problems.values())


def pass_all(world):
    for voucher in Voucher.objects.filter(status="submitted"):
        actions.pass_voucher(by=office.fresh(world.checker), voucher=voucher, now=NOW)


def exported(kind, rows, by) -> str:
    importer = make(kind, by=office.fresh(by))
    return "".join(exports.csv_lines(importer.export_queryset(rows), exports.columns_of(importer)))


def test_a_document_of_grants_becomes_one_voucher_that_waits(world, upload):
    other = office.account(world.book, "pool", "pool:b", name="乙池")
    text = GRANTS + (
        "省〔2026〕7号,能耗,calorific,2026,pool:159900,1.2万,吨标准煤\n"
        "省〔2026〕7号,energy,当量值,2026,乙池,500,tce\n"
        "省〔2026〕8号,energy,calorific,2026,pool:b,80tce,\n"
    ).replace("当量值", "calorific")
    batch = upload("grants", text)
    assert (batch.new, batch.wrong) == (3, 0), problems(batch)
    assert Voucher.objects.count() == 0
    confirm(batch, world.maker)
    assert [(v.document_no, v.status, v.lines.count(), v.maker) for v in Voucher.objects.order_by("pk")] == [
        ("省〔2026〕7号", "submitted", 2, world.maker),
        ("省〔2026〕8号", "submitted", 1, world.maker),
    ]
    world.pool.refresh_from_db()
    assert world.pool.balance == 100_000, "nothing is posted by an import"

    again = upload("grants", text)
    assert (again.new, again.unchanged) == (0, 3), "what waits in a voucher is known"
    pass_all(world)
    world.pool.refresh_from_db()
    other.refresh_from_db()
    assert (world.pool.balance, other.balance) == (12_100_000, 580_000)
    assert (upload("grants", text).new, upload("grants", text).unchanged) == (0, 3)
    assert list(invariants.faults()) == []

    differs = upload("grants", text.replace("80tce", "90tce"))
    assert differs.wrong == 1
    back = upload("grants", exported("grants", _transfers(world.maker).filter(posting__kind="grant"), world.maker))
    assert (back.new, back.wrong, back.unchanged) == (0, 0, 4), problems(back)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("省7号,gold,,2026,pool:159900,1,tce", "gold"),
        ("省7号,energy,calorific,2026,pool:none,1,tce", "pool:none"),
        ("省7号,energy,calorific,2025,pool:159900,1,tce", "2025"),
        ("省7号,energy,calorific,2026,pool:159900,1,亩", "亩"),
        ("省7号,energy,calorific,2026,pool:159900,1,", "unit"),
        ("省7号,energy,calorific,2026,pool:159900,0,tce", "nothing"),
        (",energy,calorific,2026,pool:159900,1,tce", "missing"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_written(world, upload, row, named):
    good = "省6号,energy,calorific,2026,pool:159900,1,tce\n"
    batch = upload("grants", GRANTS + good + row + "\n")
    assert (batch.wrong, batch.new) == (1, 1)
    assert named in problems(batch)
    with pytest.raises(engine.NotImported):
        confirm(batch, world.maker)
    assert Voucher.objects.count() == 0
    confirm(batch, world.maker, mode="good")
    assert Voucher.objects.get().document_no == "省6号"


def test_accounts_of_another_office_are_not_ones_own(world, upload):
    batch = upload("grants", GRANTS + "省6号,energy,calorific,2026,pool:159900,1,tce\n", by=world.other)
    assert batch.wrong == 1


def test_opening_balances_come_before_entries_and_balances_come_back(world, upload):
    account = office.account(world.book, "holding", "enterprise:x", name="旧企业")
    head = "文号,要素,口径,年度,账户,余额,单位\n"
    batch = upload("openings", head + "清查1号,energy,calorific,2026,enterprise:x,40,tce\n")
    assert (batch.new, batch.wrong) == (1, 0), problems(batch)
    confirm(batch, world.maker)
    voucher = Voucher.objects.get()
    assert (voucher.kind, voucher.status) == ("opening", "submitted")
    assert upload("openings", head + "清查1号,energy,calorific,2026,enterprise:x,40,tce\n").unchanged == 1
    pass_all(world)
    account.refresh_from_db()
    assert account.balance == 40_000
    late = upload("openings", head + "清查2号,energy,calorific,2026,pool:159900,5,tce\n")
    assert late.wrong == 1
    rows = _balances(office.fresh(world.maker))
    back = upload("openings", exported("openings", rows, world.maker))
    assert (back.new, back.wrong, back.unchanged) == (0, 0, len(rows)), problems(back)


def test_an_amount_merged_over_rows_is_refused_and_a_row_twice_is_told(world, tmp_path, upload):
    office.account(world.book, "pool", "pool:b", name="乙池")
    path = tmp_path / "merged.xlsx"
    book = openpyxl.Workbook()
    rows = [GRANTS.strip().split(",")] + [
        ["省〔2026〕9号", "energy", "calorific", "2026", pool, amount, "tce"]
        for pool, amount in (("pool:159900", 100), ("pool:b", None))
    ]
    for row in rows:
        book.active.append(row)
    for cells in ("A2:A3", "D2:D3", "F2:F3"):
        book.active.merge_cells(cells)
    book.save(path)
    batch = engine.preview(kind="grants", path=path, name=path.name, by=office.fresh(world.maker), now=NOW)
    assert (batch.new, batch.wrong) == (1, 1) and "merged" in problems(batch)
    row = "省6号,energy,calorific,2026,pool:159900,1,tce\n"
    twice = upload("grants", GRANTS + row + row)
    assert (twice.new, twice.wrong) == (2, 0)
    notes = [note for row in twice.rows.order_by("number") for note in row.notes.values()]
    assert [note["params"] for note in notes] == [{"row": 2}]
    head = "日期,种类,要素,口径,期间,转出,转入,数量,单位,文号,编号\n"
    row = "2026-11-20,reallocate,energy,calorific,2026,pool:159900,pool:b,3,tce,调1号,k1\n"
    keyed = upload("journal", head + row + row.replace(",3,tce", ",4,tce"))
    assert (keyed.new, keyed.wrong) == (1, 1) and "'row': 2" in problems(keyed)


def test_what_the_accounts_refuse_names_document_and_rows(world, upload):
    office.account(world.book, "pool", "pool:b", name="乙池")
    head = "种类,要素,口径,期间,转出,转入,数量,单位,文号\n"
    rows = "".join(
        f"reallocate,energy,calorific,2026,pool:159900,pool:b,{tce},tce,调{number}号\n"
        for number, tce in ((1, 60), (2, 30), (3, 200))
    )
    batch = upload("journal", head + rows)
    assert batch.new == 3
    with pytest.raises(AtRows) as caught:
        confirm(batch, world.maker)
    assert "调3号" in caught.value.words() and "4" in caught.value.words() and "100 tce" in caught.value.words()
    assert Voucher.objects.count() == 0


def test_headings_that_are_missing_are_named_as_the_template_names_them(world, upload):
    with translation.override("zh-hans"), pytest.raises(reader.Unreadable) as caught:
        upload("grants", "甲,乙,丙\n1,2,3\n")
    named = caught.value.problem.params["headings"]
    assert "文号" in named and "document" not in named


def test_a_journal_comes_back_as_no_change_and_new_rows_wait(world, upload):
    ledger.post([entries.reserve(world.pool, world.demand.holding, 20_000, TODAY, key="r", on=TODAY)], now=NOW)
    ledger.post([entries.confirm(Reservation.objects.get(), 5_000, key="c", on=TODAY)], now=NOW)
    office.account(world.book, "pool", "pool:b", name="乙池")
    text = exported("journal", _transfers(office.fresh(world.maker)), world.maker)
    assert len(list(csv.reader(io.StringIO(text)))) == 5
    batch = upload("journal", text)
    assert (batch.new, batch.wrong, batch.unchanged) == (0, 0, 4), problems(batch)
    head = "日期,种类,要素,口径,期间,转出,转入,数量,单位,文号,编号\n"
    more = upload(
        "journal",
        head
        + "2026-11-20,reallocate,energy,calorific,2026,pool:159900,pool:b,3,tce,调1号,k1\n"
        + "2026-11-20,reserve,energy,calorific,2026,pool:159900,pool:b,3,tce,占1号,k2\n",
    )
    assert (more.new, more.wrong) == (1, 1)
    confirm(more, world.maker, mode="good")
    assert Voucher.objects.get().kind == "reallocate"
    assert Posting.objects.count() == 3


def test_demands_are_registered_and_changed_and_come_back(world, upload):
    other = office.another_project(world)
    assert upload("demands", f"项目代码,要素,数量\n{other.code},energy,5tce\n").wrong == 1, "a stranger sees no project"
    assign_perm("view_projects", world.maker, world.city)
    head = "项目代码,要素,口径,年度,数量,单位,备注\n"
    text = head + (
        f"{world.project.code},energy,calorific,2026,60,tce,\n{other.code},energy,calorific,2026,30.5,tce,一期\n"
    )
    batch = upload("demands", text)
    assert (batch.new, batch.changed, batch.unchanged, batch.wrong) == (1, 0, 1, 0), problems(batch)
    confirm(batch, world.maker)
    demand = Demand.objects.get(project=other)
    assert (demand.amount, demand.note, demand.pool) == (30_500, "一期", world.pool)
    assert upload("demands", text).unchanged == 2
    changed = upload("demands", text.replace("30.5", "200"))
    assert changed.changed == 1
    confirm(changed, world.maker)
    demand.refresh_from_db()
    assert (demand.amount, demand.blocked) == (200_000, True)
    back = upload("demands", exported("demands", Demand.objects.order_by("pk"), world.maker))
    assert (back.new, back.changed, back.unchanged, back.wrong) == (0, 0, 2, 0), problems(back)
    strange = "2611-159901-04-01-100009"
    rows = f"{other.code},energy,calorific,,5,tce,\n{strange},energy,calorific,2026,5,tce,\n"
    wrong = upload("demands", head + rows)
    assert wrong.wrong == 2
    assert list(invariants.faults()) == []


def test_the_stage_of_a_demand_is_a_word_of_the_chains(world, upload):
    FactorKind.objects.filter(pk=world.book.kind_id).update(gate="energy")
    project = office.another_project(world)
    assign_perm("view_projects", world.maker, world.city)
    head = "项目代码,要素,口径,年度,数量,单位,关口\n"

    def sent(gate, code=project.code):
        return upload("demands", head + f"{code},energy,calorific,2026,5,tce,{gate}\n")

    wrong = sent("乱写一气")
    assert wrong.wrong == 1 and "乱写一气" in problems(wrong)
    with translation.override("zh-hans"):
        batch = sent(str(FACTOR_LABELS["energy"]))
        assert (batch.new, batch.wrong) == (1, 0), problems(batch)
        confirm(batch, world.maker)
    assert Demand.objects.get(project=project).gate == "energy"
    assert sent("energy").unchanged == 1
    assert sent("water", world.project.code).wrong == 1


def test_pages_offer_templates_uploads_and_exports(world, client):
    client.force_login(world.maker, backend="django.contrib.auth.backends.ModelBackend")
    for kind in ("grants", "openings", "demands", "journal"):
        assert client.get(reverse("import-start"), {"kind": kind}).status_code == 200
        assert client.get(reverse("import-template", args=[kind])).status_code == 200
        assert client.get(reverse("export-kind", args=[kind]), {"format": "csv"}).status_code == 200
    file = io.BytesIO((GRANTS + "省7号,energy,calorific,2026,pool:159900,5,tce\n").encode())
    file.name = "grants.csv"
    answer = client.post(reverse("import-start"), {"kind": "grants", "file": file})
    batch = ImportBatch.objects.get()
    assert answer.status_code == 302
    page = client.post(reverse("import-batch", args=[batch.pk]), {"do": "confirm", "mode": "all"}, follow=True)
    assert page.status_code == 200
    assert Voucher.objects.get().status == "submitted"
    client.force_login(world.pm, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("import-start"), {"kind": "grants"}).status_code == 403
    assert Account.objects.get(pk=world.pool.pk).balance == 100_000
