"""Gathering service and supervision: problems, visits, orders. Problems that are masked stay away from paper."""

import datetime as dt

from django.utils.translation import gettext as _

from dossiers.content import Lamp, Order, Problem, Visit
from supervision import standing
from supervision.models import Problem as ProblemRow


class Reading:
    """Problems, visits and orders of all projects. Five queries."""

    def __init__(self, ids, today: dt.date, full: bool):
        self.today, self.full = today, full
        self.problems = standing.all_problems(ids, today)
        self.open = standing.open_problems(ids, today)
        self.visits = standing.visits(ids)
        self.orders = standing.orders(ids, today)

    def of(self, project) -> dict:
        """Return the fields of a dossier that tell of service. No query, in full one."""
        closed = [(row, line) for row, line in self.problems[project.pk] if row.closed_on]
        return {
            "problems": tuple(_problem(line) for line in self.open[project.pk]),
            "closed_problems": tuple(_problem(line, row.closed_on) for row, line in closed),
            "problem_rate": self._rate(project),
            "visits": tuple(
                Visit(
                    line.at.date(),
                    line.who,
                    line.minutes,
                    str(line.way),
                    line.met,
                    "；".join(filter(None, [line.note, _raised(line.problems)])),
                )
                for line in self.visits[project.pk]
            ),
            "orders": tuple(
                Order(
                    line.number,
                    str(line.form),
                    line.title,
                    line.lead,
                    line.signed_on,
                    line.due_on,
                    str(line.state),
                    Lamp(line.light.value, str(line.light.label)),
                )
                for line in self.orders[project.pk]
            ),
        }

    def _rate(self, project) -> str:
        """Return the rate of close-outs as the register reckons it, without masked problems; "" for a card."""
        if not self.full or not self.problems[project.pk]:
            return ""
        return str(standing.problem_rate(ProblemRow.objects.filter(project=project, masked=False), self.today))


def _raised(number: int) -> str:
    return _("%(n)s problems raised") % {"n": number} if number else ""


def _problem(line, closed_on=None) -> Problem:
    return Problem(
        number=line.number,
        text=line.text,
        category=str(line.category),
        level=str(line.level),
        unit=line.unit,
        due_on=line.due_on,
        days_left=line.days_left,
        lamp=Lamp(line.light.value, str(line.light.label)),
        state=str(line.state),
        registered_on=line.registered_on,
        closed_on=closed_on,
    )
