"""Worked examples of the clock, as a clerk would count on fingers. Make-up workdays of 2026: Sun 09-20, Sat 10-10."""

from decimal import Decimal

import pytest

from approvals.clock import Kind, Unit, chain_totals, index_at, measure, union_net
from approvals.track import amber_halves
from calendars.workdays import Moment
from tests.approvals.clock_examples import CALENDAR, at, day, special, stage, supplement

NOW = at("11-20 10:30")
D = Decimal


def clock_of(*args, now=NOW, **options):
    return measure(stage(*args, **options), CALENDAR, now)


@pytest.fixture
def explained():
    """The stage of the explain mock-up: 04 建设工程规划许可证."""
    pauses = supplement("08-17", "08-21"), special("08-24", "08-31")
    return clock_of("08-13", "09-03", *pauses, ready="08-11", limit=7, statutory=20)


def test_the_parts_of_the_bar(explained):
    assert (explained.waiting_days, explained.department_days) == (D("2.0"), D("6.0"))
    assert (explained.supplement_days, explained.special_days) == (D("4.0"), D("5.0"))
    assert (explained.nonworking_days, explained.gross_days) == (D("6.0"), D("23.0"))
    assert explained.net_days == D("6.0")


def test_both_limits_move_with_the_pauses(explained):
    assert explained.committed_due == Moment(day("09-04"), "close", False)
    assert explained.statutory_due == Moment(day("09-22"), "close", False), "09-20 is a make-up workday"
    assert (explained.remaining_days, explained.over_days) == (D("1.0"), D("0.0"))
    assert explained.statutory.remaining_days == D("14.0")
    assert explained.red_from == at("09-07 00:00"), "the Monday after Friday's close"
    assert explained.amber_from == at("09-02 12:00"), "30 % of 7 is 2.1: amber at 2.0 left"


def test_the_replay_strip(explained):
    cells = explained.days
    assert [cells[0].date, cells[-1].date, len(cells)] == [day("08-12"), day("09-03"), 23]
    numbered = {cell.date: cell.number for cell in cells if cell.number is not None}
    counted = ["08-14", "08-17", "08-24", "09-01", "09-02", "09-03"]
    assert numbered == {day(text): D(n) for n, text in enumerate(counted, start=1)}
    kinds = "".join(
        {"waiting": "w", "department": "d", "supplement": "s", "special": "p", "rest": "r"}[c.afternoon] for c in cells
    )
    assert kinds == "wwdrrdssssrrdpppprrpddd"
    assert not any(cell.over for cell in cells)


def test_cells_past_the_limit_are_marked():
    cells = clock_of("11-09", "11-13", limit=2.5).days
    assert [cell.over for cell in cells] == [False, False, True, True]
    assert [cell.number for cell in cells] == [D(1), D(2), D(3), D(4)]


def test_the_last_day_of_a_morning_decision_is_half_a_day():
    clock = clock_of("11-09", "11-11 10:00", limit=5)
    assert (clock.days[-1].morning, clock.days[-1].afternoon) == (Kind.DEPARTMENT, Kind.NONE)
    assert clock.days[-1].number == clock.net_days == clock.gross_days == D("1.5")


@pytest.mark.parametrize(
    ("now", "used", "over"),
    [
        ("11-16 09:00", "0.0", False),  # Monday, the acceptance day itself
        ("11-16 23:59", "0.0", False),
        ("11-17 00:00", "0.5", False),
        ("11-17 09:00", "0.5", False),
        ("11-17 14:00", "1.0", False),
        ("11-17 23:59", "1.0", False),
        ("11-18 00:00", "1.5", True),  # only after Tuesday's close
    ],
)
def test_a_limit_of_one_day(now, used, over):
    clock = clock_of("11-16 09:00", limit=1, now=at(now))
    assert clock.net_days == D(used)
    assert (clock.over_days > 0) is over is (clock.red_from <= clock.now)


def test_a_limit_of_half_a_day_ends_at_noon():
    clock = clock_of("11-13 16:00", limit=0.5, now=at("11-16 11:59"))
    assert clock.committed_due == Moment(day("11-16"), "noon", False)
    assert clock.red_from == at("11-16 12:00")


def test_accepted_and_decided_on_the_same_day():
    clock = clock_of("11-16 09:00", "11-16 15:00", ready="11-13", limit=1)
    assert (clock.net_days, clock.waiting_days, clock.gross_days) == (D("0.0"), D("3.0"), D("3.0"))
    assert clock.over_days == 0


def test_a_limit_of_no_days_is_decided_on_the_spot():
    clock = clock_of("11-16 09:00", limit=0, now=at("11-16 10:00"))
    assert clock.committed_due == Moment(day("11-16"), "close", False)
    assert (clock.red_from, clock.amber_from) == (at("11-17 00:00"), None)


def test_an_open_pause_holds_the_limits_off():
    clock = clock_of("11-09", None, supplement("11-11"), limit=5, statutory=20)
    assert clock.stopped
    assert (clock.net_days, clock.supplement_days) == (D("2.0"), D("6.5"))
    assert (clock.committed_due, clock.red_from, clock.statutory_due, clock.offset) == (None, None, None, None)
    assert clock.amber_from is None, "amber would begin at 3.0 used"


