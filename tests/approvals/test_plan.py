"""The dates of a chain: planned by limits, expected from what happened."""

from decimal import Decimal

from approvals.clock import measure
from approvals.network import Activity
from approvals.plan import plan
from approvals.track import Unit
from calendars.workdays import Moment
from tests.approvals.clock_examples import CALENDAR, at, day, stage, supplement
from tests.approvals.test_network import T19, activities

D = Decimal
CHAIN = [Activity("a", D(5)), Activity("b", D("2.5"), ("a",)), Activity("c", D(1), ("b",))]


def clock_of(*args, now, **options):
    return measure(stage(*args, **options), CALENDAR, now)


def test_planned_dates_follow_the_limits():
    stages = plan(CHAIN, day("11-02"), CALENDAR).stages
    assert [stages[code].planned_finish for code in "abc"] == [
        Moment(day("11-09"), "close", False),
        Moment(day("11-12"), "noon", False),
        Moment(day("11-13"), "noon", False),
    ]
    assert [stages[code].planned_start_on for code in "abc"] == [day("11-03"), day("11-10"), day("11-12")]
    assert all(s.expected_finish == s.planned_finish and s.slip_days == 0 for s in stages.values())


def test_the_19_stages_take_64_working_days():
    result = plan(activities(T19), day("03-02"), CALENDAR)
    assert CALENDAR.between(day("03-02"), result.planned_finish.date) == 64


def test_what_is_closed_keeps_its_day_and_moves_the_rest():
    now = at("11-16 09:00")
    result = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03", "11-13", limit=5, now=now)})
    stages = result.stages
    assert (stages["a"].expected_start_on, stages["a"].expected_finish_on) == (day("11-03"), day("11-13"))
    assert stages["a"].slip_days == 4
    assert stages["b"].expected_start_on == day("11-17"), "handed in today at the earliest, so day 1 is tomorrow"
    assert stages["b"].expected_finish == Moment(day("11-19"), "noon", False)
    assert result.slip_days == CALENDAR.between(day("11-13"), day("11-20"))


def test_a_decision_on_a_rest_day_keeps_its_day():
    now = at("11-16 09:00")
    result = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03", "11-14", limit=5, now=now)})
    assert result.stages["a"].expected_finish == Moment(day("11-14"), "close", False)


def test_a_running_stage_needs_what_is_left():
    now = at("11-05 14:00")
    stages = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03", limit=5, now=now)}).stages
    assert stages["a"].expected_finish_on == day("11-10"), "its due date"


def test_a_stage_accepted_today_counts_from_tomorrow():
    now = at("11-03 09:00")
    stages = plan(
        CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03 08:30", limit=5, now=now)}
    ).stages
    assert stages["a"].expected_finish == Moment(day("11-10"), "close", False)


def test_a_stopped_stage_needs_what_is_left_from_now():
    now = at("11-20 17:30")
    actual = {"a": clock_of("11-03", None, supplement("11-05"), limit=5, now=now)}
    stages = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual=actual).stages
    assert stages["a"].expected_finish_on == day("11-25"), "3.0 left"


def test_an_overdue_stage_needs_half_a_day_more():
    now = at("11-20 17:30")
    stages = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03", limit=5, now=now)}).stages
    assert stages["a"].expected_finish == Moment(day("11-23"), "noon", False)


def test_a_running_stage_without_a_limit_needs_what_the_plan_gives_it():
    now = at("11-05 17:30")
    stages = plan(CHAIN, day("11-02"), CALENDAR, now=now, actual={"a": clock_of("11-03", now=now)}).stages
    assert stages["a"].expected_finish_on == day("11-10")


def test_construction_time_lies_between_stages():
    chain = [Activity("permit", D(3)), Activity("inspection", D(1), ("permit",), lag_days=D(100))]
    stages = plan(chain, day("06-01"), CALENDAR).stages
    assert CALENDAR.between(stages["permit"].planned_finish_on, stages["inspection"].planned_finish_on) == 101
    moved = plan(chain, day("06-01"), CALENDAR, gaps={"inspection": D(10)}).stages
    assert CALENDAR.between(moved["permit"].planned_finish_on, moved["inspection"].planned_finish_on) == 11


def test_dates_without_a_notice_are_provisional():
    result = plan([Activity("a", D(5)), Activity("b", D(60), ("a",))], day("11-02"), CALENDAR)
    assert not result.stages["a"].planned_provisional
    assert result.stages["b"].planned_provisional
    assert result.stages["b"].expected_provisional
    assert result.provisional


def test_calendar_days_end_on_a_working_day():
    chain = [Activity("land", D(30), unit=Unit.CALENDAR_DAY), Activity("permit", D(1), ("land",))]
    stages = plan(chain, day("08-28"), CALENDAR).stages
    assert stages["land"].planned_finish_on == day("09-28"), "09-27 is a holiday"
    assert stages["permit"].planned_finish_on == day("09-29")


def test_a_chain_that_starts_on_a_rest_day():
    stages = plan([Activity("a", D(0)), Activity("b", D(1), ("a",))], day("11-07"), CALENDAR).stages
    assert (stages["a"].planned_start_on, stages["a"].planned_finish_on) == (day("11-07"), day("11-07"))
    assert (stages["b"].planned_start_on, stages["b"].planned_finish_on) == (day("11-09"), day("11-09"))


def test_who_holds_the_chain():
    now = at("11-16 09:00")
    chain = [*CHAIN, Activity("d", D(1), ("a", "c"))]
    driving = plan(chain, day("11-02"), CALENDAR, now=now).driving
    assert driving == {"a": None, "b": "a", "c": "b", "d": "c"}
    assert plan([], day("11-02"), CALENDAR, now=now).planned_finish is None
