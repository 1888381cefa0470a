"""The critical path: known answers, the city's 19 stages, and every way a network can be wrong."""

import csv
import re
from decimal import Decimal

import pytest

from approvals.network import (
    Activity,
    CycleError,
    DuplicateCode,
    NegativeDuration,
    UnknownPrerequisite,
    analyse,
    without,
)
from approvals.track import Unit

D = Decimal
T19 = {
    "1": (1, ""), "2": (10, ""), "3": (10, "1"), "4": (7, "3"), "5": (15, "2 4"), "6": (5, "1"), "7": (5, "1"),
    "8": (3, "4"), "9": (3, "5"), "10": (3, "4 5 8 9"), "11": (1, "4"), "12": (1, "10"), "13": (1, "12"),
    "14": (5, "13"), "15": (10, "14"), "16": (3, "15"), "17": (3, "15"), "18": (10, "11 13"), "19": (5, "16"),
}  # fmt: skip


def activities(table) -> list[Activity]:
    return [Activity(code, D(str(days)), tuple(before.split())) for code, (days, before) in table.items()]


def test_the_19_stages():
    network = analyse(activities(T19))
    assert (network.length, network.total, len(network.order)) == (D(64), D(101), 19)
    assert network.critical == ["1", "3", "4", "5", "9", "10", "12", "13", "14", "15", "16", "19"]
    assert network.tight == set(network.critical)
    assert network.slack["6"] == D(58)
    assert not network.approximate


def test_the_six_stages_of_the_benchmark():
    days = ["10.0", "12.0", "5.0", "1.0", "16.5", "5.0"]
    chain = [Activity(str(n), D(d), (str(n - 1),) if n > 1 else ()) for n, d in enumerate(days, start=1)]
    network = analyse(chain)
    assert (network.length, network.total, network.critical) == (D("49.5"), D("49.5"), list("123456"))


def read_psplib(text: str) -> tuple[list[Activity], int]:
    """Return the activities of a PSPLIB .sm file and the MPM-Time printed in it."""
    published = int(text.split("MPM-Time")[1].split()[5])
    successors = {}
    for line in text.split("successors\n")[1].split("****")[0].splitlines():
        job, _, _, *after = line.split()
        successors[job] = after
    durations = {}
    for line in re.split(r"-{10,}\n", text.split("REQUESTS/DURATIONS")[1])[1].split("****")[0].splitlines():
        job, _, duration, *_ = line.split()
        durations[job] = duration
    before: dict[str, list[str]] = {job: [] for job in durations}
    for job, after in successors.items():
        for name in after:
            before[name].append(job)
    return [Activity(job, D(duration), tuple(before[job])) for job, duration in durations.items()], published


def test_all_480_published_durations(shared_data):
    folder = shared_data / "known_answers" / "psplib"
    with (folder / "answers_j30_shared.csv").open(encoding="utf-8") as file:
        answers = {row["instance"]: row for row in csv.DictReader(file)}
    assert len(answers) == 480
    wrong = []
    for name, row in answers.items():
        jobs, printed = read_psplib((folder / "j30" / name).read_text())
        published = int(row["MPM_time_published_in_file(CPM duration)"])
        network = analyse(jobs)
        path = sum(activity.duration for activity in jobs if activity.code in network.critical)
        if not network.length == path == published == printed or len(jobs) != int(row["jobs_incl_dummies"]):
            wrong.append(name)
    assert wrong == []


def test_the_cycle_is_named_in_working_order():
    table = {"a": (1, "d"), "b": (1, "a"), "c": (1, "b"), "d": (1, "c"), "e": (1, "d"), "f": (1, "")}
    with pytest.raises(CycleError) as caught:
        analyse(activities(table))
    codes = caught.value.codes
    assert codes[0] == codes[-1]
    assert set(codes) == set("abcd"), "e waits for the circle but is not in it"
    assert all(before in table[after][1].split() for before, after in zip(codes, codes[1:], strict=False))


def test_a_stage_may_not_wait_for_itself():
    with pytest.raises(CycleError, match="a → a"):
        analyse([Activity("a", D(1), ("a",))])


def test_an_unknown_prerequisite_is_named():
    with pytest.raises(UnknownPrerequisite) as caught:
        analyse([Activity("a", D(1), ("z",))])
    assert (caught.value.code, caught.value.name) == ("a", "z")


def test_a_code_may_come_once():
    with pytest.raises(DuplicateCode) as caught:
        analyse([Activity("a", D(1)), Activity("b", D(1)), Activity("a", D(2))])
    assert caught.value.code == "a"


@pytest.mark.parametrize("wrong", [Activity("a", D("-0.5")), Activity("a", D(1), lag_days=D(-1))])
def test_no_duration_is_negative(wrong):
    with pytest.raises(NegativeDuration):
        analyse([wrong])


def test_an_empty_network():
    network = analyse([])
    assert (network.length, network.critical, network.order) == (0, [], ())


def test_the_order_is_the_one_given_where_prerequisites_allow():
    assert analyse(activities({"z": (1, ""), "b": (1, "a"), "a": (1, "")})).order == ("z", "a", "b")


def test_a_prerequisite_named_twice_counts_once():
    assert analyse([Activity("a", D(1)), Activity("b", D(1), ("a", "a"))]).length == 2


def test_of_two_longest_paths_one_is_told_and_both_are_tight():
    network = analyse(activities({"a": (1, ""), "b": (2, "a"), "c": (2, "a"), "d": (1, "b c")}))
    assert network.critical == ["a", "b", "d"]
    assert network.tight == {"a", "b", "c", "d"}


def test_calendar_days_are_converted_and_said_so():
    network = analyse([Activity("a", D(30), unit=Unit.CALENDAR_DAY), Activity("b", D(2), ("a",))])
    assert (network.length, network.approximate) == (D("23.5"), True), "30 x 5 / 7 = 21.4, up to 21.5"


def test_construction_time_is_not_approval_time():
    assert analyse([Activity("a", D(1)), Activity("b", D(1), ("a",), lag_days=D(200))]).length == 2


def test_what_does_not_apply_hands_its_prerequisites_on():
    left = without(activities({"a": (1, ""), "b": (1, "a"), "c": (1, "b"), "d": (1, "c a")}), {"b", "c"})
    assert [(activity.code, activity.prerequisites) for activity in left] == [("a", ()), ("d", ("a",))]