def test_what_is_over_stays_over_while_the_clock_stands_still():
    clock = clock_of("11-09", None, supplement("11-17"), limit=5, statutory=20)
    assert clock.stopped
    assert clock.over_days == D("1.0")
    assert clock.committed_due == Moment(day("11-16"), "close", False)
    assert clock.red_from == at("11-17 00:00")
    assert clock.statutory_red_from is None


def test_a_pause_that_begins_at_the_due_moment_holds_red_off_but_not_the_due():
    clock = clock_of("11-09", None, supplement("11-16", "11-18"), limit=5)
    assert clock.committed_due.date == day("11-16")
    assert clock.red_from == at("11-19 00:00")
    assert clock.over_days == D("1.5"), "the 19th and the morning of the 20th"


def test_overlapping_pauses_count_once_for_the_one_that_started_earlier():
    clock = clock_of("11-02", "11-13", supplement("11-03", "11-06"), special("11-05", "11-10"), limit=5)
    assert (clock.supplement_days, clock.special_days) == (D("3.0"), D("2.0"))
    assert [span.overlap_days for span in clock.pauses] == [D("0.0"), D("1.0")]
    assert clock.net_days == D("4.0")


def test_a_pause_inside_another_adds_nothing():
    clock = clock_of("11-02", "11-13", supplement("11-03", "11-10"), special("11-04", "11-06"), limit=5)
    assert [(span.days, span.overlap_days) for span in clock.pauses] == [(D("5.0"), D("0.0")), (D("0.0"), D("2.0"))]


def test_a_pause_that_began_before_acceptance_is_clipped():
    clock = clock_of("11-02", "11-06", supplement("10-28", "11-04"), limit=5)
    assert (clock.supplement_days, clock.net_days) == (D("2.0"), D("2.0"))


def test_a_pause_before_acceptance_is_waiting():
    clock = clock_of("11-02", "11-06", supplement("10-28", "10-30"), ready="10-27", limit=5)
    assert (clock.supplement_days, clock.net_days, clock.waiting_days) == (D("0.0"), D("4.0"), D("6.0"))


def test_a_pause_that_ends_on_a_rest_day_ends_with_the_workday_before():
    to_sunday = clock_of("11-02", "11-13", supplement("11-04", "11-08"), limit=5)
    to_friday = clock_of("11-02", "11-13", supplement("11-04", "11-06"), limit=5)
    assert to_sunday.committed_due == to_friday.committed_due == Moment(day("11-11"), "close", False)


def test_a_pause_that_ends_before_it_starts_is_nothing():
    clock = clock_of("11-02", "11-06", supplement("11-05", "11-03"), limit=5)
    assert (clock.supplement_days, clock.net_days) == (D("0.0"), D("4.0"))


def test_a_decision_ends_an_open_pause():
    clock = clock_of("11-02", "11-06", supplement("11-04"), limit=5)
    assert (clock.stopped, clock.supplement_days, clock.net_days) == (False, D("2.0"), D("2.0"))
    assert clock.committed_due.date == day("11-11")


def test_a_decision_on_a_rest_day():
    clock = clock_of("11-02", "11-07 10:00", limit=5)
    assert (clock.net_days, clock.nonworking_days, clock.gross_days) == (D("4.0"), D("0.5"), D("4.5"))


def test_a_decision_before_acceptance_counts_as_nothing():
    clock = clock_of("11-06", "11-02", ready="10-30", limit=5)
    assert clock.net_days == clock.department_days == clock.nonworking_days == 0
    assert clock.waiting_days == clock.gross_days == 3


def test_make_up_workdays_count():
    assert clock_of("09-18", "09-21", limit=5).net_days == D("2.0"), "Sunday 09-20 is worked"
    assert clock_of("10-09", "10-12", limit=5).net_days == D("2.0"), "Saturday 10-10 is worked"


def test_the_holiday_week_does_not_count():
    clock = clock_of("09-30", "10-08", limit=5)
    assert (clock.net_days, clock.nonworking_days) == (D("1.0"), D("7.0"))


def test_before_acceptance_everything_is_waiting():
    clock = clock_of(ready="11-16", limit=5)
    assert (clock.waiting_days, clock.gross_days, clock.net_days) == (D("3.5"), D("3.5"), D("0.0"))
    assert (clock.committed, clock.committed_due, clock.remaining_days) == (None, None, None)
    assert {cell.morning for cell in clock.days} == {Kind.WAITING}


def test_nothing_known_is_nothing():
    clock = clock_of(limit=5)
    assert (clock.gross_days, clock.days, clock.provisional) == (D("0.0"), (), False)


def test_accepted_before_the_prerequisites_were_decided():
    clock = clock_of("11-09", "11-13", ready="11-11", limit=5)
    assert (clock.waiting_days, clock.gross_days) == (D("0.0"), D("4.0"))


