"""What the planner promises beside the set: prices are duals, steps and top-ups are the least, shares are proven."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from factors import planner_coupled, planner_solve, planner_steps
from factors.planner import (
    Candidate,
    Cap,
    Floor,
    Instance,
    Limit,
    Need,
    PlanError,
    Refusal,
    by_priority,
    first_steps,
    least_topup,
    plan,
    prices,
)
from factors.planner_rows import compile_instance
from tests.factors.plans import city, held, instances


def divisible(instance) -> float:
    """The linear relaxation written down again, with every split as a variable: nothing of ours but the data."""
    import numpy as np
    from scipy.optimize import linprog

    limits = [limit.key for limit in instance.limits]
    columns, cost, high = [], [], []
    for candidate in instance.candidates:
        start = len(cost)
        cost.append(-candidate.value)
        high.append(1)
        for need in candidate.needs:
            own = []
            for route in need.routes:
                own.append(len(cost))
                cost.append(0)
                high.append(None)
                columns.append((len(cost) - 1, route))
            columns.append((start, need.amount, own))
    upper, equal = np.zeros((len(limits), len(cost))), []
    for column in columns:
        if len(column) == 2:
            for key in column[1]:
                upper[limits.index(key), column[0]] += 1
        else:
            row = np.zeros(len(cost))
            row[column[2]], row[column[0]] = 1, -column[1]
            equal.append(row)
    answer = linprog(
        cost,
        A_ub=upper,
        b_ub=[limit.amount for limit in instance.limits],
        A_eq=np.array(equal) if equal else None,
        b_eq=np.zeros(len(equal)) if equal else None,
        bounds=list(zip([0] * len(cost), high, strict=True)),
    )
    return -answer.fun


def free(instance) -> Instance:
    """The instance without what a person decided, and without caps and floors."""
    candidates = tuple(replace(c, must="", group="", one_of="") for c in instance.candidates)
    return Instance(candidates, instance.limits)


def with_more(instance, limit: str, amount: int) -> Instance:
    limits = tuple(replace(one, amount=one.amount + amount * (one.key == limit)) for one in instance.limits)
    return replace(instance, limits=limits)


@settings(max_examples=15)
@given(instances())
def test_prices_are_the_slopes_of_the_linear_relaxation(instance):
    instance = free(instance)
    here, found = divisible(instance), prices(instance)
    assert here - 1 < plan(instance, 20).lp_bound <= here + 1e-6
    for limit in instance.limits:
        # The relaxation is concave in a limit: its price lies between the slopes on both sides.
        assert divisible(with_more(instance, limit.key, 1)) - here <= found[limit.key] + 1e-6
        if limit.amount:
            assert here - divisible(with_more(instance, limit.key, -1)) >= found[limit.key] - 1e-6


def test_a_price_is_the_difference_that_one_more_makes():
    """Where the relaxation is smooth, exactly so: large pools, many projects, two sources of water."""
    wanted = [(37, 310, 90), (52, 450, 40), (29, 280, 70), (61, 700, 20), (44, 390, 65), (35, 330, 45), (58, 510, 80)]
    candidates = tuple(
        Candidate(str(n), value * 1000, (Need(energy, (("energy",),)), Need(water, (("river",), ("reclaimed",)))))
        for n, (value, energy, water) in enumerate(wanted)
    )
    instance = Instance(candidates, (Limit("energy", 1501), Limit("river", 101), Limit("reclaimed", 97)))
    here, found = divisible(instance), prices(instance)
    assert found["energy"] > 0 and found["river"] == pytest.approx(found["reclaimed"])
    for key, price in found.items():
        assert divisible(with_more(instance, key, 1)) - here == pytest.approx(price)


@settings(max_examples=15)
@given(instances())
def test_a_first_step_is_the_least_and_gains_what_it_says(instance):
    instance = Instance(instance.candidates, instance.limits)
    try:
        found = plan(instance, 20)
    except (PlanError, Refusal):
        return
    for step in first_steps(instance, found, seconds=60):
        assert step.proven
        if step.amount is None:
            assert plan(with_more(instance, step.limit, 1000), 20).value == found.value
            continue
        more = plan(with_more(instance, step.limit, step.amount), 20)
        assert step.amount > 0 and step.gain > 0 and more.value == found.value + step.gain
        assert plan(with_more(instance, step.limit, step.amount - 1), 20).value == found.value


@settings(max_examples=15)
@given(instances())
def test_the_programme_finds_the_same_steps(instance):
    instance = Instance(instance.candidates, instance.limits)
    try:
        found = plan(instance, 20)
    except (PlanError, Refusal):
        return
    counted = first_steps(instance, found, seconds=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner_steps, "SMALL", -1)
        solved = first_steps(instance, found, seconds=60)
    assert [(s.limit, s.amount, s.gain, s.proven) for s in counted] == [
        (s.limit, s.amount, s.gain, s.proven) for s in solved
    ]


@settings(max_examples=20)
@given(instances())
def test_a_top_up_is_enough_and_no_less_is(instance):
    instance = Instance(tuple(replace(c, must="", one_of="") for c in instance.candidates), instance.limits)
    found = plan(instance, 20)
    linked = bool(compile_instance(instance).splits)
    for candidate in instance.candidates:
        if candidate.key in found.chosen:
            continue
        topup = least_topup(instance, found, candidate.key)
        together = {*found.chosen, candidate.key}
        insisted = replace(
            instance,
            candidates=tuple(replace(c, must="in" if c.key in together else "") for c in instance.candidates),
        )
        enough = insisted
        for key, amount in topup.items():
            assert amount > 0
            enough = with_more(enough, key, amount)
        held(enough, plan(enough, 20))
        for key in () if linked else topup:
            with pytest.raises(Refusal):
                plan(with_more(enough, key, -1), 20)


# --- By hand ----------------------------------------------------------------------------------------------------------


def one(key, value, amount, **more) -> Candidate:
    return Candidate(key, value, (Need(amount, (("pool",),), "energy"),), **more)


def pool(amount) -> tuple[Limit, ...]:
    return (Limit("pool", amount, unit="tce"),)


def test_a_group_comes_whole_or_not_at_all():
    candidates = (one("a", 10, 6, group="g"), one("b", 10, 6, group="g"), one("c", 11, 6))
    assert plan(Instance(candidates, pool(11))).chosen == ("c",)
    assert plan(Instance(candidates, pool(12))).chosen == ("a", "b")
    insisted = (replace(candidates[0], must="in"), candidates[1], replace(candidates[2], must="out"))
    assert plan(Instance(insisted, pool(12))).chosen == ("a", "b")
    with pytest.raises(Refusal) as refused:
        plan(Instance(insisted, pool(11)))
    assert refused.value.shortages == {"pool": 1} and refused.value.candidates == ("a", "b")
    with pytest.raises(PlanError, match="split_group"):
        plan(Instance((insisted[0], replace(candidates[1], must="out")), pool(12)))


def test_a_district_has_its_share_and_a_project_one_year():
    candidates = (one("a", 10, 4, district="x"), one("b", 9, 4, district="x"), one("c", 5, 4, district="y"))
    assert plan(Instance(candidates, pool(8), district_caps=(Cap("x-count", "x", 1),))).chosen == ("a", "c")
    shared = plan(Instance(candidates, pool(8), district_caps=(Cap("x-energy", "x", 7, ("pool",)),)))
    assert shared.chosen == ("a", "c") and shared.left == {"pool": 0, "x-energy": 3}
    years = (one("a in 2026", 10, 4, one_of="a"), one("a in 2027", 8, 3, one_of="a"), one("b", 4, 4))
    assert plan(Instance(years, pool(8))).chosen == ("a in 2026", "b")
    assert plan(Instance(years, pool(7))).chosen == ("a in 2027", "b")


def test_who_is_not_efficient_enough_is_left_out_and_named():
    candidates = (one("good", 30, 3), one("poor", 29, 10))
    instance = Instance(candidates, pool(20), floors=(Floor("3 a tonne", "energy", 3),))
    found = plan(instance)
    assert (found.chosen, found.excluded) == (("good",), (("poor", "3 a tonne"),))
    with pytest.raises(PlanError, match="below_floor"):
        plan(replace(instance, candidates=(candidates[0], replace(candidates[1], must="in"))))


def test_several_figures_count_by_their_weights():
    candidates = (
        Candidate("jobs", {"tax": 1, "jobs": 300}, (Need(1, (("pool",),)),)),
        Candidate("tax", {"tax": 9, "jobs": 10}, (Need(1, (("pool",),)),)),
    )
    assert plan(Instance(candidates, pool(1), {"tax": 1})).chosen == ("tax",)
    found = plan(Instance(candidates, pool(1), {"tax": 10, "jobs": 1}))
    assert (found.chosen, found.value) == (("jobs",), 310)


def test_water_is_split_over_sources_under_one_ceiling():
    """Reclaimed water does not count towards the ceiling; the ceiling leaves 6 for both others, the sources 5 each."""
    routes = (("reclaimed",), ("river", "ceiling"), ("ground", "ceiling"))
    candidates = tuple(Candidate(str(n), 1, (Need(4, routes),)) for n in range(4))
    limits = (Limit("reclaimed", 3), Limit("river", 5), Limit("ground", 5), Limit("ceiling", 6))
    instance = Instance(candidates, limits)
    assert not compile_instance(instance).splits  # nested ceilings need no variables
    found = plan(instance)
    assert found.value == 2 and found.left["reclaimed"] == 0 and found.proven
    held(instance, found)
    assert sum(prices(instance).values()) > 0
    assert by_priority(instance).value == 2


def test_a_ceiling_for_the_whole_city_is_priced_and_the_parks_proven(monkeypatch):
    """Three parks under one ceiling of energy: the bound comes from the parks, and no longer from the relaxation."""
    candidates = tuple(
        Candidate(
            f"{park}{n}",
            1000 + (37 * n + 13 * park) % 100,
            (Need(70 + (29 * n + 7 * park) % 60, ((f"pool{park}", "city"),)), Need(50 + 11 * n % 40, ((f"l{park}",),))),
        )
        for park in range(3)
        for n in range(9)
    )
    limits = [limit for park in range(3) for limit in (Limit(f"pool{park}", 500), Limit(f"l{park}", 330))]
    instance = Instance(candidates, (*limits, Limit("city", 1200)))
    monkeypatch.setattr(planner_coupled, "FEW", 10)
    priced = plan(instance, 5)
    monkeypatch.setattr(planner_coupled, "FEW", 10**6)
    whole = plan(instance, 60)
    assert whole.proven and priced.value <= whole.value <= priced.bound <= priced.lp_bound
    assert priced.left["city"] >= 0


def test_ceilings_that_cross_are_split_in_whole_numbers():
    """Here the corner of the linear programme is a fraction: half of each route."""
    candidates = (
        Candidate("p", 1, (Need(4, (("b", "d"), ("a",), ("c",)), "energy"),), must="in"),
        Candidate("q", 0, (Need(1, (("a", "d"), ("b",)), "energy"),), must="in"),
    )
    limits = (Limit("a", 3), Limit("b", 2), Limit("c", 0), Limit("d", 2))
    instance = Instance(candidates, limits)
    found = plan(instance)
    held(instance, found)
    assert found.chosen == ("p", "q") and found.left == {"a": 0, "b": 0, "c": 0, "d": 1}
    with pytest.raises(Refusal) as refused:
        plan(replace(instance, limits=(*limits[:1], Limit("b", 1), *limits[2:])))
    assert sum(refused.value.shortages.values()) == 1


def test_a_limit_named_twice_in_a_route_counts_once():
    found = plan(Instance((Candidate("a", 1, (Need(3, (("pool", "pool"), ("pool",))),)),), pool(3)))
    assert (found.chosen, found.left, found.takes) == (("a",), {"pool": 0}, {("a", 0, 0): 3})


def test_huge_amounts_stay_exact():
    """Land in three-hundredths of a square metre passes 10^12; the last unit decides."""
    base = 3 * 10**12
    candidates = (one("a", 5, base + 1), one("b", 5, base + 1))
    assert plan(Instance(candidates, pool(2 * base + 1))).value == 5
    assert plan(Instance(candidates, pool(2 * base + 2))).value == 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner_solve, "SMALL", -1)
        found = plan(Instance(candidates, pool(2 * base + 1)))
        assert (found.value, found.left["pool"]) == (5, base)
        assert plan(Instance(candidates, pool(2 * base + 2))).value == 10


@pytest.mark.parametrize(
    ("instance", "code"),
    [
        (Instance((one("a", 1, 1), one("a", 1, 1)), pool(1)), "duplicate"),
        (Instance((one("a", 1, 1),), pool(1) * 2), "duplicate"),
        (Instance((one("a", 1, 1),), ()), "unknown_limit"),
        (Instance((one("a", 1, -1),), pool(1)), "negative"),
        (Instance((one("a", 1, 1, must="perhaps"),), pool(1)), "unknown_must"),
        (Instance((Candidate("a", 1, (Need(1, ()),)),), pool(1)), "no_route"),
    ],
)
def test_what_cannot_be_planned_says_why(instance, code):
    with pytest.raises(PlanError) as refused:
        plan(instance)
    assert refused.value.code == code


def test_nothing_to_choose_is_a_plan_too():
    found = plan(Instance((), pool(5)))
    assert (found.chosen, found.value, found.bound, found.proven, found.left) == ((), 0, 0, True, {"pool": 5})
    with pytest.raises(PlanError, match="unknown_candidate"):
        least_topup(city(), plan(city()), "nobody")
