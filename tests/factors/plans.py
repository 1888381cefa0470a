"""What the tests of the unlock planner share: the city of the mock-up, small instances at random, and brute force."""

from itertools import chain, combinations
from random import Random

from hypothesis import strategies as st

from factors.planner import Candidate, Cap, Floor, Instance, Limit, Need

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


def knapsack(count: int, rows: int, tight: float, seed: int) -> Instance:
    """A knapsack of several rows with amounts of several digits, each row at the share `tight` of what is wanted."""
    draw = Random(seed)
    amounts = [[draw.randint(100, 9999) for _unit in range(count)] for _row in range(rows)]
    candidates = tuple(
        Candidate(
            str(unit),
            sum(row[unit] for row in amounts) * draw.randint(80, 120) // 10,
            tuple(Need(row[unit], ((f"r{number}",),)) for number, row in enumerate(amounts)),
        )
        for unit in range(count)
    )
    return Instance(candidates, tuple(Limit(f"r{n}", int(tight * sum(row))) for n, row in enumerate(amounts)))


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
