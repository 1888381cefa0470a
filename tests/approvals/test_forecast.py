"""The draws against closed forms, the network's arithmetic and known answers; what must grow, grows."""

from datetime import date, datetime
from decimal import Decimal
from math import erf, exp, log, sqrt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approvals.forecast import (
    COMPLETION,
    CONSTRUCTION,
    Course,
    Part,
    Spread,
    State,
    Step,
    expected_count,
    forecast,
    from_activities,
    halves_until,
    moment,
)
from approvals.network import CycleError, UnknownPrerequisite, analyse
from calendars.store import delivered
from calendars.workdays import SHANGHAI, Moment
from tests.approvals.test_network import T19, activities, read_psplib

Z80 = 0.8416212335729143


def desk(median, sigma=0.0, **facts):
    return Spread(Part.DESK, median, sigma, **facts)


def one(*steps, detail=False, **facts):
    """Return the outlook of a single course."""
    options = {name: facts.pop(name) for name in ("coupling", "draws", "seed") if name in facts}
    return forecast([Course("x", steps, **facts)], detail=detail, **options)["x"]


def test_one_stage_is_its_own_lognormal():
    told = one(Step("a", desk=desk(20, 0.5))).milestones[COMPLETION]
    assert told.p50 == pytest.approx(20, rel=1e-3)
    assert told.p80 == pytest.approx(20 * exp(0.5 * Z80), rel=2e-3)
    assert told.at(95) == pytest.approx(20 * exp(0.5 * 1.6448536), rel=1e-2)
    assert told.chance(20) == pytest.approx(0.5, abs=0.01)
    assert (told.chance(0), told.chance(1e6)) == (0.0, 1.0)


def test_two_stages_side_by_side_are_late_as_often_as_either():
    """P(max <= t) = F(t)^2: the median of the later of two is the 70.7th percentile of one."""
    told = one(Step("a", desk=desk(20, 0.5)), Step("b", desk=desk(20, 0.5))).milestones[COMPLETION]
    assert told.p50 == pytest.approx(20 * exp(0.5 * 0.5450), rel=1e-2)


def test_fixed_durations_are_the_critical_path():
    chain = activities(T19)
    told = one(*from_activities(chain), detail=True, milestones={CONSTRUCTION: "10"})
    network = analyse(chain)
    assert {told.milestones[COMPLETION].at(percent) for percent in (1, 50, 99)} == {float(network.length * 2)}
    for code, step in told.steps.items():
        assert step.finish.p50 == float(network.early_finish[code] * 2)
        assert step.start.p80 == float(network.early_start[code] * 2)
        assert step.critical == (code in network.tight)
        late = float((network.length - network.late_start[code]) * 2)
        # The latest start is that of the backward pass, where the stage bears on the end at all.
        assert step.lead[COMPLETION] == (late, late)
    assert told.milestones[CONSTRUCTION].p50 == float(network.early_finish["10"] * 2)
    assert CONSTRUCTION not in told.steps["12"].lead


@pytest.mark.parametrize("name", ["j301_1.sm", "j30/j3010_1.sm"])
def test_a_published_network_without_spread_has_its_published_length(shared_data, name):
    chain, published = read_psplib((shared_data / "known_answers/psplib" / name).read_text())
    assert one(*from_activities(chain)).milestones[COMPLETION].p50 == published * 2


def test_a_stage_that_has_lasted_needs_what_is_left_given_that():
    """P(T > t + s | T > t) = S(t + s) / S(t), and the median of what is left solves S = S(t) / 2."""

    def survival(t):
        return (1 - erf(log(t / 20) / 0.5 / sqrt(2))) / 2

    for elapsed in (5, 20, 45):
        told = one(Step("a", desk=desk(20, 0.5), state=State.RUNNING, elapsed=elapsed)).milestones[COMPLETION]
        assert survival(elapsed + told.p50) == pytest.approx(survival(elapsed) / 2, rel=1e-2)
        assert survival(elapsed + told.p80) == pytest.approx(survival(elapsed) / 5, rel=2e-2)
    assert told.p50 > 0  # 45 of a median of 20: not done long ago, but late


