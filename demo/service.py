"""Visits, problems, supervision orders and instructions of the sample city. Invented, the same for the same day."""

import datetime as dt
import random

from django.core.files.base import ContentFile

from calendars import store
from cockpit import actions as cockpit_actions
from cockpit.models import Instruction
from demo.service_data import INSTRUCTIONS, NOTES, ORDERS, PROBLEMS
from factors import blocked
from people.models import Department
from projects.models import Assignment, Project
from projects.uploads import Upload
from supervision import actions, drafting, order_actions
from supervision.models import Problem, SupervisionOrder, Visit

OFFICERS = ("officer", "hejia", "luoyi")
HANDLERS = {"sthj": "approver", "jkq": "park-01", "hxgw": "park-02", "nlgw": "park-03"}
"""Who handles for a unit; for the others its clerk."""


def handler(unit: str, people: dict):
    """Return who handles for a unit, None where the sample city has nobody."""
    return people.get(HANDLERS.get(unit, f"clerk-{unit}"))


class Days:
    """Moments of the past by working days before today, at full hours."""

    def __init__(self, now: dt.datetime):
        self.now, self.calendar = now, store.current()

    def __call__(self, back: int, hour: int = 10) -> dt.datetime:
        """Return the moment `back` working days ago (at least one)."""
        return dt.datetime.combine(self.day(-back), dt.time(hour), tzinfo=self.now.tzinfo)

    def day(self, ahead: int) -> dt.date:
        """Return the working day so many working days after today (before it where negative)."""
        return self.calendar.nth(self.calendar.count_through(self.now.date()) + ahead)


def build(now: dt.datetime, people: dict) -> None:
    """Make the visits of the last months, problems in every state, orders, and two instructions."""
    days, rng = Days(now), random.Random(20261105)
    units = {unit.code: unit for unit in Department.objects.all()}
    served = {name: _served(people[name]) for name in OFFICERS}
    for name in OFFICERS:
        _visits(people[name], served[name], days, rng)
    for row in PROBLEMS:
        _problem(row, people, units, served, days)
    _instructions(people, units, days)
    _orders(people, units, days)


def _served(user) -> list[Project]:
    rows = Assignment.objects.filter(user=user, role=Assignment.Role.SERVICE_OFFICER, ended_on__isnull=True)
    return list(Project.objects.filter(assignments__in=rows).select_related("enterprise").order_by("pk"))


def _visits(user, projects, days: Days, rng) -> None:
    """Visit each enterprise about once a month since three months ago; some are still due this month."""
    made = []
    for number, project in enumerate(projects):
        for back in (55, 34, 8):
            if (number + back) % 4 == 0:
                continue
            at = days(back - number % 6, rng.choice((9, 10, 14, 15)))
            made.append(
                Visit(
                    project=project,
                    visitor=user,
                    visited_at=at,
                    logged_at=at + dt.timedelta(hours=3),
                    minutes=rng.choice((30, 45, 60, 60, 90, 120)),
                    way=rng.choice(("site", "site", "site", "office", "phone")),
                    met=project.enterprise.contact if project.enterprise else "",
                    companions="园区管委会项目专员" if number % 5 == 0 else "",
                    note=rng.choice(NOTES),
                )
            )
    Visit.objects.bulk_create(made)


