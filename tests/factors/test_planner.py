"""The unlock planner against brute force, known answers by hand, and its own promises."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import (
    planner_branch,
    planner_coupled,
    planner_improve,
    planner_losses,
    planner_solve,
    planner_steps,
    planner_sweep,
)
from factors.planner import PlanError, Refusal, by_priority, first_steps, least_topup, plan, prices, wish
from factors.planner_core import begin
from factors.planner_losses import Reach
from factors.planner_matrix import components, whole
from factors.planner_rows import compile_instance
from factors.planner_solve import enumerate_all
from tests.factors.plans import brute, city, held, instances, knapsack


@pytest.fixture(params=["every set", "programme"])
def way(request, monkeypatch):
    """Small instances are enumerated; the same must come out of the programmes for large ones."""
    if request.param == "programme":
        monkeypatch.setattr(planner_solve, "SMALL", -1)
        monkeypatch.setattr(planner_steps, "SMALL", -1)
    return request.param


def test_the_city_of_the_mock_up(way):
    instance = city()
    found = plan(instance, 5)
    assert (found.value, found.bound, found.lp_bound, found.proven, found.gap) == (1162, 1162, 1406, True, 0)
    assert found.chosen == ("graphite", "computing", "polyamide", "degradable", "silicon", "ceramics", "gases")
    assert found.left == {"city": 8100, "nanling": 1400, "hexi": 440, "nanling-water": 65, "yellow": 40}
    assert found.takes["graphite", 0, 0] == 8600 and found.takes["graphite", 1, 0] == 260
    if way == "every set":
        assert (found.combinations, found.feasible, found.stopped_by) == (4096, 200, "optimal")
    assert [(s.limit, s.amount, s.gain, s.proven) for s in first_steps(instance, found, seconds=20)] == [
        ("city", 7000, 29, True),
        ("nanling", 1100, 26, True),
        ("hexi", None, 0, True),
        ("nanling-water", 35, 14, True),
        ("yellow", None, 0, True),
    ]


def test_the_simple_list_the_top_ups_and_a_wish():
    instance = city()
    found, simple = plan(instance), by_priority(instance)
    assert set(simple.chosen) == {"computing", "coke", "degradable", "polysilicon", "gases"}
    assert (simple.value, simple.bound, simple.stopped_by) == (774, 1406, "queue")
    assert least_topup(instance, found, "methanol") == {"city": 25900, "hexi": 485}
    assert least_topup(instance, found, "coke") == {"city": 13300}
    assert least_topup(instance, found, "gases") == {}
    assert prices(instance) == pytest.approx(
        {"city": 0.02, "nanling": 0.01375, "hexi": 0, "nanling-water": 0.875, "yellow": 0}, abs=1e-9
    )
    asked = wish(instance, found, {"coke": "in"})
    assert "coke" in asked.plan.chosen and asked.cost == asked.least == asked.most == 1162 - asked.plan.value > 0
    with pytest.raises(Refusal) as refused:
        wish(instance, found, {"methanol": "in"})
    assert (refused.value.shortages, refused.value.candidates) == ({"city": 8600}, ("methanol",))


WAYS = {
    "every set": lambda patch: None,
    "all of it": lambda patch: patch.setattr(planner_solve, "SMALL", -1),
    "cut in two": lambda patch: patch.setattr(planner_improve, "reach", lambda state, seconds: None),
    "programme": lambda patch: [
        patch.setattr(planner_improve, "reach", lambda state, seconds: None),
        patch.setattr(planner_improve, "may_cut", lambda state: False),
    ],
}


@settings(max_examples=80)
@given(instances(), st.sampled_from(list(WAYS)))
def test_brute_force_agrees(instance, way):
    try:
        best = brute(instance)
        with pytest.MonkeyPatch.context() as patch:
            if way != "every set":
                patch.setattr(planner_solve, "SMALL", -1)
                patch.setattr(planner_coupled, "FEW", 1)
                for name in ("FIRST", "DRAWN", "KICKED"):  # so that sweeps have something to leave out
                    patch.setattr(planner_sweep, name, 2)
            WAYS[way](patch)
            found = plan(instance, 20)
    except Refusal as refusal:
        assert best is None and refusal.shortages
        return
    except PlanError as error:
        assert error.code in {"split_group", "below_floor"} and best is None
        return
    held(instance, found)
    assert (found.value, found.proven) == (best, True)
    assert found.lp_bound >= best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tight", [0.25, 0.5, 0.8])
def test_the_bound_holds_at_every_step_of_every_method(seed, tight, monkeypatch):
    """Knapsacks of 14 units and 1 to 4 rows: whatever was searched or cut so far, the best set is not above it."""
    problem = compile_instance(knapsack(14, 1 + seed, tight, seed))
    best = problem.value(enumerate_all(problem, ())[0])
    for name, small in (("NEAR", 8), ("CHUNK", 64), ("LAYERS", 3)):
        monkeypatch.setattr(planner_losses, name, small)
    (searched,), (cut,) = ([begin(part) for part in components(whole(problem))] for _twice in range(2))
    for share in (0.05, 0.2, 0.5, 0.9, None):
        far = planner_losses.deviations(searched).most
        if searched.open:
            to = Reach(far, 10.0, True) if share is None else Reach(share * far, 10.0, False)
            planner_losses.search(searched, to, perf_counter() + 60)
        assert searched.value <= best <= searched.bound
    assert searched.value == best == searched.bound
    monkeypatch.setattr(planner_branch, "EASY", 0.0)
    for steps in (1, 2, 100):
        planner_branch.branch(cut, perf_counter() + 0.005 * steps, perf_counter() + 60)
        assert cut.value <= best <= cut.bound
    monkeypatch.undo()
    planner_branch.branch(cut, perf_counter() + 60, perf_counter() + 60)
    assert cut.value == best == cut.bound
