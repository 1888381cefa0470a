"""From the facts of an unlock plan to its result: the instance, the planner's answers, and what the pools hold today.

Both sides are dictionaries that JSON can hold, so a scenario can be computed again from what was kept. No database.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from cockpit.unlock_worth import level_rank
from factors import planner
from factors.planner_model import Candidate, Cap, Floor, Instance, Limit, Need, Plan, PlanError, Refusal

SECONDS = 2.0
"""For the plan itself; stopped then, the best one found is shown with its proven bound."""

STEP_SECONDS = 2.0
TOPUP_WORK = 120_000
"""Least top-ups with a choice of routes take as long as there are candidates: so many in sum, or five."""

MOST_TOPUPS = 60
"""Projects that were not chosen for which the least top-up is told, the most valuable first."""

MOST_WISHES, WISH_SECONDS = 4, 0.4
HIGH = ("national", "provincial")
"""Levels whose projects are named when the plan leaves them out, with the price of insisting on them."""

OBJECTIVE = "objective"
INVESTMENT = "investment"
FLOORS = {"floor_tce": "energy", "floor_mu": "land"}


def instance_of(facts: dict) -> Instance:
    """Return the question as the planner takes it. Values are by name: the objective alone is weighted."""
    setup = dict(facts["setup"])
    limits = {row["key"]: row for row in facts["limits"]}
    return Instance(
        candidates=tuple(_candidate(row) for row in facts["candidates"]),
        limits=tuple(
            Limit(row["key"], row["amount"], row["name"], row["unit_label"], row["per_unit"], row["factor"])
            for row in facts["limits"]
        ),
        weights={OBJECTIVE: 1, INVESTMENT: 0},
        district_caps=_caps(facts, int(setup.get("per_district") or 0)),
        floors=tuple(_floors(setup, limits.values())),
    )


def _candidate(row: dict) -> Candidate:
    wan = Decimal(row["wan"] or 0)
    return Candidate(
        key=row["key"],
        value={OBJECTIVE: row["value"], INVESTMENT: int(wan * 100)},
        needs=tuple(
            Need(need["amount"], tuple(tuple(route) for route in need["routes"]), need["factor"])
            for need in row["needs"]
        ),
        must=row["must"],
        group=row.get("group", ""),
        district=row["district"],
        rank=level_rank(row["level"]),
        queued=row["queued"],
        label=row["name"],
    )


def _caps(facts: dict, most: int) -> tuple[Cap, ...]:
    districts = dict.fromkeys(row["district"] for row in facts["candidates"]) if most else ()
    return tuple(Cap(f"district:{code}", code, most) for code in districts)


def _floors(setup: dict, limits):
    """Yield the floors of efficiency: 万元 of investment for each tce or 亩; investment counts in 0.01 万元."""
    for name, factor in FLOORS.items():
        if setup.get(name):
            per_unit = next((row["per_unit"] for row in limits if row["factor"] == factor), None)
            if per_unit:
                top, bottom = (Decimal(setup[name]) * 100).as_integer_ratio()
                yield Floor(name, factor, top, bottom * per_unit, INVESTMENT)


def instance_file(facts: dict) -> dict:
    """Return the question as `manage.py plan_unlock --instance FILE` reads it (factors.planner_files).

    Amounts are smallest units of their books, values whole units of the objective (`unlocking.SCALES`).
    """
    instance = instance_of(facts)
    return {
        "weights": dict(instance.weights),
        "limits": [
            {"key": row.key, "amount": row.amount, "label": row.label, "unit": row.unit, "factor": row.factor}
            for row in instance.limits
        ],
        "candidates": [
            {
                **{
                    name: getattr(row, name) for name in ("key", "must", "group", "district", "rank", "queued", "label")
                },
                "value": dict(row.value),
                "needs": [
                    {"amount": need.amount, "routes": [list(route) for route in need.routes], "factor": need.factor}
                    for need in row.needs
                ],
            }
            for row in instance.candidates
        ],
        "caps": [{"key": row.key, "district": row.district, "amount": row.amount} for row in instance.district_caps],
        "floors": [
            {
                "key": row.key,
                "factor": row.factor,
                "figure": row.figure,
                "at_least": float(Decimal(row.at_least) / row.per),
            }
            for row in instance.floors
        ],
    }


def without(instance: Instance, *musts: str) -> Instance:
    """Return the question as it stood before anybody insisted: "in", "out", or both."""
    rows = (replace(row, must="") if row.must in musts else row for row in instance.candidates)
    return replace(instance, candidates=tuple(rows))


# --- the answers ---------------------------------------------------------------------------------------------------


def run(facts: dict, seconds: float = SECONDS) -> dict:
    """Return the result of the facts as JSON holds it. Takes `seconds` for the plan at most, and about as long again
    for prices, steps and top-ups.

    Where what must be in does not fit, or contradicts the floors or groups, that is told, and the plan is the one
    without these wishes.
    """
    instance, refused = instance_of(facts), None
    try:
        plan = planner.plan(instance, seconds=seconds)
    except PlanError as error:
        refused = {"code": error.code, "shortages": getattr(error, "shortages", {})}
        instance = without(instance, *(("in", "out") if error.code == "split_group" else ("in",)))
        plan = planner.plan(instance, seconds=seconds)
    simple = planner.by_priority(instance)
    insisted = refused is None and any(row.must for row in instance.candidates)
    free = planner.plan(without(instance, "in", "out"), seconds=seconds) if insisted else None
    return {
        "objective": facts["objective"],
        "plan": told(plan),
        "simple": told(simple),
        "free": told(free) if free else None,
        "refused": refused,
        "prices": {key: str(price) for key, price in planner.prices(instance).items()},
        "steps": _steps(instance, plan),
        "topups": _topups(instance, plan),
        "wishes": _wishes(facts, instance, plan),
        "ready": _ready(facts, plan, seconds / 2),
    }


def told(plan: Plan) -> dict:
    """Return a plan as JSON holds it."""
    return {
        "chosen": list(plan.chosen),
        "takes": [[*place, amount] for place, amount in plan.takes.items()],
        "value": plan.value,
        "bound": plan.bound,
        "lp_bound": plan.lp_bound,
        "left": dict(plan.left),
        "seconds": round(plan.seconds, 3),
        "stopped_by": plan.stopped_by,
        "method": plan.method,
        "combinations": plan.combinations,
        "feasible": plan.feasible,
        "excluded": [list(pair) for pair in plan.excluded],
        "proven": plan.proven,
        "gap": plan.gap,
    }


def _steps(instance: Instance, plan: Plan) -> dict[str, dict]:
    """Return the first step of each limit that has one."""
    asked = [limit.key for limit in instance.limits if limit.amount > 0]
    found = planner.first_steps(instance, plan, asked, seconds=STEP_SECONDS)
    return {
        step.limit: {"amount": step.amount, "gain": step.gain, "chosen": list(step.chosen), "proven": step.proven}
        for step in found
        if step.amount
    }


def _topups(instance: Instance, plan: Plan) -> dict[str, dict[str, int]]:
    """Return what is missing at least for each project that was not chosen, the chosen ones untouched."""
    chosen = set(plan.chosen)
    rest = [row for row in instance.candidates if row.key not in chosen]
    rest.sort(key=lambda row: (-instance.value_of(row), row.key))
    out = {key for key, _floor in plan.excluded}
    told_of = [row.key for row in rest if not row.must and row.key not in out]
    by_key, bends = {row.key: row for row in instance.candidates}, _bending(instance, chosen)
    found, asked = {}, []
    for key in told_of[:MOST_TOPUPS]:
        fixed = _fixed_routes(by_key[key], bends)
        if fixed is None:
            asked.append(key)
        else:
            found[key] = {limit: more - plan.left[limit] for limit, more in fixed.items() if more > plan.left[limit]}
    most = max(5, TOPUP_WORK // max(1, len(by_key)))
    found |= {key: dict(more) for key, more in planner.least_topups(instance, plan, asked[:most]).items()}
    full = {cap.district: cap.key for cap in instance.district_caps if plan.left[cap.key] < 1}
    for key, missing in found.items():
        if by_key[key].district in full:
            missing[full[by_key[key].district]] = 1
    return found


def _bending(instance: Instance, chosen: set[str]) -> set[str]:
    """Return the limits of which the chosen could take less, because a need of theirs has another route."""
    needs = [need for row in instance.candidates if row.key in chosen for need in row.needs if len(need.routes) > 1]
    return {limit for need in needs for route in need.routes for limit in route}


def _fixed_routes(candidate: Candidate, bends: set[str]) -> dict[str, int] | None:
    """Return what a candidate needs of each limit, None where it or the chosen have a choice: then it is asked.

    Without a choice what is missing is a subtraction: the planner's answer at a thousandth of its time.
    """
    if candidate.group:
        return None
    total: dict[str, int] = defaultdict(int)
    for need in candidate.needs:
        if len(need.routes) != 1 or bends.intersection(need.routes[0]):
            return None
        for limit in need.routes[0]:
            total[limit] += need.amount
    return total


def _wishes(facts: dict, instance: Instance, plan: Plan) -> dict[str, dict]:
    """Return for the high projects that were left out what it would cost to insist on each, or what it lacks.

    `cost` in whole units of value, and `sure` where both plans are proven; or `short` by limit.
    """
    inside = set(plan.chosen)
    left = [
        row for row in facts["candidates"] if row["level"] in HIGH and row["key"] not in inside and row["must"] != "out"
    ]
    out = {key for key, _floor in plan.excluded}
    left = sorted((row for row in left if row["key"] not in out), key=lambda row: (-row["value"], row["key"]))
    found = {}
    for row in left[:MOST_WISHES]:
        try:
            wish = planner.wish(instance, plan, {row["key"]: "in"}, seconds=WISH_SECONDS)
        except Refusal as refusal:
            found[row["key"]] = {"short": dict(refusal.shortages)}
        except PlanError:  # its group holds one that was left out by decision
            continue
        else:
            found[row["key"]] = {"cost": wish.cost, "sure": wish.least == wish.most}
    return found


def _ready(facts: dict, plan: Plan, seconds: float) -> list[str]:
    """Return those of the chosen that the pools hold for today: nothing assumed, each need from its own pool."""
    chosen = set(plan.chosen)
    candidates = [
        dict(row, must="", needs=[dict(need, routes=[need["own"]]) for need in row["needs"]])
        for row in facts["candidates"]
        if row["key"] in chosen and all(need["own"] for need in row["needs"])
    ]
    limits = [dict(row, amount=max(0, row["parts"]["now"] - row["keep"])) for row in facts["limits"]]
    limits = [dict(row, amount=0) if row["kind"] == "trade" else row for row in limits]
    now = dict(facts, candidates=candidates, limits=limits, setup=[])
    return list(planner.plan(instance_of(now), seconds=seconds).chosen)


# --- kept for a while ----------------------------------------------------------------------------------------------


def question(facts: dict) -> str:
    """Return a name for what the planner is asked: amounts, values and wishes, without words and instants."""
    asked = {
        "objective": facts["objective"],
        "limits": [(row["key"], row["parts"], row["keep"]) for row in facts["limits"]],
        "candidates": [
            (row["key"], row["value"], row["wan"], row["must"], row["level"], row["queued"], row["district"],
             row.get("group", ""), [(need["amount"], need["routes"], need["factor"]) for need in row["needs"]])
            for row in facts["candidates"]
        ],
        "setup": [list(pair) for pair in facts["setup"] if pair[0] in (*FLOORS, "per_district")],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def taken(plan: dict, facts: dict) -> dict[str, dict[str, int]]:
    """Return what each chosen candidate takes of each limit, by candidate and limit. Takes a plan as it was told."""
    routes = {row["key"]: [need["routes"] for need in row["needs"]] for row in facts["candidates"]}
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for candidate, need, route, amount in plan["takes"]:
        for key in routes[candidate][need][route]:
            found[candidate][key] += amount
    return found


def used(takes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return what all of them take of each limit."""
    total: dict[str, int] = defaultdict(int)
    for own in takes.values():
        for key, amount in own.items():
            total[key] += amount
    return total
