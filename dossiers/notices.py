"""Papers of a case: one-time notice (一次性告知单), letters of deferral (容缺受理), informed commitment (告知承诺).

Each is made from the event of the stage that it tells of, so what is printed is what was recorded. The case itself runs
in the office's own system: the paper says so at its foot.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.timezone import localtime

from approvals.models import MaterialUse, StageEvent
from dossiers import official
from dossiers.gathering import office_phone
from dossiers.papers import LANGUAGE, Paper
from dossiers.templatetags.paper import longdate

KINDS = {
    StageEvent.Kind.REQUEST_SUPPLEMENT: "supplement",
    StageEvent.Kind.ACCEPT_WITH_DEFERRAL: "deferral",
    StageEvent.Kind.ACCEPT_ON_COMMITMENT: "commitment",
}


@dataclass(frozen=True)
class Fact:
    """A cell of the table on top: label, text; `wide` takes the whole row."""

    label: str
    text: str
    wide: bool = False


def printable() -> Q:
    """Return which events have a paper: the latest word, not one that was corrected."""
    return Q(kind__in=KINDS, superseded_by__isnull=True)


def notice_paper(event: StageEvent, url: str) -> Paper:
    """Return the paper of an event; `url` is the project's page.

    Two queries, if its stage (department, chain, project, enterprise) and `by` with his department are loaded.
    """
    kind = KINDS[StageEvent.Kind(event.kind)]
    with translation.override(LANGUAGE):
        texts = official.words()
        own, labels, stage = texts[kind], texts["notice"], event.stage
        unit = stage.department.name if stage.department else stage.department_name
        values = {
            "unit": unit,
            "matter": stage.name,
            "committed": _limit(stage),
            "product": texts["product"],
            "reused": _reused(stage) if kind == "supplement" else "",
        } | _listed(kind, event)
        box = own["box"] if kind != "supplement" or values["committed"] else own["box_plain"]
        context = {
            "kind": kind,
            "own": own,
            "labels": labels,
            "unit": unit,
            "number": event.document_no,
            "facts": _facts(kind, event, labels, values),
            "opening": official.fill(own["opening"], values),
            "list_head": official.fill(own["list"], values),
            "columns": own.get("columns", ()),
            "rows": values["rows"],
            "lines": values.get("lines", ()),
            "box": official.rich(box, values),
            "rights": official.sentences(own["rights"], values),
            "promise": official.fill(own.get("promise_opening", ""), values),
            "first_person": _first_person(event),
            "hotline": texts["hotline"] or office_phone(stage.department.phone if stage.department else ""),
            "day": localtime(event.occurred_at).date(),
            "url": url,
            "footer": official.fill(labels["footer"], values),
        }
        number = event.document_no or event.case_no or stage.case_no
        return Paper(kind, number, own["title"], "dossiers/notice.html", ("css/paper-notice.css",), context)


def _limit(stage) -> str:
    if stage.committed_amount is None:
        return ""
    number = f"{stage.committed_amount:f}".removesuffix(".0")
    return f"{number} {'个工作日' if stage.committed_unit == 'working_day' else '日'}"


def _reused(stage) -> str:
    rows = MaterialUse.objects.filter(stage=stage, status=MaterialUse.Status.REUSED).order_by("pk")
    return "\u3001".join(rows.values_list("name", flat=True))


def _listed(kind: str, event: StageEvent) -> dict:
    """Return what the event lists: rows of the table, how many, the last day; lines of a commitment."""
    data = event.data
    if kind == "supplement":
        rows = [(str(one),) for one in data.get("missing", [])]
        return {"rows": rows, "n": len(rows)}
    if kind == "commitment":
        lines = [line.strip() for line in str(data.get("text", "")).splitlines() if line.strip()]
        return {"rows": (), "lines": lines, "verify_by": longdate(parse_date(str(data.get("verify_by", ""))))}
    materials = data.get("materials", [])
    days = [parse_date(str(one.get("due_on") or "")) for one in materials]
    rows = [(one["name"], day.isoformat() if day else "") for one, day in zip(materials, days, strict=True)]
    return {"rows": rows, "n": len(rows), "last": longdate(max(filter(None, days), default=None))}


def _facts(kind: str, event: StageEvent, labels: dict, values: dict) -> list[Fact]:
    stage, project = event.stage, event.stage.chain.project
    enterprise = project.enterprise
    received = (
        StageEvent.objects.filter(stage=stage, kind=StageEvent.Kind.RECEIVE, pk__lte=event.pk, superseded_by=None)
        .order_by("-occurred_at")
        .first()
    )
    code = f"\uff08{labels['code']} {enterprise.credit_code}\uff09" if enterprise else ""
    day = localtime(event.occurred_at).date().isoformat()
    came = f"{localtime(received.occurred_at):%Y-%m-%d}" if received else "—"
    return [
        Fact(labels["applicant"], f"{enterprise.name if enterprise else '—'}{code}", wide=True),
        Fact(labels["project"], f"{project.name}\uff08{labels['project_code']} {project.code}\uff09", wide=True),
        Fact(labels["matter"], stage.name),
        Fact(labels["case_no"], event.case_no or stage.case_no or "—"),
        Fact(labels["received"], came),
        Fact(labels["notified"], day)
        if kind == "supplement"
        else Fact(labels["accepted"], f"{day}\uff0c{labels['committed']} {values['committed']}".rstrip("\uff0c ")),
    ]


def _first_person(event: StageEvent) -> str:
    person = event.by
    parts = [person.display_name]
    if person.department:
        parts += [person.department.name, office_phone(person.phone, person.department.phone)]
    return "\uff0c".join(part for part in parts if part)
