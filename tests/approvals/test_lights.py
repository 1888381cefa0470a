"""Lights: which one when, until when, and in which words."""

import json
from decimal import Decimal

import pytest
from django.utils import translation

from approvals.clock import measure
from approvals.lights import ORDER, Light, light_of, next_flip, reason, reason_data, used_at, worst
from tests.approvals.clock_examples import CALENDAR, at, special, stage, supplement

NOW = at("11-20 10:30")


def light_at(facts, now):
    return light_of(measure(facts, CALENDAR, now), facts, now)


def clock_of(*args, now=NOW, **options):
    return measure(stage(*args, **options), CALENDAR, now)


@pytest.mark.parametrize(
    ("now", "light"),
    [
        ("11-02 18:00", Light.GREEN),
        ("11-04 23:59", Light.GREEN),
        ("11-05 00:00", Light.GREEN),  # 2.5 of 5 used
        ("11-05 12:00", Light.AMBER),  # 3.0 of 5 used, 2.0 left
        ("11-09 23:59", Light.AMBER),
        ("11-10 00:00", Light.RED),
        ("11-16 23:59", Light.RED),
        ("11-17 00:00", Light.OVERDUE_STATUTORY),
    ],
)
def test_a_light_changes_at_the_instants_of_the_clock(now, light):
    facts = stage("11-02", limit=5, statutory=10)
    assert light_at(facts, at(now)) == light
    stored = measure(facts, CALENDAR, at("11-02 17:30"))
    assert light_of(stored, facts, at(now)) == light, "instants stored at acceptance say the same: no nightly job"


def test_what_was_not_accepted_or_is_closed():
    assert light_at(stage(ready="11-02", limit=1), NOW) == Light.NONE
    assert light_at(stage("11-02", "11-20", limit=1), NOW) == Light.DONE


def test_a_stopped_clock_is_stopped_unless_it_is_over():
    assert light_at(stage("11-09", None, supplement("11-11"), limit=5), NOW) == Light.STOPPED
    assert light_at(stage("11-09", None, supplement("11-17"), limit=5), NOW) == Light.RED
    assert light_at(stage("11-09", None, special("11-12"), limit=4), NOW) == Light.STOPPED


def test_without_a_promise_only_the_law_counts():
    facts = stage("11-02", statutory=10)
    assert light_at(facts, at("11-12 12:00")) == Light.AMBER
    assert light_at(facts, at("11-17 00:00")) == Light.OVERDUE_STATUTORY


def test_without_a_limit_a_running_stage_is_green():
    assert light_at(stage("01-05"), NOW) == Light.GREEN
    assert next_flip(clock_of("01-05")) is None


def test_the_next_flip_is_the_first_future_change():
    facts = stage("11-02", limit=5, statutory=10)
    flips, now = [], at("11-02")
    while now := next_flip(measure(facts, CALENDAR, now)):
        flips.append(now)
    assert flips == [at("11-05 12:00"), at("11-10 00:00"), at("11-17 00:00")]


def test_what_stands_still_does_not_flip():
    assert next_flip(clock_of("11-09", None, supplement("11-11"), limit=5, statutory=20)) is None
    assert next_flip(clock_of("11-09", "11-11", limit=5)) is None
    assert next_flip(clock_of(ready="11-09", limit=5)) is None


def test_the_worst_light():
    assert worst([]) == Light.NONE
    assert worst([Light.DONE, Light.NONE]) == Light.NONE
    assert worst(["stopped", "green"]) == Light.GREEN
    assert worst([Light.GREEN, Light.STALE]) == Light.STALE
    assert worst([Light.BLOCKED, Light.AMBER, Light.RED]) == Light.RED
    assert set(ORDER) == set(Light)


def test_every_light_has_word_class_and_a_shape_of_its_own():
    assert len({light.shape for light in Light}) == len({light.symbol for light in Light}) == len(Light)
    assert all(light.label and light.css == f"light-{light.value}" for light in Light)
    assert {light for light in Light if light.is_overdue} == {Light.RED, Light.OVERDUE_STATUTORY}


# -- words -------------------------------------------------------------------------------------------------------------
def sentence(clock, light, **options):
    data = json.loads(json.dumps(reason_data(clock, "07", "EIA")))
    with translation.override("en"):
        return str(reason(light, data, **options))


def test_the_sentence_of_an_overdue_stage():
    clock = clock_of("11-09", limit=5, now=at("11-19"))
    assert sentence(clock, Light.RED) == "07 EIA: 8.0 days used, promised 5 days, overdue since 11-17"


def test_the_days_used_follow_now_without_the_facts():
    clock = clock_of("11-09", limit=5, now=at("11-10 09:00"))
    said = sentence(clock, Light.AMBER, calendar=CALENDAR, now=at("11-12 09:00"))
    assert said == "07 EIA: 2.5 days used, promised 5 days, 2.5 days left, due 11-16"
    assert used_at(reason_data(clock), CALENDAR, at("11-12 14:00")) == Decimal("3.0")


def test_a_stopped_stage_says_why_and_keeps_its_days():
    clock = clock_of("11-09", None, supplement("11-11"), limit=7.5)
    later = sentence(clock, Light.STOPPED, calendar=CALENDAR, now=at("12-31"))
    assert later == "07 EIA: 2.0 days used, promised 7.5 days, clock stopped (waiting for the applicant's supplement)"


def test_dates_of_another_year_are_written_whole():
    clock = clock_of("12-28", limit=10, now=at("12-29"))
    assert "2027-01-11" in sentence(clock, Light.GREEN)


def test_limits_of_the_law_and_calendar_days_are_named():
    clock = clock_of("11-02", statutory=10, unit="calendar_day", now=at("11-15"))
    assert sentence(clock, Light.OVERDUE_STATUTORY) == (
        "07 EIA: 13.0 calendar days used, statutory limit 10 calendar days, exceeded since 11-13"
    )
    assert "statutory limit" in sentence(clock, Light.GREEN)


@pytest.mark.parametrize("light", list(Light))
@pytest.mark.parametrize("options", [{}, {"limit": 5}, {"statutory": 20}, {"limit": 5, "statutory": 20}])
@pytest.mark.parametrize("accepted", [None, "11-16"])
def test_every_light_has_a_sentence(light, options, accepted):
    assert sentence(clock_of(accepted, **options), light).startswith("07 EIA")


def test_no_data_gives_the_word():
    assert reason(Light.RED, {}) == Light.RED.label
