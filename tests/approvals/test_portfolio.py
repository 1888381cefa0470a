"""The arrays say what the clock says, stage by stage."""

import pytest

from approvals import portfolio
from approvals.clock import measure
from approvals.lights import light_of
from approvals.network import Activity
from approvals.portfolio import LIGHTS, NEVER
from tests.approvals.clock_examples import CALENDAR, at, random_stages, stage, supplement
from tests.approvals.test_network import T19, activities

np = pytest.importorskip("numpy")
TABLE = portfolio.tables(CALENDAR)


def due_mark(moment) -> int:
    """Return the mark of the half-day that ends at a Moment."""
    if moment is None:
        return NEVER
    return 2 * (moment.date.toordinal() - TABLE.first_ordinal) + (1 if moment.half == "noon" else 2)


def first_mark(instant) -> int:
    return NEVER if instant is None else portfolio.mark(TABLE, instant)


@pytest.mark.parametrize(("seed", "now"), [(1, "2025-06-14 10:00"), (2, "2026-11-20 15:00")])
def test_2000_random_stages_agree_with_the_clock(seed, now):
    now, facts = at(now), random_stages(2000, seed)
    got = portfolio.compute(portfolio.pack(facts, TABLE), TABLE, portfolio.mark(TABLE, now))
    for row, one in enumerate(facts):
        clock = measure(one, CALENDAR, now)
        expected = (
            int(clock.net_days * 2),
            due_mark(clock.committed_due),
            due_mark(clock.statutory_due),
            first_mark(clock.amber_from),
            first_mark(clock.red_from),
            first_mark(clock.statutory_red_from),
            light_of(clock, one, now),
        )
        columns = (got.used, got.due, got.statutory_due, got.amber_from, got.red_from, got.statutory_red_from)
        assert (*(int(column[row]) for column in columns), LIGHTS[got.light[row]]) == expected, one


def test_the_random_stages_show_every_light_that_a_stage_can_have():
    facts, now = random_stages(2000, 1), portfolio.mark(TABLE, at("2025-06-14 10:00"))
    lights = portfolio.compute(portfolio.pack(facts, TABLE), TABLE, now).light
    assert {LIGHTS[code].value for code in np.unique(lights)} == {
        "statutory", "red", "amber", "green", "stopped", "done", "idle"
    }  # fmt: skip


def test_marks_are_half_days_and_come_back():
    for text, start in (("11-20 00:00", "11-20 00:00"), ("11-20 11:59", "11-20 00:00"), ("11-20", "11-20 12:00")):
        assert portfolio.instant(TABLE, portfolio.mark(TABLE, at(text))) == at(start)
    assert portfolio.instant(TABLE, NEVER) is None


def test_the_tables_say_what_the_calendar_says():
    for text in ("2026-09-19 09:00", "2026-09-20 09:00", "2026-10-07 15:00", "2026-11-20 10:00", "2026-11-20 12:00"):
        assert TABLE.working[portfolio.mark(TABLE, at(text))] == CALENDAR.begun(at(text))
    for index in (11_000, 11_001):
        assert portfolio.instant(TABLE, TABLE.mark_of[index]) == CALENDAR.start_of_half(index)


def test_no_stages_are_no_trouble():
    clocks = portfolio.compute(portfolio.pack([], TABLE), TABLE, 1)
    assert len(clocks.light) == 0


def test_some_stages_keep_their_pauses():
    facts = [
        stage("11-02", None, supplement("11-03")),
        stage("11-02"),
        stage("11-02", None, supplement("11-04", "11-05")),
    ]
    packed = portfolio.pack(facts, TABLE)
    some = portfolio.take(packed, np.array([2, 0]))
    assert list(some.first) == [0, 1, 2]
    assert list(some.pause_end) == [portfolio.mark(TABLE, at("11-05")), NEVER]


def test_critical_paths_of_many_projects_at_once():
    network = activities(T19)
    halves = np.array([[int(a.duration * 2) for a in network]] * 3, dtype=np.int32)
    halves[1] = 0
    halves[2, 1] = 400
    finish, length = portfolio.forward(network, halves)
    assert finish.shape == (3, 19)
    assert list(length) == [128, 0, 400 + 128 - 36]
    assert portfolio.forward([Activity("a", 1)], np.array([[5]]))[1] == [5]
