"""Record quality: how many records of each department passed the rules, and every record that did not, with its why."""

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals import recording, records_words
from approvals.models import Stage, StageEvent
from approvals.records import Rule
from people.access import allows, needs
from people.models import Department

PAGE_SIZE = 50
NOBODY = "-"
"""In addresses: the records of people without a department."""


@dataclass(frozen=True)
class Line:
    """A row of the report: a department (None: of no department), its records, and how many met each rule."""

    department: Department | None
    share: recording.Share
    counts: list[tuple[str, int]]
    flagged: int

    @property
    def code(self) -> str:
        """What names the department in an address."""
        return self.department.code if self.department else NOBODY


def asked_days(request) -> int:
    """Return the days back that the address asks for; the setting's where it asks for none that is offered."""
    text = request.GET.get("days", "")
    days = int(text) if text.isdecimal() and len(text) < 5 else settings.RECORDS_DAYS
    return days if days in recording.PERIODS else settings.RECORDS_DAYS


@require_GET
@needs("project.view")
def records_report(request):
    """Show the numbers by department, in the order of the alphabet: nobody is ranked. Some eight queries."""
    now, days = timezone.localtime(), asked_days(request)
    judged, at = recording.report(*recording.reach(request.user), days, now)
    everyone = {*judged.total, *judged.imported}
    lines = [_line(judged, [pk], department, days, at) for pk, department in recording.departments(everyone).items()]
    context = {
        "lines": lines,
        "whole": _line(judged, everyone, None, days, at),
        "days": days,
        "periods": sorted({*recording.PERIODS, settings.RECORDS_DAYS}, key=lambda n: n or 10**6),
        "rules": records_words.rules(recording.thresholds()),
        "every": judged.every,
        "at": at,
        "may_export": allows(request.user, "project.export"),
    }
    return render(request, "approvals/records_report.html", context)


def _line(judged, departments, department, days, at) -> Line:
    whole = sum(judged.total[pk] for pk in departments)
    flagged = sum(judged.flagged[pk] for pk in departments)
    imported = sum(judged.imported[pk] for pk in departments)
    share = recording.Share(whole - flagged, whole, imported, judged.every, days, at)
    counts = [(rule.value, sum(judged.by_rule[rule][pk] for pk in departments)) for rule in Rule]
    return Line(department, share, counts, flagged)


@require_GET
@needs("project.view")
def records_list(request):
    """List the records that met a rule, the newest first; `department` and `rule` narrow it. Some ten queries."""
    asked = chosen(request, timezone.localtime())
    page = Paginator(asked.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    limits = recording.thresholds()
    context = {
        "page": page,
        "rows": told(page.object_list),
        "asked": asked,
        "rules": [(code, label, asked.counts[code]) for code, label, _words in records_words.rules(limits)],
        "cut": recording.ROWS if asked.cut else 0,
        "may_export": allows(request.user, "project.export"),
        "breadcrumbs": [(_("Record quality"), f"{reverse('records-report')}?days={asked.days}"), (asked.title, "")],
    }
    return render(request, "approvals/records_list.html", context)


@dataclass(frozen=True)
class Asked:
    """What an address of the list asks for, and the rows that meet it. `counts` by rule, before the rule narrows."""

    days: int
    department: Department | None
    nobody: bool
    rule: str
    rows: list[recording.Row]
    counts: dict[str, int]
    cut: bool

    @property
    def title(self) -> str:
        """Whose records these are."""
        if self.nobody:
            return _("Without a department")
        return str(self.department) if self.department else _("All departments")


def chosen(request, now) -> Asked:
    """Return the rows that the address asks for; an unknown department or rule is ignored. Some eight queries."""
    days = asked_days(request)
    judged, _at = recording.report(*recording.reach(request.user), days, now)
    code = request.GET.get("department", "")
    department = Department.objects.filter(code=code).first() if code not in ("", NOBODY) else None
    rows = judged.rows
    if department is not None or code == NOBODY:
        pk = department.pk if department else None
        rows = [row for row in rows if row.department == pk]
    counts = {rule.value: sum(any(f.rule == rule for f in row.findings) for row in rows) for rule in Rule}
    rule = request.GET.get("rule", "")
    if rule in counts:
        rows = [row for row in rows if any(f.rule == rule for f in row.findings)]
    return Asked(
        days,
        department,
        code == NOBODY,
        rule if rule in counts else "",
        rows,
        counts,
        len(judged.rows) == recording.ROWS,
    )


def told(rows: list[recording.Row]) -> list[dict]:
    """Return the rows as the list and the export show them: project, stage, what, when, and why. Two queries."""
    wanted = {row.record.stage for row in rows}
    wanted |= {f.facts["stage"] for row in rows for f in row.findings if f.why == "copy"}
    stages = Stage.objects.select_related("chain__project").in_bulk(wanted)
    names = {pk: stage.chain.project.name for pk, stage in stages.items()}
    departments = Department.objects.in_bulk({row.department for row in rows if row.department})
    kinds = dict(StageEvent.Kind.choices)
    return [
        {
            "stage": stages[row.record.stage],
            "project": stages[row.record.stage].chain.project,
            "what": kinds[row.record.kind],
            "record": row.record,
            "department": departments.get(row.department),
            "reason": row.reason,
            "findings": [(f.rule.value, records_words.LABELS[f.rule], _sentence(f, names)) for f in row.findings],
        }
        for row in rows
    ]


def _sentence(finding, names) -> str:
    words = records_words.sentence(finding, names)
    return words[:1].upper() + words[1:]