def test_a_record_of_today_is_stored_at_the_end_of_the_afternoon():
    clock = clock_of("11-20", limit=5, now=at("11-20 10:30"))
    assert clock.net_days == 0
    assert index_at(CALENDAR, "working_day", at("11-23 09:00")) - clock.offset == 1


def test_the_offset_counts_days_without_the_facts():
    clock = clock_of("11-09", None, special("11-10", "11-12"), limit=5, now=at("11-16 14:00"))
    assert clock.net_days == D("3.0")
    for later, used in (("11-16 14:00", 6), ("11-18 09:00", 9), ("11-21", 14)):
        assert index_at(CALENDAR, Unit.WORKING_DAY, at(later)) - clock.offset == used


# -- calendar days -----------------------------------------------------------------------------------------------------
def test_a_limit_in_calendar_days():
    clock = clock_of("11-02", limit=10, unit="calendar_day", now=at("11-05 09:00"))
    assert clock.committed_due == Moment(day("11-12"), "close", False)
    assert (clock.net_days, clock.department_days) == (D("3.0"), D("2.5"))
    assert clock.red_from == at("11-13 00:00")


def test_a_limit_in_calendar_days_that_ends_on_a_rest_day_runs_to_the_next_workday():
    clock = clock_of("11-02", "11-17", limit=12, unit="calendar_day")
    assert clock.committed_due == Moment(day("11-16"), "close", False), "Saturday 11-14 becomes Monday"
    assert clock.red_from == at("11-17 00:00")
    assert clock.over_days == D("1.0")


def test_pauses_push_a_calendar_limit_by_calendar_days():
    clock = clock_of("11-02", "11-17", supplement("11-05", "11-10"), limit=10, unit="calendar_day")
    assert clock.committed_due.date == day("11-17")
    assert (clock.net_days, clock.supplement_days) == (D("10.0"), D("3.0"))


def test_limits_of_different_units_on_one_stage():
    facts = stage("09-28", limit=5)
    facts = type(facts)(
        accepted_at=facts.accepted_at,
        committed=facts.committed,
        statutory=stage(statutory=60, unit="calendar_day").statutory,
    )
    clock = measure(facts, CALENDAR, NOW)
    assert clock.committed_due.date == day("10-10"), "the make-up Saturday is the fifth"
    assert clock.statutory_due.date == day("11-27")
    assert clock.unit == Unit.WORKING_DAY


# -- extensions, provisional years -------------------------------------------------------------------------------------
def test_an_extension_moves_both_limits():
    clock = clock_of("11-02", limit=5, statutory=20, extension=10)
    assert (clock.committed.limit_days, clock.statutory.limit_days) == (15, 30)
    assert (clock.committed_due.date, clock.statutory_due.date) == (day("11-23"), day("12-14"))


def test_a_limit_without_a_promise_is_the_statutory_one():
    clock = clock_of("11-02", statutory=10)
    assert (clock.red_from, clock.statutory_red_from) == (None, at("11-17 00:00"))
    assert (clock.over_days, clock.limit) == (D("3.5"), clock.statutory)


def test_a_due_date_in_a_year_without_a_notice_is_provisional():
    clock = clock_of("11-16", limit=5, statutory=60)
    assert not clock.committed.provisional
    assert clock.statutory.provisional
    assert not clock.provisional
    assert clock_of("12-28", limit=20, now=at("12-29")).provisional
    assert clock_of("2027-03-01", "2027-03-02", limit=1).provisional
    assert not clock_of(ready="11-16").provisional


# -- amber -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limit", "left"),
    [("0.5", 0), ("1", "0.5"), ("1.5", "0.5"), ("2", "1"), ("3", "1.5"), ("5", 2), ("7", 2), ("10", 3), ("20", 6)],
)
def test_when_a_limit_warns(limit, left):
    assert D(amber_halves(int(D(limit) * 2))) / 2 == D(left)


# -- chains ------------------------------------------------------------------------------------------------------------
def test_the_figures_of_a_chain_are_never_mixed(explained):
    other = clock_of("08-19", "09-02", ready="08-11", limit=10)
    totals = chain_totals([explained, other, clock_of(limit=3)])
    assert (totals.stage_count, totals.closed_count) == (3, 2)
    assert totals.net_days == D("16.0"), "6 and 10"
    assert totals.union_net_days == D("6.0"), "the other ran while this one was paused, 24 Aug, and 1 and 2 Sep"
    assert (totals.gross_days, totals.started_on, totals.ended_on) == (D("23.0"), day("08-11"), day("09-03"))


def test_a_phase_is_the_union_of_its_stages():
    first, second = clock_of("11-02", "11-06"), clock_of("11-04", "11-12")
    assert union_net([first, second]) == D("8.0")
    assert union_net([first, clock_of("11-09", "11-10")]) == D("5.0")
    assert union_net([]) == union_net([clock_of(ready="11-02")]) == 0


def test_an_empty_chain():
    totals = chain_totals([])
    assert (totals.gross_days, totals.started_on, totals.net_days) == (0, None, 0)