def test_what_is_fixed_and_used_up_still_needs_half_a_day():
    assert one(Step("a", desk=desk(20), state=State.RUNNING, elapsed=12)).milestones[COMPLETION].p50 == 8
    assert one(Step("a", desk=desk(20), state=State.RUNNING, elapsed=30)).milestones[COMPLETION].p50 == 1


def test_the_parts_are_drawn_apart():
    applicant = Spread(Part.APPLICANT, 10, share=0.3)
    told = one(Step("a", desk=desk(20), applicant=applicant)).milestones[COMPLETION]
    assert (told.at(69), told.at(72)) == (20, 30)
    # Stopped for six half-days by now: it will last, what is left of the stop and of the desk's time are sure.
    stopped = {"state": State.RUNNING, "elapsed": 5, "stopped": Part.APPLICANT, "stopped_for": 6}
    told = one(Step("a", desk=desk(20), applicant=applicant, **stopped)).milestones[COMPLETION]
    assert (told.at(1), told.at(99)) == (4 + 15, 4 + 15)


def test_quota_is_waited_for_beside_everything_else():
    quota = Spread(Part.QUOTA, 30)
    steps = (Step("a", desk=desk(20)), Step("b", prerequisites=("a",), desk=desk(4), quota=quota, blocked_for=10.0))
    told = one(*steps, detail=True)
    assert told.milestones[COMPLETION].p50 == 24  # 30 less the 10 waited are over when a is
    longer = Step("b", prerequisites=("a",), desk=desk(4), quota=Spread(Part.QUOTA, 60), blocked_for=10.0)
    told = one(steps[0], longer, detail=True)
    assert told.milestones[COMPLETION].p50 == 54
    assert told.steps["b"].quota_decides == 1 and told.steps["a"].critical == 0
    assert told.mover == {COMPLETION: "b"} and told.steps["b"].gain[COMPLETION] == 34
    unblocked = one(steps[0], Step("b", prerequisites=("a",), desk=desk(4), quota=quota))
    assert unblocked.milestones[COMPLETION].p50 == 24


def test_what_is_over_is_not_told_again():
    done = Step("a", desk=desk(20), state=State.DONE)
    told = one(done, Step("b", prerequisites=("a",), desk=desk(6)), milestones={CONSTRUCTION: "a"})
    assert told.milestones.keys() == {COMPLETION} and told.passed == {CONSTRUCTION}
    assert told.milestones[COMPLETION].p50 == 6
    over = one(done, detail=True)
    assert over.milestones == {} and over.passed == {COMPLETION}
    assert expected_count([told, over], COMPLETION, 6) == 1
    assert forecast([]) == {} and one().passed == one(detail=True).passed == {COMPLETION}


def test_nothing_begins_before_the_chain_does():
    assert one(Step("a", desk=desk(6)), begins=10.0).milestones[COMPLETION].p50 == 16
    assert one(Step("a", desk=desk(6), state=State.RUNNING), begins=10.0).milestones[COMPLETION].p50 == 6


def test_the_mover_is_where_a_day_counts():
    wide = Step("b", prerequisites=("a",), desk=desk(20, 0.8))
    told = one(Step("a", desk=desk(20, 0.05)), wide, Step("c", desk=desk(2)), detail=True)
    assert told.steps["c"].gain[COMPLETION] == 0 and told.steps["c"].critical == 0
    assert told.steps["b"].calm[COMPLETION] > 10 * abs(told.steps["a"].calm[COMPLETION])
    assert set(told.mover) == {COMPLETION}