def evidence(name: str) -> Upload:
    """Return a small, valid PDF of one empty page: the sample city's replies and permits."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj%sendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"xref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(data),
    )
    return Upload(name, ContentFile(data, name=name))


def _problem(row, people, units, served, days: Days) -> None:
    """Register a problem and walk it as far as its path says."""
    officer, place, back, category, level, unit, text, path, *more = row
    facts = more[0] if more else {}
    by, project = people[officer], served[officer][place % len(served[officer])]
    problem = Problem(project=project, category=category, level=level, text=text)
    problem.raised_by = f"{project.enterprise.contact}" if project.enterprise else ""
    if facts.get("masked"):
        problem.concerns, problem.masked = units[unit], True
    began = days(back, 9)
    if facts.get("visit"):
        visit = Visit(project=project, visited_at=began, minutes=60, met=problem.raised_by, note=facts["visit"])
        visit.way = Visit.Way.SITE
        assigned = units[unit] if path != "registered" else None
        actions.log_visit(by=by, now=days(back, 11), visit=visit, problems=[(problem, assigned)])
    else:
        actions.register(
            by=by, now=days(back, 11), problem=problem, department=units[unit] if path != "registered" else None
        )
    clerk = handler(unit, people)
    for step, ago, *rest in facts.get("steps", ()):
        told = {"by": clerk, "now": days(ago, 15), "problem": problem}
        match step:
            case "claim":
                actions.claim(**told)
            case "progress":
                actions.progress(**told, text=rest[0])
            case "hand_back":
                actions.hand_back(**told, text=rest[0])
            case "ask":
                actions.ask(**told, text=rest[0], upload=evidence(rest[1]))
            case "return":
                actions.return_(**told | {"by": by}, text=rest[0])
            case "escalate":
                actions.escalate(**told | {"by": by}, text=rest[0])
            case "suspend":
                actions.suspend(**told | {"by": by}, text=rest[0], review_on=days.day(rest[1]))
            case "confirm":
                actions.confirm(**told | {"by": by}, satisfaction=rest[0])
            case "close":
                actions.close(**told | {"by": people["pm"], "now": days(ago, 16)}, satisfaction=rest[0])


def lacking(family: str) -> Project | None:
    """Return the project that has been blocked longest by a factor of the family, None where none is."""
    demand = blocked.blocked_demands().filter(book__kind__family=family).first()
    return demand and demand.project


def _instructions(people, units, days: Days) -> None:
    """Let the leader give instructions on blocked projects; the first is answered."""
    for family, text, target, unit, back, ahead, reply in INSTRUCTIONS:
        project = lacking(family)
        if project is None:
            continue
        matters, _lead = drafting.matters([project])
        row = Instruction(
            project=project,
            subject=(" · ".join([project.name, *(words for words, _p in matters if words)]))[:300],
            text=text,
            target=target,
            department=units[unit],
            leader=people["fangl"],
            due_on=days.day(ahead),
        )
        cockpit_actions.instruct(by=people["leader"], now=days(back, 9), instruction=row)
        if reply:
            cockpit_actions.answer(
                by=people["fangl"], now=days(back - 1, 16), instruction=row, text=reply, is_done=False
            )


def _orders(people, units, days: Days) -> None:
    """Draft orders from what is red or blocked and walk each as far as its path says, the earliest signed first."""
    late = [
        (project, lead)
        for project in Project.objects.filter(light__in=drafting.RED).order_by("sort_group", "due_half", "pk")
        if (lead := drafting.matters([project])[1]) is not None and handler(lead.code, people) is not None
    ]
    told = Instruction.objects.order_by("pk").first()
    for kind, place, level, source, unit, back, due, path, title, basis in ORDERS:
        if kind == "late":
            project, lead = late[place % len(late)] if late else (None, None)
        else:
            project, lead = lacking(kind), units[unit]
        matters = [pair for pair in drafting.matters([project] if project else [])[0] if pair[0]] or [(title, None)]
        lead = lead or units[unit]
        if kind == "late" and project is not None:
            title = f"加快办理{project.name}审批手续"
        by = people["supervisor"]
        order = order_actions.draft_order(
            by=by,
            now=days(back + 1, 10),
            source=source,
            basis=basis,
            lead=lead,
            co_units=[units["ysj"]],
            due_on=days.day(due),
            items=matters,
            title=title,
            level=level,
            leader=people["fangl"],
            contact="林洁 0971-6021007",
            requirement="请明确责任领导、责任科室和办结时限，按期书面反馈；不能按期办结的，到期前说明进展和原因。",
            origin=f"instruction:{told.pk}" if source == SupervisionOrder.Source.INSTRUCTION and told else "",
        )
        clerk, clock = handler(lead.code, people), iter(range(back, 0, -1))
        for step in path:
            ago = next(clock, 1)
            _order_step(step, order, people, clerk, days, ago)


def _order_step(step, order, people, clerk, days: Days, ago: int) -> None:
    chief = {"by": people["supervisor"], "now": days(ago, 16), "order": order}
    unit = {"by": clerk, "now": days(ago, 14), "order": order}
    match step:
        case "sign":
            order_actions.sign(**chief | {"by": people["leader"], "now": days(ago, 9)})
        case "receive":
            order_actions.receive(**unit)
        case "report":
            order_actions.report(**unit, text="已成立工作小组，正在与企业核对材料，预计一周内形成意见。")
        case "extend":
            order_actions.ask_extension(**unit, text="专家评审须补充现状监测，最快下周出报告。", due_on=days.day(8))
        case "answer":
            order_actions.answer(**unit, text="已按要求办结，批复随文报送。", upload=evidence("办理情况反馈.pdf"))
        case "accept":
            order_actions.accept(**chief, grade="good")
        case "close":
            order_actions.close(**chief)
