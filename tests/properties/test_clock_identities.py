"""What is true of every stage, however untidy its record (design.md §4)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.clock import Kind, Limit, Pause, PauseReason, StageFacts, Unit, index_at, measure, union_net
from approvals.lights import Light, light_of, next_flip
from tests.approvals.clock_examples import CALENDAR, at

START = at("2026-08-17 00:00")
hours = st.integers(0, 24 * 150).map(lambda n: START + timedelta(hours=n))
limits = st.builds(Limit, st.integers(0, 60).map(lambda n: Decimal(n) / 2), st.sampled_from(tuple(Unit)))
pauses = st.builds(Pause, st.sampled_from(tuple(PauseReason)), hours, st.none() | hours)
stages = st.builds(
    StageFacts,
    ready_on=st.none() | hours.map(lambda instant: instant.date()),
    accepted_at=hours,
    closed_at=st.none() | hours,
    pauses=st.lists(pauses, max_size=4).map(tuple),
    extension=st.sampled_from((Decimal(0), Decimal(10))),
    committed=st.none() | limits,
    statutory=st.none() | limits,
)
thorough = settings(max_examples=150)


@thorough
@given(stages, hours)
def test_the_parts_add_up_to_the_span(facts, now):
    clock = measure(facts, CALENDAR, now)
    parts = (
        clock.waiting_days,
        clock.department_days,
        clock.supplement_days,
        clock.special_days,
        clock.nonworking_days,
    )
    assert min(parts) >= 0
    assert sum(parts) == clock.gross_days


@thorough
@given(stages, hours)
def test_the_replay_strip_says_the_same_as_the_figures(facts, now):
    clock = measure(facts, CALENDAR, now)
    halves = [kind for cell in clock.days for kind in (cell.morning, cell.afternoon)]
    named = {
        Kind.WAITING: clock.waiting_days,
        Kind.DEPARTMENT: clock.department_days,
        Kind.SUPPLEMENT: clock.supplement_days,
        Kind.SPECIAL: clock.special_days,
        Kind.REST: clock.nonworking_days,
    }
    assert {kind: Decimal(halves.count(kind)) / 2 for kind in named} == named
    numbers = [cell.number for cell in clock.days if cell.number is not None]
    assert numbers == sorted(set(numbers))
    assert (numbers[-1] if numbers else 0) == clock.net_days


@thorough
@given(stages, hours)
def test_red_means_exactly_that_more_than_the_limit_is_used(facts, now):
    clock = measure(facts, CALENDAR, now)
    end = facts.closed_at or now
    for limit in filter(None, (clock.committed, clock.statutory)):
        assert (limit.red_from is not None and limit.red_from <= end) == (limit.over_days > 0)
        if limit.unit == Unit.WORKING_DAY:
            assert (limit.over_days > 0) == (limit.used_days > limit.limit_days)
            assert limit.used_days == clock.department_days
        if limit.amber_from and limit.red_from:
            assert limit.amber_from < limit.red_from


@thorough
@given(stages, hours)
def test_until_the_next_flip_the_light_stays(facts, now):
    clock = measure(facts, CALENDAR, now)
    light, flip = light_of(clock, facts, now), next_flip(clock)
    for days in (0.1, 0.5, 1, 3, 10, 40, 200):
        later = now + timedelta(days=days)
        anew = light_of(measure(facts, CALENDAR, later), facts, later)
        if flip is None or later < flip:
            assert anew == light
    if flip:
        assert light_of(measure(facts, CALENDAR, flip), facts, flip) != light


@thorough
@given(stages, hours, st.integers(0, 24 * 60))
def test_while_it_ticks_the_offset_counts_alone(facts, now, more):
    clock, later = measure(facts, CALENDAR, now), now + timedelta(hours=more)
    settled = [facts.accepted_at, *(instant for p in facts.pauses for instant in (p.start, p.end) if instant)]
    if clock.offset is not None and now >= max(settled):
        used = Decimal(max(index_at(CALENDAR, clock.unit, later) - clock.offset, 0)) / 2
        assert used == measure(facts, CALENDAR, later).net_days


@thorough
@given(stages, hours, pauses)
def test_a_pause_never_adds_to_the_days_used_nor_brings_a_limit_nearer(facts, now, pause):
    facts = replace(facts, accepted_at=min(facts.accepted_at, now))
    before = measure(facts, CALENDAR, now)
    after = measure(replace(facts, pauses=(*facts.pauses, pause)), CALENDAR, now)
    assert after.department_days <= before.department_days
    if before.committed_due and after.committed_due:
        assert after.committed_due >= before.committed_due


@thorough
@given(stages, hours)
def test_the_order_in_which_pauses_were_recorded_does_not_matter(facts, now):
    starts = [pause.start for pause in facts.pauses]
    if len(set(starts)) == len(starts):
        turned = replace(facts, pauses=facts.pauses[::-1])
        first, second = measure(facts, CALENDAR, now), measure(turned, CALENDAR, now)
        assert replace(first, facts=facts) == replace(second, facts=facts)


@thorough
@given(st.lists(stages, max_size=4), hours)
def test_a_phase_takes_no_longer_than_its_stages_and_no_less_than_nothing(several, now):
    clocks = [measure(facts, CALENDAR, now) for facts in several]
    assert 0 <= union_net(clocks) <= sum(clock.department_days for clock in clocks)
    if len(clocks) == 1:
        assert union_net(clocks) == clocks[0].department_days


@thorough
@given(stages, hours)
def test_what_is_closed_does_not_change_any_more(facts, now):
    if facts.closed_at:
        first, later = (measure(facts, CALENDAR, at) for at in (now, now + timedelta(days=300)))
        assert first.net_days == later.net_days
        assert first.committed == later.committed
        assert light_of(later, facts, now) == Light.DONE