def test_many_courses_are_told_as_each_alone():
    made = [
        Course(n, (Step("a", desk=desk(10 + n, 0.4)), Step("b", prerequisites=("a",), desk=desk(8, 0.3))))
        for n in range(45)
    ]
    together = forecast(made)
    for course in made[::11]:
        assert together[course.key].milestones[COMPLETION].p80 == pytest.approx(
            forecast([course], detail=True)[course.key].milestones[COMPLETION].p80, rel=1e-5
        )
    assert forecast(made)[3].milestones[COMPLETION].p50 == together[3].milestones[COMPLETION].p50


def test_a_changed_course_sees_the_same_luck():
    """A stage taken out leaves the others their lanes: the difference is what was changed and nothing else."""
    kept = Step("b", desk=desk(10, 0.5), lane=1)
    alone = one(kept).milestones[COMPLETION].values
    both = one(Step("a", lane=0), kept).milestones[COMPLETION].values
    assert (alone == both).all()


def test_coupling_makes_a_chain_of_one_department_less_certain():
    chain = [
        Step(str(n), prerequisites=(str(n - 1),) if n else (), desk=desk(10, 0.5), group="住建局") for n in range(6)
    ]
    apart, coupled = one(*chain), one(*chain, coupling=0.5)
    assert coupled.milestones[COMPLETION].p80 > apart.milestones[COMPLETION].p80 * 1.04
    with pytest.raises(ValueError):
        one(*chain, coupling=1.0)


def test_wrong_networks_are_refused():
    with pytest.raises(UnknownPrerequisite):
        one(Step("a", prerequisites=("z",)))
    with pytest.raises(CycleError):
        one(Step("a", prerequisites=("b",)), Step("b", prerequisites=("a",)))


@given(
    st.lists(st.tuples(st.floats(1, 60), st.floats(0, 1)), min_size=2, max_size=6),
    st.integers(0, 5),
    st.floats(1.01, 3),
    st.floats(0, 40),
)
@example([(2.0, 0.0), (1.0, 0.0)], 0, 2.0, 5e-324)  # so little has passed that a share of the median is nothing
@settings(max_examples=25)
def test_longer_stages_never_bring_the_end_nearer(stages, which, times, elapsed):
    def course(scale=1.0, done=()):
        return [
            Step(
                str(n),
                prerequisites=(str(n - 2),) if n > 1 else (),
                desk=desk(median * (scale if n == which % len(stages) else 1), sigma),
                state=State.DONE if n in done else State.PENDING,
            )
            for n, (median, sigma) in enumerate(stages)
        ]

    base = one(*course()).milestones[COMPLETION].values
    assert (one(*course(times)).milestones[COMPLETION].values >= base - 1e-3).all()
    assert (base[1:] >= base[:-1]).all()
    shorter = one(*course(done=(0,))).milestones[COMPLETION].values
    assert (shorter <= base + 1e-3).all()
    total = Step("t", desk=desk(stages[0][0], max(stages[0][1], 0.1)), state=State.RUNNING, elapsed=elapsed)
    fresh = one(Step("t", desk=total.desk)).milestones[COMPLETION]
    # T given T > t is never less than T: what is left and what has passed, together, are at least as long.
    assert one(total).milestones[COMPLETION].p50 + elapsed >= fresh.p50 - 1e-2


def test_dates_are_working_half_days_of_the_calendar():
    calendar = delivered()
    now = datetime(2026, 9, 30, 10, 0, tzinfo=SHANGHAI)  # Wednesday morning, the last day before the National Day
    assert moment(1, now, calendar) == Moment(date(2026, 9, 30), "close", False)
    assert moment(1.2, now, calendar).date > date(2026, 10, 7)
    assert halves_until(date(2026, 9, 30), now, calendar) == 1
    assert halves_until(date(2026, 9, 29), now, calendar) == -1
    assert moment(150, now, calendar).provisional  # leans on 2027, which has no notice
    for halves in range(0, 40):
        assert halves_until(moment(halves, now, calendar).date, now, calendar) - halves in (0, 1)


def test_days_as_decimals_are_half_days():
    assert from_activities(activities({"a": ("2.5", "")}))[0].desk.median == float(Decimal("2.5") * 2)
