"""Instances from files, `manage.py plan_unlock`, and the published instances with their known answers."""

import csv
import io
import json
import os
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from factors import planner_files
from factors.planner import plan

CITY = {
    "name": "two pools",
    "weights": {"investment": 1},
    "limits": [
        {"key": "energy", "amount": 10.5, "unit": "tce", "factor": "energy"},
        {"key": "river", "amount": 3},
        {"key": "reclaimed", "amount": 2.25},
    ],
    "candidates": [
        {"key": "a", "value": {"investment": 3.5}, "uses": {"energy": 4}, "must": "in", "rank": 1},
        {"key": "b", "value": {"investment": 6}, "needs": [{"amount": 5, "from": ["reclaimed", "river"]}]},
        {"key": "c", "value": {"investment": 9}, "needs": [{"amount": 7, "routes": [["energy"]], "factor": "energy"}]},
    ],
    "caps": [{"key": "east", "district": "east", "amount": 1}],
    "floors": [{"key": "floor", "factor": "energy", "figure": "investment", "at_least": 0.5}],
}


def changed(path: str, value) -> str:
    """CITY as text with one place changed: "candidates.0.needs"."""
    data = json.loads(json.dumps(CITY))
    *way, last = path.split(".")
    place = data
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return json.dumps(data)


def run(tmp_path, text: str, **options) -> dict:
    path = tmp_path / "instance.json"
    path.write_text(text, encoding="utf-8")
    out = io.StringIO()
    call_command("plan_unlock", instance=str(path), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_what_the_solver_prints_is_no_part_of_the_answer(tmp_path, monkeypatch, capfd):
    def loud(*args):
        os.write(1, b"HighsMipSolverData: a line\n")
        return plan(*args)

    monkeypatch.setattr("factors.planner.plan", loud)
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(CITY), encoding="utf-8")
    call_command("plan_unlock", instance=str(path), json=True, seconds=5)
    told = capfd.readouterr()
    assert json.loads(told.out)["proven"] and told.err == "HighsMipSolverData: a line\n"


def test_a_file_is_planned_in_its_own_figures(tmp_path):
    told = run(tmp_path, json.dumps(CITY), seconds=5, steps=True)
    assert (told["chosen"], told["value"], told["bound"], told["gap"], told["proven"]) == (
        ["a", "b"],
        9.5,
        9.5,
        0,
        True,
    )
    assert told["left"] == {"energy": 6.5, "river": 0.25, "reclaimed": 0, "east": 1}
    assert {"candidate": "b", "need": 0, "route": ["river"], "amount": 2.75} in told["takes"]
    assert told["duals"]["energy"] == pytest.approx(9 / 7) and told["duals"]["river"] == 0
    assert {"limit": "energy", "amount": 0.5, "gain": 9, "proven": True} in told["first_steps"]
    assert told["seconds"] > 0 and told["stopped_by"] == "optimal"


def test_any_knapsack_fits_in_four_lists(tmp_path):
    text = json.dumps({"knapsack": {"values": [10, 7, 6.5], "amounts": [[4, 3, 2], [1, 1, 5]], "capacities": [6, 6]}})
    told = run(tmp_path, text)
    assert (told["chosen"], told["value"]) == (["1", "3"], 16.5)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "line 1, column 2"),
        ("[]", "the file: an object"),
        ('{"limits": []}', '"candidates" is missing'),
        ('{"limits": [], "limits": []}', '"limits" stands twice'),
        (changed("limitz", []), '"limitz" is not known'),
        (changed("limits.1.amount", "ten"), 'limits[1].amount: a number is expected, not "ten"'),
        (changed("limits.1.amount", -1), "limits[1].amount: must not be negative"),
        (changed("limits.1.amount", 1e300), "limits[1].amount: 1E+300 is too long"),
        (changed("limits.1.key", ""), "limits[1].key: is missing"),
        (changed("limits.1", 7), "limits[1]: an object"),
        (changed("limits.1.key", "energy"), "the limit energy stands twice"),
        (changed("candidates.0.must", "yes"), 'candidates[0].must: "in", "out" or ""'),
        (changed("candidates.0.value", True), "candidates[0].value: a number is expected, not true"),
        (changed("candidates.1.needs.0", {"amount": 1, "routes": [[]]}), "b, need 0: names no limit to take it from"),
        (changed("weights", [1]), "weights: an object"),
        ('{"limits": ' + "9" * 5000 + "}", "a number is too long"),
        (changed("candidates.0.uses", {"gas": 1}), "a, need 0: there is no limit gas"),
        (changed("candidates.1.needs.0.from", "river"), "candidates[1].needs[0].from: a list"),
        (changed("candidates.1.needs.0.routes", []), 'candidates[1].needs[0]: either "from"'),
        (changed("limits.0.amount", 3.5), "does not fit; short are: energy by 0.5 (must be in: a)"),
        (changed("candidates.0.value", {"investment": 1}), "a must be in, but misses the floor"),
        (changed("caps.0.amount", 1.5), "caps[0].amount: a whole number"),
        (
            '{"knapsack": {"values": [1], "amounts": [[1, 2]], "capacities": [1]}}',
            "knapsack.amounts[0]: 2 amounts for 1",
        ),
        ('{"knapsack": {"values": [1], "amounts": [], "capacities": [1]}}', "0 rows for 1 capacities"),
        (changed("weights", {}).replace("NaN", ""), 'candidates[0].value: several figures need "weights"'),
        (
            '{"knapsack": {"values": [NaN], "amounts": [], "capacities": []}}',
            "knapsack.values[0]: a number is expected",
        ),
    ],
)
def test_an_error_names_the_place_in_the_file(tmp_path, text, place):
    with pytest.raises(CommandError) as refused:
        run(tmp_path, text)
    assert "instance.json: " in str(refused.value) and place in str(refused.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("plan_unlock", instance=str(tmp_path / "none.json"))
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("plan_unlock", instance=str(tmp_path / "binary.json"))
    for text, problem in (("1 2 1 0 5 5", "ends where amounts"), ("x", 'word 1: a number is expected, not "x"')):
        with pytest.raises(planner_files.FileError, match=problem):
            planner_files.read_orlib(text)


# --- Published instances ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(shared_data):
    """(file, problem) → (text of the file, the best value known, whether it is optimal, published relaxation)."""
    folder = shared_data / "known_answers" / "mkp"
    with next(folder.glob("answers_*.csv")).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = {name: (folder / name).read_text() for name in {row["file"] for row in rows}}
    return {
        (row["file"], int(row["problem_no"])): (
            texts[row["file"]],
            Decimal(row["value"]),
            row["status"].startswith("optimal"),
            row["lp_relaxation"],
        )
        for row in rows
    }


def test_all_optima_of_mknap1(published):
    numbers = [number for name, number in published if name == "mknap1.txt"]
    assert numbers == list(range(1, 8))
    for number in numbers:
        text, value, _optimal, _relaxation = published["mknap1.txt", number]
        question = planner_files.read_orlib(text, number)
        found = plan(question.instance, 60)
        assert Decimal(found.value).scaleb(-question.value_digits) == value == question.stated and found.proven


@pytest.mark.parametrize("number", [2, 13, 28])
def test_mknapcb1_within_a_percent_and_never_above_the_bound(published, number):
    """Three of the thirty, with few seconds; the benchmark runs all."""
    text, value, _optimal, relaxation = published["mknapcb1.txt", number]
    question = planner_files.read_orlib(text, number)
    found = plan(question.instance, 1)
    assert value * Decimal("0.99") <= found.value <= value <= found.bound <= found.lp_bound
    assert found.lp_bound == int(Decimal(relaxation))
