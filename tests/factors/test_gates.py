"""What gates say: which demands a word asks for, how strictly, and what a closed gate tells. On both databases."""

import pytest
from django.core.exceptions import PermissionDenied

from factors import demands, gates
from factors.models import Book, FactorKind, FactorSource, GateOverride
from factors.refusals import Refused
from people.models import AuditEntry
from tests.approvals import quota as q
from tests.approvals import world as cities
from tests.approvals.world import NOW
from tests.factors import world as ledger_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world(db):
    return cities.build()


@pytest.fixture
def quota(world):
    return q.make(world)


def states(world, *words, stage=""):
    return [line.state for line in gates.standing(world.project, words, now=NOW, stage_code=stage)]


def test_words_ask_for_factors_and_sources(quota):
    world = quota.world
    assert states(world, "energy", "steam") == ["missing"]  # nobody keeps a ledger of steam
    for source in ("ground", "reclaimed"):
        book = ledger_world.book("water", source)
        ledger_world.account(book, "pool", f"pool:{source}", district=world.city)
    demands.register(by=world.pm, now=NOW, project=world.project, book=book, period="2026", amount=5)
    assert states(world, "water") == ["blocked"]
    assert states(world, "water:reclaimed") == ["blocked"]
    assert states(world, "water:ground") == ["missing"]
    FactorKind.objects.filter(code="water").update(active=False)
    assert states(world, "water:ground") == []


def test_several_factors_answer_to_one_word_and_one_demand_is_enough(world):
    for code, mode in (("cod", "warn"), ("nox", "hard")):
        kind = FactorKind.objects.create(
            code=code, name=code, group="emission", family="emissions", unit="t", year_end="keep", gate="emission",
            gate_mode=mode,
        )  # fmt: skip
        book = Book.objects.create(code=code, kind=kind, source=FactorSource.objects.create(kind=kind))
    (line,) = gates.standing(world.project, ["emission"], now=NOW)
    assert (line.state, line.mode) == ("missing", "hard")  # the strictest asks
    demands.register(by=world.pm, now=NOW, project=world.project, book=book, period="", amount=5)
    (line,) = gates.standing(world.project, ["emission"], now=NOW)
    assert (line.kind.code, line.state, line.available) == ("nox", "blocked", 0)
    assert "没有可用的指标池" in line.words()


def test_every_state_and_its_words(quota):
    world = quota.world
    (line,) = gates.standing(world.project, ["energy"], now=NOW)
    assert line.refuses("accept") and "登记" in line.words()
    quota.need(60)
    (line,) = gates.standing(world.project, ["energy"], now=NOW)
    assert line.state == "obtainable" and "市级池还有可用 100 tce" in line.words()
    quota.reserve(60)
    (line,) = gates.standing(world.project, ["energy"], now=NOW)
    assert line.state == "secured" and line.words() == "" and not line.stops("decide")


def test_an_override_needs_right_reason_document_and_a_closed_gate(quota):
    world = quota.world
    facts = {"project": world.project, "gate": "energy", "stage_code": "02", "stage_name": "规划", "now": NOW}
    with pytest.raises(PermissionDenied):
        gates.override(by=world.pm, reason="x", document_no="y", **facts)
    world.pm.role = "leader"
    for reason, number, field in ((" ", "y", "reason"), ("x", " ", "document_no")):
        with pytest.raises(Refused) as caught:
            gates.override(by=world.pm, reason=reason, document_no=number, **facts)
        assert caught.value.field == field
    gates.override(by=world.pm, reason="x", document_no="y", **facts)
    assert states(world, "energy", stage="02") == ["overridden"]
    assert states(world, "energy", stage="04") == ["missing"]
    with pytest.raises(Refused):
        gates.override(by=world.pm, reason="x", document_no="z", **facts)
    assert GateOverride.objects.count() == 1
    assert AuditEntry.objects.filter(kind="ledger.override").count() == 1


def test_looking_costs_the_same_for_any_number_of_stages(quota, django_assert_num_queries):
    quota.need(60)
    with django_assert_num_queries(4):
        board = gates.load(quota.world.project, NOW)
        for code in ("02", "03", "04"):
            board.standing(["energy", "water", "land"], code)
    with django_assert_num_queries(0):
        assert gates.standing(quota.world.project, [], now=NOW) == []


def test_a_factor_that_only_warns_does_not_open_a_hard_gate(quota):
    world = quota.world
    kind = FactorKind.objects.create(
        code="carbon", name="碳排放", group="carbon", family="carbon", unit="t", year_end="keep", gate="energy",
        gate_mode="warn",
    )  # fmt: skip
    soft = Book.objects.create(code="carbon", kind=kind, source=FactorSource.objects.create(kind=kind))
    demand = quota.need(60)
    demands.close(by=world.pm, now=NOW, demand=demand, reason="不做了")
    demands.register(by=world.pm, now=NOW, project=world.project, book=soft, period="", amount=1)
    lines = gates.standing(world.project, ["energy"], now=NOW)
    assert {(line.kind.code, line.state) for line in lines} == {("carbon", "blocked"), ("energy", "missing")}
    assert any(line.refuses("accept") for line in lines)
    demands.declare_no_need(by=world.pm, now=NOW, project=world.project, gate="energy", reason="只用绿电")
    lines = gates.standing(world.project, ["energy"], now=NOW)
    assert "no_need" in {line.state for line in lines} and not any(line.refuses("decide") for line in lines)


def test_an_override_covers_the_gap_it_was_given_for(quota):
    world = quota.world
    demand = quota.need(130)
    assert states(world, "energy", stage="02") == ["blocked"]
    world.pm.role = "leader"
    facts = {"project": world.project, "gate": "energy", "stage_code": "02", "stage_name": "规划", "now": NOW}
    gates.override(by=world.pm, reason="先行", document_no="纪要1号", **facts)
    assert states(world, "energy", stage="02") == ["overridden"]
    world.pm.role = "pm"
    demands.change(by=world.pm, now=NOW, demand=demand, amount=demand.amount - 1_000, reason="少")
    assert states(world, "energy", stage="02") == ["overridden"]
    demands.change(by=world.pm, now=NOW, demand=demand, amount=demand.amount + 1_000, reason="多")
    assert states(world, "energy", stage="02") == ["blocked"]
    GateOverride.objects.update(gaps=None)  # given before the gap was kept
    assert states(world, "energy", stage="02") == ["overridden"]
