"""Reforms on running projects: the same luck before and after, rows that add up, relaxations that never cost time."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import forecast
from approvals.forecast import COMPLETION, Course, Part, Spread, State, Step
from approvals.reform import Effect, Merge, Node
from approvals.reform_course import Case, capped, changed, joined
from approvals.reform_forecast import simulate
from benchmarks import bench_reform
from benchmarks.bench_reform import by_full_forecasts, by_simulator

DRAWS = 64
DESK = {code: Spread(Part.DESK, median, 0.4) for code, median in zip("abcd", (20.0, 10.0, 6.0, 4.0), strict=True)}
WAIT = Spread(Part.WAIT, 8.0, 0.3)
SPECIAL = Spread(Part.SPECIAL, 6.0, 0.2, share=0.5)
STAGES = {
    code: Node(code, code, Decimal(days), deferrable=Fraction(1, 2))
    for code, days in zip("abcd", (10, 5, 3, 2), strict=True)
}
LINKS = {"a": (), "b": ("a",), "c": ("b",), "d": ("b",)}
EFFECTS = {
    "drop": Effect(drops=("c",)),
    "cap": Effect(caps={"a": Decimal(1)}, at_once=True),
    "beside": Effect(parallel=(("b", "a"),)),
    "merge": Effect(merges=(Merge(("b", "c"), "joint", Decimal(2)),)),
    "papers": Effect(defers=("b",)),
}


def case(key, effects=EFFECTS, **states):
    steps = tuple(
        Step(code, code, LINKS[code], DESK[code], wait=WAIT, special=SPECIAL, state=states.get(code, State.PENDING))
        for code in "abcd"
    )
    return Case(key, Course(key, steps, {"construction": "d"}), STAGES, effects)


def test_each_kind_changes_what_it_says_and_nothing_else():
    course, less = changed(case(1), [EFFECTS["drop"]])
    assert less == 1 and [step.code for step in course.steps] == ["a", "b", "d"]
    course, less = changed(case(1), [EFFECTS["cap"]])
    (first, *others) = course.steps
    assert less == 0 and first.desk.median == 2 and first.special.median == 0 and first.wait is WAIT
    assert [step.desk for step in others] == [DESK[code] for code in "bcd"]
    assert [step.lane for step in course.steps] == [0, 1, 2, 3], "the same draws before and after"
    course, _less = changed(case(1), [EFFECTS["papers"]])
    assert course.steps[1].wait.median == 4 and course.steps[1].desk is DESK["b"]
    course, less = changed(case(1), [EFFECTS["merge"]])
    joint = course.steps[1]
    assert less == 1 and joint.code == "b+c" and joint.prerequisites == ("a",) and joint.wait is WAIT
    assert joint.desk is joined((DESK["b"], DESK["c"]), 0.75)
    assert course.steps[2].prerequisites == ("b+c",)


def test_a_limit_that_practice_keeps_already_saves_nothing():
    assert capped(DESK["a"], 30.0) is DESK["a"]
    assert simulate([case(1, {"cap": Effect(caps={"a": Decimal(10)})})], ["cap"], ["cap"], draws=DRAWS).days == 0


def test_the_sum_of_desks_keeps_mean_and_variance():
    one = joined((DESK["a"],), 1.0)
    assert abs(one.median - DESK["a"].median) < 1e-9 and abs(one.sigma - 0.4) < 1e-9
    fixed = joined((Spread(Part.DESK, 4.0), Spread(Part.DESK, 6.0)), 0.5)
    assert fixed.median == 5.0 and fixed.sigma == 0


def test_what_is_finished_or_running_is_left_alone():
    done = case(1, a=State.DONE, b=State.DONE, c=State.DONE)
    assert changed(done, [EFFECTS["cap"]]) is None and changed(done, [EFFECTS["drop"]]) is None
    running = case(1, a=State.DONE, b=State.RUNNING)
    assert changed(running, [EFFECTS["merge"]]) is None and changed(running, [EFFECTS["beside"]]) is None


def test_the_total_is_the_sum_of_the_rows_and_the_rest_is_told():
    cases = [case(1), case(2, a=State.DONE), case(3, {"drop": EFFECTS["drop"]})]
    told = simulate(cases, list(EFFECTS), ["cap", "beside", "merge"], draws=DRAWS)
    assert told.days == sum(row.days for row in told.rows) and told.projects == len(told.rows) == 2
    assert told.sum_of_singles + told.interaction == told.days
    assert told.interaction < 0, "a stage decided at once has nothing left to run beside"
    assert [one.days for one in told.singles] == sorted((one.days for one in told.singles), reverse=True)
    by_reform = {one.reform: one for one in told.singles}
    assert by_reform["drop"].projects == 3 and by_reform["drop"].stages == 3
    assert by_reform["cap"].projects == 1
    for code, rows in told.single_rows.items():
        assert by_reform[code].days == sum(row.days for row in rows)


def test_to_the_start_of_construction():
    told = simulate(
        [case(1), case(2, a=State.DONE, b=State.DONE, d=State.DONE)], ["cap"], ["cap"], until="construction"
    )
    (row,) = told.rows
    assert row.key == 1 and row.days > 0
    late = simulate([case(2, {"drop": EFFECTS["drop"]}, d=State.DONE)], ["drop"], ["drop"], until="construction")
    assert late.days == 0 and late.rows[0].before is None, "construction has begun: nothing to save before it"


def test_without_projects_everything_is_zero():
    told = simulate([], ["drop"], ["drop"])
    assert (told.days, told.projects, told.interaction) == (0, 0, 0)


POSSIBLE = [  # a stage is begun when those before it are over: nothing else is gathered
    states
    for states in (dict(zip("abcd", each, strict=True)) for each in product(State, repeat=4))
    if all(states[code] is State.PENDING or all(states[b] is State.DONE for b in LINKS[code]) for code in states)
]


@settings(max_examples=30)
@given(
    st.sets(st.sampled_from(["drop", "cap", "beside", "papers"]), min_size=1),
    st.sampled_from(POSSIBLE),
)
def test_relaxations_never_delay_a_project(chosen, states):
    one = case(1, **states)
    told = simulate([one], list(EFFECTS), chosen, draws=DRAWS)
    assert all(row.days >= 0 for row in told.rows)
    before = forecast.forecast([one.course], draws=DRAWS)[1].milestones
    assert told.days == 0 or COMPLETION in before


# --- the fast path ----------------------------------------------------------------------------------------------------
TRIES = [*((code,) for code in EFFECTS), tuple(EFFECTS), ("cap", "merge"), ("drop",)]
ELAPSED = st.sampled_from([0.0, 3.0, 17.0])


@st.composite
def portfolios(draw):
    """Return a few projects anywhere on their way; some alike, some begun, some stopped or waiting for quota."""
    found = []
    for key in range(draw(st.integers(1, 6))):
        one = case(key, draw(st.sampled_from([EFFECTS, {"cap": EFFECTS["cap"]}])), **draw(st.sampled_from(POSSIBLE)))
        steps = list(one.course.steps)
        for n, step in enumerate(steps):
            if step.state in (State.READY, State.RUNNING):
                steps[n] = replace(step, elapsed=draw(ELAPSED), lane=draw(st.sampled_from([-1, n])))
            if step.state is State.RUNNING and draw(st.booleans()):
                steps[n] = replace(steps[n], stopped=Part.SPECIAL, stopped_for=2.0)
            if step.state is not State.DONE and draw(st.booleans()):
                steps[n] = replace(steps[n], quota=Spread(Part.QUOTA, 30.0, 0.5), blocked_for=draw(ELAPSED))
        course = replace(one.course, steps=tuple(steps), begins=draw(st.sampled_from([0.0, 9.0])))
        found.append(replace(one, course=course))
    twins = [replace(found[0], key=key, course=replace(found[0].course, key=key)) for key in (100, 101)]
    return [*found, *twins[: draw(st.integers(0, 2))]]


@settings(max_examples=40)
@given(portfolios(), st.sampled_from([COMPLETION, "construction", "nothing"]))
def test_what_is_swept_anew_is_a_full_forecast_to_the_last_bit(cases, until):
    assert by_simulator(cases, TRIES, until, DRAWS) == by_full_forecasts(cases, TRIES, until, DRAWS)


def test_the_shipped_reforms_on_the_shipped_chain_are_full_forecasts_to_the_last_bit():
    cases = bench_reform.city(30, days=20)
    reforms = list(cases[0].effects)
    tries = [*((code,) for code in reforms), tuple(reforms)]
    for until in (COMPLETION, "construction"):
        told = by_full_forecasts(cases, tries, until, DRAWS)
        assert by_simulator(cases, tries, until, DRAWS) == told and all(len(rows) > 3 for rows in told[-2:])
