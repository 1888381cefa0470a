"""Instances of the unlock planner from files, and its answers as JSON. Pure. Format: docs/methods/unlock-planner.md.

Two formats: our JSON, which holds everything that an instance can say and, under "knapsack", any multi-dimensional
knapsack in four lists; and the text files of the OR-Library (mknap1, mknapcb1 …). Figures may have decimals: all are
multiplied by the smallest power of ten that makes them whole, and divided again in the answer, so nothing is rounded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from factors.planner_model import Candidate, Cap, Floor, Instance, Limit, Must, Need, Plan, PlanError, Step

DECIMALS, LARGEST = 9, 10**15


class FileError(ValueError):
    """A file that holds no instance. Its text names the place (`candidates[3].needs[0].amount`) and what is wrong."""

    def __init__(self, place: str, problem: str):
        self.place, self.problem = place, problem
        super().__init__(f"{place}: {problem}" if place else problem)


@dataclass(frozen=True, slots=True)
class Question:
    """An instance read from a file. A figure of the file × 10^`amount_digits` (`value_digits`) is ours."""

    instance: Instance
    amount_digits: int
    value_digits: int
    stated: Decimal | None = None


def read_json(text: str) -> Question:
    """Read our JSON. FileError."""
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise FileError(f"line {error.lineno}, column {error.colno}", error.msg) from error
    except FileError:
        raise
    except ValueError as error:  # thousands of digits
        raise FileError("", "a number is too long") from error
    except RecursionError as error:
        raise FileError("", "too deeply nested") from error
    data = _object(data, "the file", {"name", "weights", "limits", "candidates", "caps", "floors", "knapsack"})
    if "knapsack" in data:
        if len(data.keys() - {"name"}) > 1:
            raise FileError("knapsack", "stands alone, without limits, candidates, caps, floors, weights")
        return _knapsack(data["knapsack"])
    for name in ("limits", "candidates"):
        if name not in data:
            raise FileError("the file", f'"{name}" is missing (or "knapsack" in place of limits and candidates)')
    return _Reader(data).question()


def read_orlib(text: str, number: int = 1) -> Question:
    """Read problem `number` (from 1) of an OR-Library file of multi-dimensional knapsacks. FileError."""
    words = text.split()
    at = 0

    def take(count: int, what: str) -> list[Decimal]:
        nonlocal at
        at += count
        if at > len(words):
            raise FileError(f"word {len(words)}", f"the file ends where {what} should stand")
        return [_decimal(word, f"word {n}") for n, word in enumerate(words[at - count : at], at - count + 1)]

    problems = _whole(take(1, "the number of problems")[0], "word 1")
    if not 1 <= number <= problems:
        raise FileError("problem", f"the file has problems 1 to {problems}, not {number}")
    for _ in range(number):
        sizes = at
        columns, rows, stated = take(3, "the sizes of a problem")
        columns, rows = _whole(columns, f"word {sizes + 1}"), _whole(rows, f"word {sizes + 2}")
        values = take(columns, "values")
        amounts = [take(columns, "amounts") for _row in range(rows)]
        capacities = take(rows, "capacities")
    found = _from_lists(values, amounts, capacities, "problem")
    return Question(found.instance, found.amount_digits, found.value_digits, stated or None)


def _once(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise FileError("", f'"{next(n for n in names if names.count(n) > 1)}" stands twice in one object')
    return found


def _object(data: Any, place: str, known: set[str] | None = None) -> dict:
    if not isinstance(data, dict):
        raise FileError(place, "an object {…} is expected")
    if known is not None and (unknown := sorted(data.keys() - known)):
        raise FileError(place, f'"{unknown[0]}" is not known; known are {", ".join(sorted(known))}')
    return data


def _list(data: Any, place: str) -> list:
    if not isinstance(data, list):
        raise FileError(place, "a list […] is expected")
    return data


def _text(data: Any, place: str) -> str:
    if not isinstance(data, str):
        raise FileError(place, f"text is expected, not {_shown(data)}")
    return data


def _key(data: dict, place: str) -> str:
    key = _text(data.get("key", ""), f"{place}.key")
    if not key:
        raise FileError(f"{place}.key", "is missing")
    return key


def _shown(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)[:40]


def _decimal(data: Any, place: str, negative: bool = False) -> Decimal:
    """A number with at most 9 decimals, below 10^15."""
    try:
        if isinstance(data, bool) or not isinstance(data, int | Decimal | str):
            raise ValueError
        number = Decimal(data)
        if not number.is_finite():
            raise ValueError
    except (ValueError, DecimalException) as error:
        raise FileError(place, f"a number is expected, not {_shown(data)}") from error
    if number < 0 and not negative:
        raise FileError(place, f"must not be negative, is {number}")
    if abs(number) >= LARGEST or _digits(number) > DECIMALS:
        raise FileError(place, f"{number} is too long: at most 15 digits before the point and {DECIMALS} behind it")
    return number


def _number(data: Any, place: str, negative: bool = False) -> Decimal:
    if isinstance(data, str):
        raise FileError(place, f"a number is expected, not {_shown(data)}")
    return _decimal(data, place, negative)


def _whole(number: Decimal, place: str) -> int:
    if number != int(number):
        raise FileError(place, f"a whole number is expected, not {number}")
    return int(number)


def _digits(number: Decimal) -> int:
    """How many decimals the number has, without zeros at its end."""
    return max(0, -number.normalize().as_tuple().exponent) if number else 0


def _knapsack(data: Any) -> Question:
    data = _object(data, "knapsack", {"values", "amounts", "capacities"})
    for name in ("values", "amounts", "capacities"):
        if name not in data:
            raise FileError(f"knapsack.{name}", "is missing")
    values = [_number(v, f"knapsack.values[{n}]") for n, v in enumerate(_list(data["values"], "knapsack.values"))]
    capacities = [
        _number(v, f"knapsack.capacities[{n}]") for n, v in enumerate(_list(data["capacities"], "knapsack.capacities"))
    ]
    amounts = [
        [_number(v, f"knapsack.amounts[{row}][{n}]") for n, v in enumerate(_list(line, f"knapsack.amounts[{row}]"))]
        for row, line in enumerate(_list(data["amounts"], "knapsack.amounts"))
    ]
    return _from_lists(values, amounts, capacities, "knapsack")


def _from_lists(values: list, amounts: list[list], capacities: list, place: str) -> Question:
    """Items are candidates "1", "2", …; rows are limits "1", "2", …"""
    if len(amounts) != len(capacities):
        raise FileError(f"{place}.amounts", f"{len(amounts)} rows for {len(capacities)} capacities")
    for number, row in enumerate(amounts):
        if len(row) != len(values):
            raise FileError(f"{place}.amounts[{number}]", f"{len(row)} amounts for {len(values)} values")
    value_digits = max(map(_digits, values), default=0)
    amount_digits = max(map(_digits, [*capacities, *(amount for row in amounts for amount in row)]), default=0)
    limits = tuple(Limit(str(n), int(c.scaleb(amount_digits))) for n, c in enumerate(capacities, 1))
    routes = [((limit.key,),) for limit in limits]
    candidates = tuple(
        Candidate(
            str(n + 1),
            int(value.scaleb(value_digits)),
            tuple(Need(int(row[n].scaleb(amount_digits)), routes[m]) for m, row in enumerate(amounts) if row[n]),
        )
        for n, value in enumerate(values)
    )
    return Question(Instance(candidates, limits), amount_digits, value_digits)


class _Reader:
    """Reads the long form twice: for the decimals that occur, then for whole numbers."""

    def __init__(self, data: dict):
        self.data = data
        self.amount_digits = self.value_digits = 0
        self.factors: dict[str, str] = {}

    def question(self) -> Question:
        self._instance()
        return Question(self._instance(), self.amount_digits, self.value_digits)

    def _amount(self, data: Any, place: str) -> int:
        number = _number(data, place)
        self.amount_digits = max(self.amount_digits, _digits(number))
        return int(number.scaleb(self.amount_digits))

    def _figure(self, data: Any, place: str) -> int:
        number = _number(data, place, negative=True)
        self.value_digits = max(self.value_digits, _digits(number))
        return int(number.scaleb(self.value_digits))

    def _instance(self) -> Instance:
        data = self.data
        weights = {
            name: _whole(_number(weight, f"weights.{name}", negative=True), f"weights.{name}")
            for name, weight in _object(data.get("weights", {}), "weights").items()
        }
        limits = tuple(self._limit(item, f"limits[{n}]") for n, item in enumerate(_list(data["limits"], "limits")))
        self.factors = {limit.key: limit.factor for limit in limits}
        candidates = tuple(
            self._candidate(item, f"candidates[{n}]", weights)
            for n, item in enumerate(_list(data["candidates"], "candidates"))
        )
        caps = tuple(self._cap(item, f"caps[{n}]") for n, item in enumerate(_list(data.get("caps", []), "caps")))
        floors = tuple(
            self._floor(item, f"floors[{n}]") for n, item in enumerate(_list(data.get("floors", []), "floors"))
        )
        return Instance(candidates, limits, weights, caps, floors)

    def _limit(self, data: Any, place: str) -> Limit:
        data = _object(data, place, {"key", "amount", "label", "unit", "factor"})
        texts = {name: _text(data.get(name, ""), f"{place}.{name}") for name in ("label", "unit", "factor")}
        amount = self._amount(data.get("amount"), f"{place}.amount")
        return Limit(_key(data, place), amount, per_unit=10**self.amount_digits, **texts)

    def _candidate(self, data: Any, place: str, weights: dict) -> Candidate:
        words = ("must", "group", "district", "queued", "one_of", "label")
        data = _object(data, place, {"key", "value", "needs", "uses", "rank", *words})
        texts = {name: _text(data.get(name, ""), f"{place}.{name}") for name in words}
        if texts["must"] not in tuple(Must):
            raise FileError(f"{place}.must", f'"in", "out" or "" is expected, not {_shown(texts["must"])}')
        needs = [self._need(item, f"{place}.needs[{n}]") for n, item in enumerate(_list(data.get("needs", []), place))]
        for key, amount in _object(data.get("uses", {}), f"{place}.uses").items():
            amount = self._amount(amount, f"{place}.uses.{key}")
            needs.append(Need(amount, ((key,),), self.factors.get(key, "")))
        rank = _whole(_number(data.get("rank", 0), f"{place}.rank"), f"{place}.rank")
        return Candidate(_key(data, place), self._value(data, place, weights), tuple(needs), rank=rank, **texts)

    def _value(self, data: dict, place: str, weights: dict) -> int | Mapping[str, int]:
        value, place = data.get("value"), f"{place}.value"
        if not isinstance(value, dict):
            return self._figure(value, place)
        if not weights:
            raise FileError(place, 'several figures need "weights" in the file')
        return {name: self._figure(figure, f"{place}.{name}") for name, figure in value.items()}

    def _need(self, data: Any, place: str) -> Need:
        data = _object(data, place, {"amount", "from", "routes", "factor"})
        if ("from" in data) == ("routes" in data):
            raise FileError(place, 'either "from" (limits, one of them for each part) or "routes" (lists of limits)')
        if "from" in data:
            listed = enumerate(_list(data["from"], f"{place}.from"))
            routes = tuple((_text(key, f"{place}.from[{n}]"),) for n, key in listed)
        else:
            routes = tuple(
                tuple(
                    _text(key, f"{place}.routes[{n}][{m}]")
                    for m, key in enumerate(_list(route, f"{place}.routes[{n}]"))
                )
                for n, route in enumerate(_list(data["routes"], f"{place}.routes"))
            )
        amount = self._amount(data.get("amount"), f"{place}.amount")
        usual = next((self.factors.get(key, "") for route in routes for key in route), "")
        return Need(amount, routes, _text(data.get("factor", usual), f"{place}.factor"))

    def _cap(self, data: Any, place: str) -> Cap:
        data = _object(data, place, {"key", "district", "amount", "limits"})
        limits = tuple(
            _text(key, f"{place}.limits[{n}]") for n, key in enumerate(_list(data.get("limits", []), f"{place}.limits"))
        )
        district = _text(data.get("district", ""), f"{place}.district")
        if not district:
            raise FileError(f"{place}.district", "is missing")
        if limits:
            return Cap(_key(data, place), district, self._amount(data.get("amount"), f"{place}.amount"), limits)
        count = _whole(_number(data.get("amount"), f"{place}.amount"), f"{place}.amount")
        return Cap(_key(data, place), district, count)

    def _floor(self, data: Any, place: str) -> Floor:
        data = _object(data, place, {"key", "factor", "figure", "at_least"})
        texts = {name: _text(data.get(name, ""), f"{place}.{name}") for name in ("factor", "figure")}
        at_least = _number(data.get("at_least"), f"{place}.at_least")
        digits = _digits(at_least)
        # In whole numbers: figure / 10^v ≥ at_least × amount / 10^a.
        least, per = int(at_least.scaleb(digits + self.value_digits)), 10 ** (digits + self.amount_digits)
        return Floor(_key(data, place), texts["factor"], least, per, texts["figure"])


def answer(question: Question, plan: Plan, duals: Mapping[str, float], steps: tuple[Step, ...] = ()) -> dict:
    """The plan as JSON can say it, in the figures of the file. `duals`: per unit of the file."""
    needs = {candidate.key: candidate.needs for candidate in question.instance.candidates}

    def value(number: int) -> int | float:
        return _plain(Decimal(number).scaleb(-question.value_digits))

    def amount(number: int) -> int | float:
        return _plain(Decimal(number).scaleb(-question.amount_digits))

    counts = {cap.key for cap in question.instance.district_caps if not cap.limits}
    told = {
        "chosen": list(plan.chosen),
        "value": value(plan.value),
        "bound": value(plan.bound),
        "gap": plan.gap,
        "proven": plan.proven,
        "lp_bound": value(plan.lp_bound),
        "duals": {
            key: price * 10 ** ((0 if key in counts else question.amount_digits) - question.value_digits)
            for key, price in duals.items()
        },
        "left": {key: left if key in counts else amount(left) for key, left in plan.left.items()},
        "takes": [
            {"candidate": key, "need": need, "route": list(needs[key][need].routes[route]), "amount": amount(taken)}
            for (key, need, route), taken in plan.takes.items()
        ],
        "excluded": [{"candidate": key, "floor": floor} for key, floor in plan.excluded],
        "seconds": round(plan.seconds, 6),
        "stopped_by": plan.stopped_by,
        "method": plan.method,
        "components": plan.components,
        "combinations": plan.combinations,
        "feasible": plan.feasible,
    }
    if question.stated is not None:
        told["stated"] = _plain(question.stated)
    if steps:
        told["first_steps"] = [
            {
                "limit": step.limit,
                "amount": None if step.amount is None else amount(step.amount),
                "gain": value(step.gain),
                "proven": step.proven,
            }
            for step in steps
        ]
    return told


def _plain(number: Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def sentence(error: PlanError, question: Question) -> str:
    """An error of the planner in one English sentence, with amounts as in the file."""
    facts = error.facts
    if error.code == "must_does_not_fit":
        scaled = {limit.key for limit in question.instance.limits}
        scaled |= {cap.key for cap in question.instance.district_caps if cap.limits}
        amounts = {
            key: _plain(Decimal(amount).scaleb(-question.amount_digits)) if key in scaled else amount
            for key, amount in facts["shortages"].items()
        }
        short = ", ".join(f"{key} by {amount}" for key, amount in amounts.items())
        return f"what must be in does not fit; short are: {short} (must be in: {', '.join(facts['candidates'])})"
    words = {
        "duplicate": "the {what} {key} stands twice",
        "unknown_limit": "{candidate}, need {need}: there is no limit {limit}",
        "unknown_must": '{candidate}: must is neither "in" nor "out"',
        "no_route": "{candidate}, need {need}: names no limit to take it from",
        "negative": "{what} {key}: the amount is negative",
        "unknown_candidate": "there is no candidate {candidate}",
        "split_group": "of the group {group} one must be in and another out",
        "below_floor": "{candidate} must be in, but misses the floor {floor}",
    }
    return words[error.code].format(**facts)
