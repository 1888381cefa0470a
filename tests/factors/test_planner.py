"""The unlock planner against brute force, known answers by hand, and its own promises."""

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import planner_core, planner_coupled, planner_solve, planner_steps
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
    wish,
)

PROJECTS = [
    # name, 1/10 亿元, needs, grade: the twelve of the mock-up (its energy in tce, its water in 0.1 万 m³)
    ("graphite", 368, {"city": 8600, "hexi": 260}, 2),
    ("computing", 240, {"yellow": 360}, 1),
    ("polyamide", 186, {"city": 6300, "hexi": 120}, 2),
    ("degradable", 153, {"hexi": 180}, 2),
    ("silicon", 98, {"nanling": 2700, "nanling-water": 55}, 3),
    ("ceramics", 75, {"nanling": 1400}, 2),
    ("gases", 42, {"city": 2400}, 3),
    ("methanol", 680, {"city": 34000, "hexi": 925}, 1),
    ("lithium", 420, {"nanling-water": 480}, 1),
    ("coke", 215, {"city": 21400}, 1),
    ("polysilicon", 124, {"nanling": 5200, "nanling-water": 60}, 2),
    ("lepidolite", 112, {"nanling-water": 155}, 3),
]
POOLS = {"city": 25400, "nanling": 5500, "hexi": 1000, "nanling-water": 120, "yellow": 400}
QUEUED = {"polysilicon": "2026-01-01"}


def city(**must) -> Instance:
    candidates = [
        Candidate(
            key,
            value,
            tuple(Need(amount, ((pool,),)) for pool, amount in needs.items()),
            rank=rank,
            queued=QUEUED.get(key, "2026-06-01"),
            must=must.get(key, ""),
        )
        for key, value, needs, rank in PROJECTS
    ]
    return Instance(tuple(candidates), tuple(Limit(key, amount) for key, amount in POOLS.items()))


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


# --- Against brute force ----------------------------------------------------------------------------------------------

LIMITS = ("a", "b", "c", "d")
ROUTES = [(), ("a",), ("b",), ("c",), ("d",), ("a", "d"), ("b", "d"), ("a", "c")]


@st.composite
def instances(draw):
    count = draw(st.integers(1, 9))
    routes = st.lists(st.sampled_from(ROUTES[1:]), min_size=1, max_size=3, unique=True).map(tuple)
    need = st.builds(Need, st.integers(0, 9), routes, st.just("energy"))
    candidates = [
        Candidate(
            f"p{number}",
            draw(st.integers(0, 30)),
            tuple(draw(st.lists(need, max_size=3))),
            must=draw(st.sampled_from(["", "", "", "", "", "", "in", "out"])),
            group=draw(st.sampled_from(["", "", "", "g"])),
            district=draw(st.sampled_from(["", "east"])),
            one_of=draw(st.sampled_from(["", "", "", "o"])),
        )
        for number in range(count)
    ]
    limits = tuple(Limit(key, draw(st.integers(0, 20))) for key in LIMITS)
    caps = (Cap("count", "east", draw(st.integers(0, 4))), Cap("east-d", "east", draw(st.integers(0, 15)), ("d", "b")))
    floors = (Floor("f", "energy", draw(st.integers(0, 2))),)
    return Instance(
        tuple(candidates),
        limits,
        district_caps=draw(st.sampled_from([(), caps[:1], caps])),
        floors=draw(st.sampled_from([(), floors])),
    )


def can_split(instance, chosen) -> bool:
    """Whether the needs of `chosen` fit, by trying every split in whole numbers: no flow, no rows, no solver."""
    left = {limit.key: limit.amount for limit in instance.limits}
    left |= {cap.key: cap.amount for cap in instance.district_caps}
    caps = {cap.key: cap for cap in instance.district_caps}

    def routes(candidate, need):
        own = [cap for cap in caps.values() if cap.district == candidate.district]
        return [
            {*route, *(cap.key for cap in own if cap.limits and not set(route).isdisjoint(cap.limits))}
            for route in need.routes
        ]

    for cap in caps.values():
        if not cap.limits and sum(c.district == cap.district for c in chosen) > cap.amount:
            return False
    needs = [(need.amount, routes(candidate, need)) for candidate in chosen for need in candidate.needs if need.amount]
    states = {tuple(left[key] for key in sorted(left))}
    for amount, ways in sorted(needs, key=lambda one: len(one[1])):
        for number, route in enumerate(ways):
            steps = [key in route for key in sorted(left)]
            last = number == len(ways) - 1
            reached = set()
            for state in states:
                rest, given = (state, 0) if number == 0 else state
                for more in [amount - given] if last else range(amount - given + 1):
                    after = tuple(have - more * step for have, step in zip(rest, steps, strict=True))
                    if min(after) >= 0:
                        reached.add(after if last else (after, given + more))
            states = reached
    return bool(states)


def brute(instance):
    """The best value over all sets, or None."""
    best = None
    allowed = [
        c
        for c in instance.candidates
        if all(c.value * f.per >= f.at_least * sum(n.amount for n in c.needs) for f in instance.floors)
    ]
    everything = chain.from_iterable(combinations(allowed, size) for size in range(len(allowed) + 1))
    for chosen in everything:
        keys = {c.key for c in chosen}
        if any((c.must == "in") > (c.key in keys) or (c.must == "out") and c.key in keys for c in instance.candidates):
            continue
        if len({c.key in keys for c in instance.candidates if c.group}) > 1 or sum(bool(c.one_of) for c in chosen) > 1:
            continue
        value = sum(c.value for c in chosen)
        if (best is None or value > best) and can_split(instance, chosen):
            best = value
    return best


def held(instance, found) -> None:
    """Assert that the plan's takes are whole, complete, and within every limit."""
    by_key = {candidate.key: candidate for candidate in instance.candidates}
    used = dict.fromkeys([limit.key for limit in instance.limits], 0)
    given = {}
    for (key, number, route), amount in found.takes.items():
        assert isinstance(amount, int) and amount > 0 and key in found.chosen
        given[key, number] = given.get((key, number), 0) + amount
        for limit in by_key[key].needs[number].routes[route]:
            used[limit] += amount
    for key in found.chosen:
        for number, need in enumerate(by_key[key].needs):
            assert given.get((key, number), 0) == need.amount
    for limit in instance.limits:
        assert used[limit.key] <= limit.amount and found.left[limit.key] == limit.amount - used[limit.key]
    assert min(found.left.values()) >= 0
    assert found.value == sum(by_key[key].value for key in found.chosen) <= found.bound


@settings(max_examples=60, deadline=None)
@given(instances(), st.booleans())
def test_brute_force_agrees(instance, enumerated):
    try:
        best = brute(instance)
        with pytest.MonkeyPatch.context() as patch:
            if not enumerated:
                patch.setattr(planner_solve, "SMALL", -1)
                patch.setattr(planner_coupled, "FEW", 1)
                for name in ("FIRST", "DRAWN", "KICKED"):  # so that sweeps have something to leave out
                    patch.setattr(planner_core, name, 2)
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
