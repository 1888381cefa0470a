"""What a reform does to a chain: worked examples, the benchmark reached exactly, properties over random networks."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import chain_format, reform, reform_data
from approvals.network import Activity, analyse, topological
from approvals.reform import Effect, Merge, Node, Phase

FOLDER = Path(reform.__file__).with_name("chain_templates")


def spec(code):
    return chain_format.read((FOLDER / f"{code}.yaml").read_bytes())


SPECS = {path.stem: spec(path.stem) for path in sorted(FOLDER.glob("*.yaml"))}
OURS = reform_data.nodes_of(SPECS["T19-101"].stages)
THEIRS = reform_data.nodes_of(SPECS["B6-49.5"].stages)
EFFECTS = reform_data.effects_for("T19-101", reform_data.shipped())


def reduced(steps) -> dict[str, set[str]]:
    """Return what each step waits for directly: without what another prerequisite waits for already."""
    before = {step.code: set(step.prerequisites) for step in steps}
    above: dict[str, set[str]] = {}
    for code in topological([Activity(c, Decimal(0), tuple(names)) for c, names in before.items()]):
        above[code] = before[code].union(*(above[name] for name in before[code]))
    return {code: {n for n in names if not any(n in above[o] for o in names)} for code, names in before.items()}


def test_nothing_in_the_data_contradicts_the_templates():
    assert reform_data.check(reform_data.shipped(), SPECS.values()) == []


def test_all_reforms_together_are_the_benchmark():
    steps = reform.apply(OURS, EFFECTS.values())
    days = {node.code: node.days for node in OURS}
    stage_of = {node.code: node.benchmark_stage for node in OURS}
    matched = {step.code: {stage_of[part.code] for part in step.parts} for step in steps}
    assert all(len(codes) == 1 for codes in matched.values())
    place = {code: next(iter(codes)) for code, codes in matched.items()}
    limits = {place[step.code]: reform.limit_of(step, days) for step in steps}
    assert limits == {node.code: node.days for node in THEIRS}
    links = {place[code]: {place[name] for name in names} for code, names in reduced(steps).items()}
    assert links == {node.code: set(node.prerequisites) for node in THEIRS}
    assert reform.measure(OURS, EFFECTS.values()) == reform.measure(THEIRS)


def test_the_gap_is_divided_exactly():
    gap = reform.divide(OURS, THEIRS, EFFECTS)
    assert (gap.ours.count, gap.ours.total, gap.ours.path) == (19, Decimal("101.0"), Decimal("64.0"))
    assert (gap.theirs.count, gap.theirs.total, gap.theirs.path) == (6, Decimal("49.5"), Decimal("49.5"))
    assert gap.rest == reform.Figures(0, Decimal(0), Decimal(0))
    assert sum(cause.days for cause in gap.causes) == Fraction("51.5")
    assert sum(cause.stages for cause in gap.causes) == 13
    assert sum(cause.path for cause in gap.causes) == Fraction("14.5")
    named = {cause.reform: (cause.days, cause.stages) for cause in gap.causes}
    assert named["joint-acceptance"] == (Fraction("15.5"), 5)
    assert named["review-commitment"] == (18, 0)
    assert named["one-stop"] == (6, 2)
    assert named["joint-permit"] == (1, 3)
    assert sum(reform.tenths([cause.path for cause in gap.causes])) == Decimal("14.5")


def test_a_chain_with_another_structure_says_what_no_reform_explains():
    nodes = reform_data.nodes_of(SPECS["IND-BA"].stages)
    gap = reform.divide(nodes, THEIRS, reform_data.effects_for("IND-BA", reform_data.shipped()))
    assert sum(cause.days for cause in gap.causes) + Fraction(gap.rest.total) == gap.whole.total
    assert sum(cause.path for cause in gap.causes) + Fraction(gap.rest.path) == gap.whole.path
    assert all(cause.alone.path >= 0 for cause in gap.causes if cause.reform != "joint-permit")


def node(code, days, *before, **more):
    return Node(code, code, Decimal(days), before, **more)


CHAIN = [node("a", 10), node("b", 5, "a"), node("c", 3, "b"), node("d", 2, "b", lag_days=Decimal(80))]


def by_code(effect, nodes=CHAIN):
    return {step.code: step for step in reform.apply(nodes, [effect])}


def test_what_waits_for_a_dropped_stage_waits_for_what_it_waited_for():
    assert by_code(Effect(drops=("b",)))["c"].prerequisites == ("a",)
    assert reform.measure(CHAIN, [Effect(drops=("b",))]) == reform.Figures(3, Decimal(15), Decimal(13))
    assert by_code(Effect(drops=("d",))).keys() == {"a", "b", "c"}


def test_a_stage_beside_another_starts_with_it_and_both_are_waited_for():
    steps = by_code(Effect(parallel=(("b", "a"),)))
    assert steps["b"].prerequisites == ()
    assert set(steps["c"].prerequisites) == {"a", "b"}
    assert reform.measure(CHAIN, [Effect(parallel=(("b", "a"),))]).path == 13


def test_a_merge_has_one_limit_and_keeps_construction_time():
    steps = by_code(Effect(merges=(Merge(("b", "d"), "joint", Decimal(1)),)))
    assert [step.name for step in steps.values()] == ["a", "joint", "c"]
    assert steps["b+d"].lag_days == 80
    assert steps["c"].prerequisites == ("b+d",)
    assert reform.limit_of(steps["b+d"], {"b": Decimal(5), "d": Decimal(2)}) == 6
    deep = Effect(merges=(Merge(("b", "d"), "joint", Decimal(100)),))
    assert reform.measure(CHAIN, [deep]).total == 18, "never below the longest of its parts"


def test_a_merge_that_would_wait_for_itself_is_left_out():
    assert reform.measure(CHAIN, [Effect(merges=(Merge(("a", "c"), "joint"),))]) == reform.measure(CHAIN)


def test_finished_stages_stay_and_running_ones_keep_their_place():
    nodes = [node("a", 10, phase=Phase.DONE), node("b", 5, "a", phase=Phase.RUNNING), node("c", 3, "b")]
    everything = Effect(
        drops=("a",),
        caps={"a": Decimal(1), "b": Decimal(2)},
        parallel=(("b", "a"), ("c", "b")),
        merges=(Merge(("b", "c"), "joint", Decimal(1)),),
    )
    steps = by_code(everything, nodes)
    assert list(steps) == ["a", "b", "c"]
    assert steps["a"].parts[0].cap is None and steps["b"].parts[0].cap == 2
    assert steps["b"].prerequisites == ("a",) and steps["c"].prerequisites == ("a",)
    assert not reform.touched(nodes, Effect(caps={"a": Decimal(1)}))
    assert reform.touched(nodes, Effect(caps={"b": Decimal(1)}))


def test_papers_that_come_later_shorten_the_wait_by_their_share():
    nodes = [node("a", 5, deferrable=Fraction(1, 4))]
    (step,) = reform.apply(nodes, [Effect(defers=("a",))])
    assert step.parts[0].waiting == Fraction(3, 4)
    assert reform.measure(nodes, [Effect(defers=("a",))]) == reform.measure(nodes)


# --- properties -------------------------------------------------------------------------------------------------------


@st.composite
def networks(draw):
    count = draw(st.integers(2, 8))
    days = st.integers(0, 40).map(lambda halves: Decimal(halves) / 2)
    return [
        Node(
            f"s{n}",
            f"s{n}",
            draw(days),
            tuple(sorted(draw(st.sets(st.sampled_from([f"s{k}" for k in range(n)]), max_size=3)))) if n else (),
            phase=draw(st.sampled_from([Phase.OPEN] * 4 + [Phase.RUNNING, Phase.DONE])),
        )
        for n in range(count)
    ]


@st.composite
def relaxations(draw, nodes):
    codes = [one.code for one in nodes]
    links = [(one.code, name) for one in nodes for name in one.prerequisites]
    days = st.integers(0, 20).map(lambda halves: Decimal(halves) / 2)
    return Effect(
        drops=tuple(draw(st.sets(st.sampled_from(codes), max_size=2))),
        caps=draw(st.dictionaries(st.sampled_from(codes), days, max_size=3)),
        parallel=tuple(draw(st.sets(st.sampled_from(links), max_size=2))) if links else (),
    )


@st.composite
def cases(draw, merging=True):
    nodes = draw(networks())
    effects = {}
    for number in range(draw(st.integers(1, 4))):
        effect = draw(relaxations(nodes))
        if merging and draw(st.booleans()):
            group = draw(st.sets(st.sampled_from([one.code for one in nodes]), min_size=2, max_size=3))
            saves = Decimal(draw(st.integers(0, 9)))
            after = tuple(draw(st.sets(st.sampled_from([one.code for one in nodes]), max_size=1)))
            effect = Effect(effect.drops, effect.caps, effect.parallel, {}, (Merge(tuple(group), "m", saves, after),))
        effects[f"r{number}"] = effect
    return nodes, effects


@settings(max_examples=50)
@given(cases(), st.data())
def test_shares_add_up_whatever_the_network_and_the_subset(case, data):
    nodes, effects = case
    chosen = data.draw(st.sets(st.sampled_from(sorted(effects))))
    part = {code: effects[code] for code in sorted(chosen)}
    gap = reform.divide(nodes, nodes[:1], part)
    assert sum((c.days for c in gap.causes), Fraction(0)) + Fraction(gap.rest.total) == Fraction(gap.whole.total)
    assert sum((c.stages for c in gap.causes), Fraction(0)) + gap.rest.count == gap.whole.count
    assert sum((c.path for c in gap.causes), Fraction(0)) + Fraction(gap.rest.path) == Fraction(gap.whole.path)
    shares = [c.days for c in gap.causes]
    assert sum(reform.tenths(shares), Decimal(0)) == sum(shares, Fraction(0))


@settings(max_examples=50)
@given(cases(), st.randoms())
def test_the_order_of_reforms_does_not_matter(case, random):
    nodes, effects = case
    mixed = list(effects.values())
    random.shuffle(mixed)
    assert reform.apply(nodes, mixed) == reform.apply(nodes, effects.values())


@settings(max_examples=60)
@given(cases(merging=False))
def test_pure_relaxations_never_cost_time(case):
    nodes, effects = case
    before = reform.measure(nodes)
    lower = before
    for count in range(1, len(effects) + 1):
        after = reform.measure(nodes, list(effects.values())[:count])
        assert after.count <= before.count and after.total <= before.total and after.path <= before.path
        lower = min(lower, after, key=lambda figures: figures.path)
    assert lower.path >= 0


def test_too_many_causes_are_refused():
    with pytest.raises(ValueError, match="at most"):
        reform.shapley([str(n) for n in range(13)], len)


def test_lengths_agree_with_the_network():
    network = analyse([Activity(one.code, one.days, one.prerequisites) for one in OURS])
    assert reform.measure(OURS).path == network.length


@pytest.mark.parametrize("without", ["source_checked", "source_note"])
def test_a_source_says_whether_somebody_held_it_against_its_text(without):
    text = reform_data.FILE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.strip().startswith(f"{without}:")]
    with pytest.raises(reform_data.ReformDataError):
        reform_data.read("\n".join(lines))
    by_code = {one.code: one for one in reform_data.shipped()}
    assert by_code["one-stop"].source_open and not by_code["soil-commitment"].source_open
