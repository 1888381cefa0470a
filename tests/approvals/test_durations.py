"""What the city's stages teach: censored cases count, few cases lean on their parent, none fall back to the limit."""

import pickle
import random
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.durations import ASSUMED, LIMIT_SIGMA, OWN_CASES, Kind, Seen, fit, learn
from approvals.forecast import Part

PERMIT = Kind("施工许可", "住建局", "committed", 10.0)


def cases(kind, *halves, part=Part.DESK, censored=False):
    return [Seen(part, kind, value, censored) for value in halves]


def test_finished_cases_alone_are_mean_and_deviation_of_the_logarithm():
    found = fit([4, 9, 16], [False] * 3)
    assert found.mu == pytest.approx((log(4) + log(9) + log(16)) / 3)
    assert found.cases == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_open_cases_are_counted_for_what_they_say(seed):
    """Half the cases are cut off by today: the fit finds the true figures, the finished ones alone are too quick."""
    chance = random.Random(seed)
    true = [chance.lognormvariate(log(20), 0.5) for _ in range(400)]
    until = [chance.uniform(1, 40) for _ in true]
    halves = [min(t, u) for t, u in zip(true, until, strict=True)]
    cut = [t > u for t, u in zip(true, until, strict=True)]
    found = fit(halves, cut)
    naive = fit([h for h, c in zip(halves, cut, strict=True) if not c], [False] * (400 - sum(cut)))
    assert exp(found.mu) == pytest.approx(20, rel=0.12) and found.sigma == pytest.approx(0.5, abs=0.1)
    assert exp(naive.mu) < 16


def test_nothing_finished_teaches_nothing():
    assert fit([3, 4], [True, True]) is None
    spread = learn(cases(PERMIT, 30, 40, censored=True)).spread(Part.DESK, PERMIT)
    assert (spread.source, spread.median, spread.sigma, spread.cases) == ("limit", 10.0, LIMIT_SIGMA, 0)


@given(st.lists(st.floats(0.5, 200), min_size=2, max_size=30), st.floats(0.5, 200))
@settings(max_examples=30)
def test_a_case_that_goes_on_is_never_quicker_than_one_that_ended(halves, more):
    ended = fit([*halves, more], [False] * (len(halves) + 1))
    going_on = fit([*halves, more], [False] * len(halves) + [True])
    assert going_on.mu >= ended.mu - 1e-6


def test_own_cases_from_five_on_and_leaning_on_the_department():
    office = [Kind(f"事项{n}", "住建局", "committed", 20.0) for n in range(4)]
    others = [seen for kind in office for seen in cases(kind, 16, 18, 20, 22, 25)]
    few = learn(others + cases(PERMIT, *[2] * (OWN_CASES - 1))).spread(Part.DESK, PERMIT)
    assert few.source == "department" and 7 < few.median < 10  # of the department's limits, as usual there
    own = learn(others + cases(PERMIT, *[2] * OWN_CASES)).spread(Part.DESK, PERMIT)
    assert own.source == "own" and own.cases == OWN_CASES and 2 < own.median < 7
    many = learn(others + cases(PERMIT, *[2] * 100)).spread(Part.DESK, PERMIT)
    assert many.median == pytest.approx(2, rel=0.15) and many.cases == 100
    elsewhere = learn(others).spread(Part.DESK, Kind("新事项", "水务局", "committed", 6.0))
    assert elsewhere.source == "all" and elsewhere.cases == 20 and 4 < elsewhere.median < 7


def test_an_imported_schedule_says_nothing_about_the_city():
    abroad = [Kind(f"Phase {n}", "", "committed", 20.0, family="import") for n in range(3)]
    seen = [one for kind in abroad for one in cases(kind, 200, 300, 400)]
    assert learn(seen).spread(Part.DESK, PERMIT).source == "limit"
    assert learn(seen).spread(Part.DESK, abroad[0]._replace(name="Phase 9")).source == "department"


def test_a_part_that_seldom_happens_has_a_share():
    parts = cases(PERMIT, *[0] * 12, 8, 10, 12, part=Part.APPLICANT)
    spread = learn(parts + cases(PERMIT, 30, part=Part.APPLICANT, censored=True)).spread(Part.APPLICANT, PERMIT)
    assert spread.share == pytest.approx(0.2, abs=0.01) and spread.cases == 15
    assert spread.median > 10  # the one that is stopped now has lasted longer than all that were finished
    never = learn(cases(PERMIT, *[0] * 20, part=Part.APPLICANT)).spread(Part.APPLICANT, PERMIT)
    assert never.median == 0


def test_without_cases_everything_says_where_it_comes_from():
    learned = learn([])
    assert learned.spread(Part.WAIT, PERMIT) == ASSUMED[Part.WAIT]
    assert learned.spread(Part.QUOTA, Kind("", factor="energy")) == ASSUMED[Part.QUOTA]
    assert learned.spread(Part.DESK, Kind("无时限事项")).source == "assumed"
    built = learned.spread(Part.WAIT, Kind("主体检查", lag=160.0))
    assert built.source == "limit" and 160 <= built.median <= 170
    milestone = Kind("开工", case_type="milestone")
    assert learned.spread(Part.DESK, milestone).median == 0 and learned.spread(Part.APPLICANT, milestone).median == 0
    assert learned.spread(Part.SPECIAL, PERMIT._replace(special=False)).median == 0
    assert learned.spread(Part.DESK, PERMIT) is learned.spread(Part.DESK, PERMIT)


def test_early_warning_is_beyond_four_of_five_finished_peers():
    assert learn(cases(PERMIT, 1, 2, 3, 4)).warn_after(PERMIT) is None
    assert learn(cases(PERMIT, 9, 1, 3, 5, 7, 90, censored=False)).warn_after(PERMIT) == (9, 6)
    assert learn(cases(PERMIT, *range(1, 11))).warn_after(PERMIT) == (8, 10)


def test_what_was_learned_can_be_kept():
    learned = learn(cases(PERMIT, *range(1, 11)))
    again = pickle.loads(pickle.dumps(learned))
    assert again.spread(Part.DESK, PERMIT) == learned.spread(Part.DESK, PERMIT) and again.seen == 10
