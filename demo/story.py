"""How a project of the sample city came to where it stands: a small simulation on the working-day axis. Deterministic.

Every chain is walked in abstract working days first; then it is shifted so that the stage that decides its fate
(overdue, due soon, stopped, silent …) stands today as the fate says. So the city looks lived-in whatever today is.
"""

import datetime as dt
import random
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from approvals.history import Happening
from demo import data

SHANGHAI = ZoneInfo("Asia/Shanghai")
FATES = {
    # fate: (days of the deciding stage used beyond its committed limit; None: it has none running, days of silence)
    "red": (4, 0),
    "red_late": (9, 0),
    "statutory": (None, 0),
    "amber": (-1, 0),
    "amber_deferral": (-1, 0),
    "green": (None, 0),
    "green_deferral": (None, 0),
    "stopped": (None, 0),
    "stale": (None, 12),
    "idle": (None, 0),
    "done": (None, 0),
}


@dataclass
class Step:
    """One stage on the abstract axis: days are working-day numbers of the simulation, ends of those days."""

    template: object
    ready: int
    accept: int
    finish: int
    supplement: tuple[int, int] | None
    special: tuple[int, int] | None


def walk(stages, rng: random.Random, *, punctual: bool) -> dict[str, Step]:
    """Return the whole chain as it would run to its end. `punctual` keeps every stage within its committed limit."""
    steps: dict[str, Step] = {}
    for stage in stages:
        ready = max((steps[p.code].finish for p in stage.prerequisites.all() if p.code in steps), default=0)
        ready += int(stage.lag_days)
        accept = ready + rng.choice((0, 1, 1, 2, 3, 4))
        limit = float(stage.committed_amount or 3) * (5 / 7 if stage.committed_unit == "calendar_day" else 1)
        share = rng.uniform(0.45, 0.95) if punctual or rng.random() < 0.9 else rng.uniform(1.1, 1.5)
        work = max(1, round(limit * share)) if limit else 1
        if punctual and limit >= 1:
            work = min(work, int(limit))
        supplement = special = None
        finish = accept + work
        if work >= 4 and rng.random() < 0.3:
            supplement = (accept + 1, accept + 1 + rng.randint(2, 7))
            finish += supplement[1] - supplement[0]
        elif stage.special_procedures and work >= 3 and rng.random() < 0.55:
            special = (accept + 2, accept + 2 + rng.randint(4, 14))
            finish += special[1] - special[0]
        steps[stage.code] = Step(stage, ready, accept, finish, supplement, special)
    return steps


