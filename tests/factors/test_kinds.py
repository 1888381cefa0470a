"""Factors from files: what ships is complete and legal, twice is once, a city's own settings stay."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals.chain_spec import WATER_SOURCES
from factors import kinds
from factors.models import Book, EnergyCoefficient, FactorKind, FactorSource, ReviewRule
from factors.units import FAMILIES
from people import actions as people_actions
from people.models import Department
from tests.factors.office import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def written(tmp_path, text):
    path = tmp_path / "kinds.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_ships_is_stored_once():
    first = kinds.load(now=NOW)
    assert first.made["factorkind"] == len(kinds.read(kinds.SHIPPED)) == FactorKind.objects.count()
    assert first.made["energycoefficient"] == EnergyCoefficient.objects.count() > 20
    assert ReviewRule.objects.filter(level="nation").exists()
    again = kinds.load(now=NOW)
    assert not again.made and not again.changed


def test_every_factor_of_the_issue_is_there():
    kinds.load(now=NOW)
    codes = set(Book.objects.values_list("code", flat=True))
    assert {"energy-calorific", "energy-primary", "coal", "carbon", "land", "farmland-area", "stock-idle"} <= codes
    assert {"water-river", "water-ground", "water-reclaimed", "water-mine", "water-surface", "water-mains"} <= codes
    assert {"linked", "stock-unsupplied", "forest", "cod", "nh3n", "nox", "voc", "power", "steam", "gas"} <= codes
    for kind in FactorKind.objects.all():
        assert kind.legal_source and kind.unit in {u.code for u in FAMILIES[kind.family].units}
    modes = dict(FactorKind.objects.values_list("code", "gate_mode"))
    assert {modes[code] for code in ("energy", "water", "land", "cod")} == {"hard"}
    assert {modes[code] for code in ("power", "steam", "gas")} == {"off"}


def test_water_comes_in_order_and_groundwater_last():
    kinds.load(now=NOW)
    water = FactorSource.objects.filter(kind__code="water", is_cap=False).order_by("rank", "position")
    assert [source.code for source in water] == ["reclaimed", "mine", "surface", "river", "mains", "ground"]
    assert FactorSource.objects.get(code="ground").needs_reason_while.code == "reclaimed"
    assert FactorSource.objects.get(is_cap=True).code == "total"


def test_a_departments_name_finds_it_also_later():
    kinds.load(now=NOW)
    assert FactorKind.objects.get(code="water").department is None
    office = people_actions.save_department(Department(code="swj", name="云川市水务局", short_name="水务局"), by=None)
    kinds.load(now=NOW)
    assert FactorKind.objects.get(code="water").department == office


def test_the_citys_settings_stay_unless_a_file_is_named(tmp_path):
    kinds.load(now=NOW)
    FactorKind.objects.filter(code="energy").update(gate_mode="warn", reservation_days=90, name="旧名")
    kinds.load(now=NOW)
    energy = FactorKind.objects.get(code="energy")
    assert (energy.gate_mode, energy.reservation_days, energy.name) == ("warn", 90, "能耗")
    text = "code: energy, name: 能耗, group: energy, family: energy, unit: tce, year_end: expire, gate_mode: hard"
    assert kinds.load(written(tmp_path, f"kinds: [{{{text}}}]"), now=NOW).changed["factorkind"] == 1
    energy.refresh_from_db()
    assert (energy.gate_mode, energy.reservation_days, energy.year_end) == ("hard", 90, "expire")


GOOD = "code: x, name: x, group: other, family: count, unit: one, year_end: keep"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kinds: 3", "no list"),
        ("- : [", "kinds.yaml"),
        ("kinds: [{code: x}]", "missing: name"),
        (f"kinds: [{{{GOOD}, colour: red}}]", "unknown: colour"),
        (f"kinds: [{{{GOOD}}}, {{{GOOD}}}]", "twice"),
        (f"kinds: [{{{GOOD.replace('count', 'stones')}}}]", "family is one of"),
        (f"kinds: [{{{GOOD.replace('one', 'tce')}}}]", "unit is one of"),
        (f"kinds: [{{{GOOD}, bases: [rough]}}]", "bases are of"),
        (f"kinds: [{{{GOOD}, gate_mode: strict}}]", "gate_mode is one of"),
        (f"kinds: [{{{GOOD}, sources: [{{code: a, needs_reason_while: b}}]}}]", "no source b"),
        (f"kinds: [{{{GOOD}, sources: [{{code: a, is_cap: true}}, {{code: b, is_cap: true}}]}}]", "total cap"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_nothing_is_stored(tmp_path, text, named):
    with pytest.raises(kinds.KindsError, match=named):
        kinds.load(written(tmp_path, text), now=NOW)
    assert not FactorKind.objects.exists()


def test_the_command(tmp_path):
    out = StringIO()
    call_command("ledger", "kinds", stdout=out)
    assert "made:" in out.getvalue() and "factorkind" in out.getvalue()
    with pytest.raises(CommandError, match="missing"):
        call_command("ledger", "kinds", str(written(tmp_path, "kinds: [{code: x}]")))
    with pytest.raises(CommandError):
        call_command("ledger", "kinds", str(tmp_path / "none.yaml"))


def test_chain_templates_name_water_sources_by_the_codes_of_the_kinds():
    """A gate `water:river` must find the source `river`, or its stage would stay shut for ever."""
    water = next(entry for entry in kinds.read(kinds.SHIPPED) if entry["code"] == "water")
    assert set(WATER_SOURCES) == {source["code"] for source in water["sources"] if not source.get("is_cap")}
