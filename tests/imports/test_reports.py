"""Planned against actual: a worked example."""

import datetime as dt

from imports.reports import BINS, Finished, by_phase, summarise

START = dt.date(2026, 1, 1)


def phase(planned, actual, name="Design"):
    days = dt.timedelta
    return Finished(name, START, START + days(planned) if planned is not None else None, START + days(actual))


def test_a_worked_example():
    rows = [phase(10, 10), phase(10, 12), phase(10, 5), phase(None, 7), phase(10, 400)]
    summary = summarise(rows, "Design")
    assert (summary.rows, summary.planned, summary.without_plan, summary.on_time) == (5, 4, 1, 2)
    assert summary.on_time_share == 50
    assert summary.median_delay == 1  # -5, 0, 2, 390
    assert (summary.median_planned_days, summary.median_actual_days) == (10, 11)
    assert dict(zip(BINS, summary.bins, strict=True)) == {
        (None, -91): 0,
        (-90, -31): 0,
        (-30, -1): 1,
        (0, 0): 1,
        (1, 30): 1,
        (31, 90): 0,
        (91, 365): 0,
        (366, None): 1,
    }
    assert summary.low is None


def test_phases_keep_their_order_and_nothing_is_nothing():
    rows = [phase(1, 1, "B"), phase(1, 1, "A"), phase(1, 1, "B")]
    assert [(s.phase, s.rows) for s in by_phase(rows)] == [("B", 2), ("A", 1)]
    empty = summarise([], "X")
    assert (empty.median_delay, empty.on_time_share, sum(empty.bins)) == (None, None, 0)


def test_every_delay_falls_into_one_bin():
    for days in range(-400, 800):
        assert sum(summarise([phase(500, 500 + days)], "X").bins) == 1