def choose(steps, fate, rng) -> tuple[str, int]:
    """Return the code of the stage that decides the fate, and the abstract day that is today."""
    in_order = sorted(steps.values(), key=lambda s: s.accept)
    if fate == "done":
        return "", max(s.finish for s in in_order) + rng.randint(3, 40)
    if fate in ("idle", "stale"):
        return _quiet(in_order, rng, 0 if fate == "idle" else FATES["stale"][1])
    able = [s for s in in_order if _suits(s, fate)]
    able = able[len(able) // 5 : max(len(able) * 3 // 4, 1)] or able
    step = rng.choice(able)
    limit = float(step.template.committed_amount)
    if fate == "statutory":
        used = int(step.template.statutory_amount) + rng.randint(3, 12)
    elif fate.startswith("red"):
        used = int(limit) + FATES[fate][0] + rng.randint(-2, 3)
    elif fate.startswith("amber"):
        used = max(int(limit) - 1, 0)
    elif fate == "stopped":
        used = 8 if limit >= 3 else 5
    else:
        used = max(int(limit * 0.35), 0)
    return step.template.code, step.accept + used


def _suits(step, fate):
    stage = step.template
    if stage.committed_unit != "working_day" or stage.case_type == "milestone" or not stage.committed_amount:
        return False
    if fate == "statutory":
        return stage.statutory_unit == "working_day" and 0 < (stage.statutory_amount or 0) <= 20
    if fate.startswith("green"):
        return stage.committed_amount >= 7
    if "deferral" in fate:
        return any(m.deferrable for m in stage.materials.all()) and stage.committed_amount >= 3
    return stage.committed_amount >= (3 if fate == "stopped" else 2)


def _quiet(in_order, rng, silence):
    """Return an abstract day on which nothing is being handled, `silence` working days after the last event."""
    end = max(s.finish for s in in_order)
    quiet = []
    for day in range(2, end):
        if any(s.accept <= day < s.finish for s in in_order):
            continue
        last = max((s.finish for s in in_order if s.finish <= day), default=0)
        if 0 < last <= day:
            quiet.append(last)
    last = rng.choice(sorted(set(quiet))[: max(len(set(quiet)) // 2, 1)] or [1])
    return "", last + silence


def happenings(steps, decisive, today_abstract, fate, *, calendar, now, clerks, manager, rng):
    """Return the events of a chain up to today, and the date on which the chain began."""
    base = calendar.count_through(now.date()) - today_abstract

    def day(n):
        return calendar.nth(base + n)

    def at(n, hour=None):
        hour = rng.choice((9, 10, 11, 14, 15, 16)) if hour is None else hour
        return dt.datetime.combine(day(n), dt.time(hour, rng.choice((5, 12, 30, 48))), tzinfo=SHANGHAI)

    found: list[Happening] = []
    held_up = _behind(steps, decisive)
    cut = today_abstract - FATES[fate][1]
    for code, step in steps.items():
        if code in held_up:
            continue
        if step.accept > cut or (not decisive and step.accept >= cut and fate != "done"):
            continue
        if fate in ("idle", "stale") and step.finish > cut:
            continue
        by = clerks.get(step.template.department_name, manager)
        found += _stage_events(code, step, by, at, decisive == code, today_abstract, fate, rng)
    # Nothing lies in the future: of today's events only those that have happened by now, recorded after they happened.
    past = [h for h in found if h.occurred_at <= now]
    return [replace(h, recorded_at=min(max(h.recorded_at or h.occurred_at, h.occurred_at), now)) for h in past], day(0)


def _behind(steps, decisive) -> set[str]:
    """Return the stages that cannot have begun because the deciding stage, still running, stands before them."""
    found = {decisive}
    for code, step in steps.items():  # in order: prerequisites come first
        if any(p.code in found for p in step.template.prerequisites.all()):
            found.add(code)
    return found - {decisive}


def _stage_events(code, step, by, at, is_decisive, now, fate, rng):
    """Return the events of one stage, cut off at `now`."""
    case = f"{rng.choice('YGSH')}{rng.randint(20250000, 20269999)}{rng.randint(100, 999)}"
    events = [
        (step.accept, 9, "receive", {"case_no": case, "source_system": "工程建设项目审批管理系统"}),
        (step.accept, 15, *_acceptance(step, fate, is_decisive, at)),
        (step.accept, 16, "start_handling", {}),
    ]
    finish = step.finish
    if is_decisive:
        finish = None
        if fate == "stopped":
            events.append(
                (step.accept + 2, 11, "request_supplement", {"data": {"missing": rng.sample(data.MISSING, 2)}})
            )
        elif fate.startswith("red") and now - step.accept >= 3:
            events.append((now - 1, 10, "note", {"note": rng.choice(data.NOTES)}))
    else:
        for pause, start, end, facts in (
            (
                step.supplement,
                "request_supplement",
                "receive_supplement",
                {"data": {"missing": rng.sample(data.MISSING, 1)}},
            ),
            (step.special, "start_special_procedure", "end_special_procedure", {"data": _procedure(step)}),
        ):
            if pause:
                events += [(pause[0], 16, start, facts), (pause[1], 16, end, {})]
                events.append((pause[1], 17, "start_handling", {}))
    if finish is not None:
        number = f"云{step.template.department_name[:1] or '办'}审〔{at(finish, 15).year}〕{rng.randint(3, 240)}号"
        facts = {"document_no": number} if step.template.case_type == "committed" else {}
        if step.template.valid_months and "document_no" in facts:
            facts["valid_until"] = at(finish, 15).date() + dt.timedelta(days=30 * step.template.valid_months)
        events.append((finish, 17, "pass", facts))
    kept = [e for e in events if e[0] <= now]
    return [
        Happening(code, action, at(n, hour), by, recorded_at=_recorded(at(n, hour), rng), facts=facts)
        for n, hour, action, facts in sorted(kept, key=lambda e: (e[0], e[1]))
    ]


def _recorded(occurred, rng):
    """Return when it was recorded: mostly at once, now and then two days late."""
    return occurred + dt.timedelta(days=2) if rng.random() < 0.05 else occurred


def _acceptance(step, fate, is_decisive, at):
    if is_decisive and "deferral" in fate:
        names = [m.name for m in step.template.materials.all() if m.deferrable][:1]
        if names:
            due = at(step.accept, 15).date() + dt.timedelta(days=21)
            return "accept_with_deferral", {"data": {"materials": [{"name": names[0], "due_on": due.isoformat()}]}}
    return "accept", {}


def _procedure(step):
    first = step.template.special_procedures[0] if step.template.special_procedures else {"name": "专家评审"}
    return {"name": first["name"] if isinstance(first, dict) else first, "basis": "行政许可法第四十五条"}
