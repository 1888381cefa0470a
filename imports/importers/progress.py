"""Progress of stages: when a stage was received, accepted and decided, and with which document.

Written through `approvals.history`: each date becomes an event by the importing person; a date that differs from the
recorded one becomes a correction that supersedes, so the history keeps both.
"""

from collections import defaultdict
from functools import partial

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from approvals import gating, history
from approvals.models import Chain, Stage, StageEvent
from approvals.rights import handles
from approvals.states import State
from factors import gates
from imports import cells
from imports.cells import BadCell
from imports.importers import facts
from imports.importers.base import CHANGED, FORBIDDEN, LANGUAGES, NEW, UNCHANGED, UNKNOWN, Column, Importer, Lookup
from people.access import allows, manageable_by, visible_to
from people.models import Department
from projects.models import Project

NO_CHAIN = gettext_noop("The project %(code)s has no approval chain yet.")
NO_STAGE = gettext_noop("Template %(template)s has no stage %(value)s; there are %(first)s to %(last)s.")
TWICE = gettext_noop("The same stage as in row %(row)s of this file.")
OTHER_DEPARTMENT = gettext_noop("The stage is handled by %(department)s.")
STILL_OPEN = gettext_noop("The state “%(state)s” does not go with a date of decision.")
GATE_CLOSED = gettext_noop("The gate was closed: %(message)s Only who may let stages through can import this.")
GATE_NOTED = gettext_noop("Not secured: %(message)s It is recorded as it happened, and stays marked.")
BY_HAND = gettext_noop("“%(state)s” is recorded on the project's page, with its reasons.")

RESULTS = {
    "pass": State.PASSED,
    "pass_with_deferral": State.PASSED_WITH_DEFERRAL,
    "fail": State.FAILED,
    "refuse": State.REFUSED,
    "withdraw": State.WITHDRAWN,
    "recall": State.RECALLED,
}
OPEN = (State.NOT_STARTED, State.RECEIVED, State.ACCEPTED, State.HANDLING)


class ProgressImporter(Importer):
    """Rows of (project, stage) with dates."""

    kind = "progress"
    title = _("Stage progress")
    permissions = ("stage.advance", "stage.handle")
    key = ("project_code", "stage_code")

    def make_columns(self):
        """Return the columns in the order of the template."""
        departments = Lookup(
            _("department"),
            lambda d: [d.name, d.short_name, d.code, *d.alias_list()],
            lambda: Department.objects.order_by("code"),
        )
        project = _of("chain.project")
        return [
            Column(
                "project_code",
                _("Project code"),
                cells.project_code,
                required=True,
                aliases=("项目代码", "代码", "国家代码", "投资项目代码"),
                example="2607-159903-04-01-000000",
                show=lambda stage: project(stage).code,
            ),
            Column(
                "project_name",
                _("Project name"),
                aliases=("项目名称", "名称", "项目"),
                read_only=True,
                show=lambda stage: project(stage).name,
                help=_("For your own reading; not imported."),
            ),
            Column(
                "stage_code",
                _("Stage code"),
                partial(cells.text, most=40),
                required=True,
                aliases=("环节编号", "环节", "环节代码", "事项编码", "阶段编号"),
                example="01",
                help=_("Code or name of a stage of the project's chain."),
                show=lambda stage: stage.code,
            ),
            Column(
                "stage_name",
                _("Stage name"),
                aliases=("环节名称", "事项名称"),
                read_only=True,
                show=lambda stage: stage.name,
            ),
            Column(
                "received_on",
                _("Received on"),
                cells.day,
                aliases=("接件日期", "接件时间", "收件日期"),
                show=_said("received_on"),
            ),
            Column(
                "accepted_on",
                _("Accepted on"),
                cells.day,
                aliases=("受理日期", "受理时间"),
                example="2026-05-08",
                help=_("Like 2026-05-08. A stage without a date of receipt counts as received that day."),
                show=_said("accepted_on"),
            ),
            Column(
                "decided_on",
                _("Decided on"),
                cells.day,
                aliases=("办结日期", "办结时间", "批复日期"),
                show=_said("decided_on"),
            ),
            Column(
                "result",
                _("Result of the case"),
                self._result,
                aliases=("办理状态", "办理结果", "状态"),
                options=lambda: [str(state.label) for state in RESULTS.values()],
                help=_("Empty with a date of decision means passed. The national codes 1–15 are understood."),
                show=lambda stage: str(RESULTS[stage.said.result].label) if stage.said.result else "",
            ),
            Column(
                "document_no",
                _("Document number"),
                partial(cells.text, most=80),
                aliases=("文号", "批复文号"),
                show=_said("document_no"),
            ),
            Column(
                "valid_until", _("Valid until"), cells.day, aliases=("有效期至", "有效期"), show=_said("valid_until")
            ),
            Column(
                "case_no",
                _("Case number"),
                partial(cells.text, most=64),
                aliases=("办件编号", "实例编码"),
                show=_said("case_no"),
            ),
            Column(
                "note",
                _("Note"),
                partial(cells.text, most=500),
                aliases=(
                    "备注",
                    "说明",
                ),
                show=lambda stage: "",
            ),
            Column(
                "department",
                _("Department"),
                departments.parse,
                aliases=("办理部门", "部门", "责任部门"),
                help=_("Checked against the chain; it cannot be changed by import."),
                options=departments.options,
                show=lambda stage: stage.department.name if stage.department else "",
            ),
            Column(
                "net_days",
                _("Net days used"),
                aliases=("净用时", "用时"),
                read_only=True,
                show=lambda stage: stage.net_days,
                help=_("Computed by the system; not imported."),
            ),
        ]

    def _result(self, raw, cell):
        """Return the action of a result, or "" for a state that is still open."""
        found = {}
        for language in LANGUAGES:
            with translation.override(language):
                for state in State:
                    label = cells.folded(str(state.label)).lower()
                    found |= {label: state, str(int(state)): state, f"{int(state):02}": state}
                    if "(" in label:
                        found.setdefault(label.split("(")[1].rstrip(")"), state)
        found |= {
            "通过": State.PASSED,
            "办结": State.PASSED,
            "容缺通过": State.PASSED_WITH_DEFERRAL,
            "不通过": State.FAILED,
        }
        state = cells.choice(raw, cell, found, [str(state.label) for state in RESULTS.values()])
        if state in OPEN:
            return ""
        action = next((action for action, closed in RESULTS.items() if closed == state), None)
        if action is None:
            raise BadCell(BY_HAND, state=str(state.label))
        return action

    def prepare(self, rows):
        """Load chains, stages and events of the projects in the file; codes for suggestions only when one is wrong."""
        codes = sorted({row.values["project_code"] for row in rows if row.values.get("project_code")})
        self.chains, self.stages, self.events, self.visible, self.manageable = {}, {}, defaultdict(list), set(), set()
        for start in range(0, len(codes), 400):
            part = codes[start : start + 400]
            projects = Project.objects.filter(code__in=part)
            self.visible.update(visible_to(projects, self.by).values_list("code", flat=True))
            if allows(self.by, "stage.advance"):
                self.manageable.update(manageable_by(projects, self.by).values_list("pk", flat=True))
            for chain in Chain.objects.filter(project__code__in=part).select_related("project", "template"):
                self.chains[chain.project.code] = chain
            for stage in Stage.objects.filter(chain__project__code__in=part).select_related(
                "chain__project", "stage_template", "department"
            ):
                self._remember(stage)
            for event in StageEvent.objects.filter(stage__chain__project__code__in=part).order_by("occurred_at", "id"):
                self.events[event.stage_id].append(event)
        gated = {
            stage.chain.project_id: stage.chain.project
            for names in self.stages.values()
            for stage in names.values()
            if stage.stage_template.gates
        }
        self.boards = gates.load_many(gated.values(), self.now) if gated else {}
        self.labels = {column.name: str(column.label) for column in self.columns}
        self.taken: dict[int, int] = {}
        self._suggest_codes(rows)

    def _remember(self, stage):
        names = self.stages.setdefault(stage.chain_id, {})
        for text in (stage.code, stage.name, stage.stage_template.short_name):
            key = cells.folded(text).upper()
            if key:
                names.setdefault(key, stage)
                names.setdefault(key.lstrip("0") or key, stage)

    def _suggest_codes(self, rows):
        """Add the nearest code that the person may see to codes that are wrong or unknown. One query when needed."""
        astray = [row for row in rows if self._astray(row)]
        if not astray:
            return
        known = list(visible_to(Project.objects.all(), self.by).order_by("-id").values_list("code", flat=True)[:20_000])
        for row in astray[:30]:  # each search looks at up to 20,000 codes
            near = cells.nearest(cells.folded(row.raw.get("project_code")).upper(), known, cutoff=0.8)
            old = row.problems.pop("project_code", None)
            if old:
                row.wrong("project_code", old.msgid, near or old.suggestion, **old.params)
            else:
                row.wrong("project_code", UNKNOWN, near, what=str(_("project")), value=row.values["project_code"])

    def _astray(self, row) -> bool:
        if "project_code" in row.problems:
            return bool(row.raw.get("project_code"))
        return row.values.get("project_code") not in self.visible and bool(row.values.get("project_code"))

    def check_row(self, row):
        """Find the stage, then compare what the row says with what is recorded."""
        code = row.values["project_code"]
        if code not in self.visible:
            row.wrong("project_code", UNKNOWN, what=str(_("project")), value=code)
            return
        stage = self._stage(row, code)
        if stage is None:
            return
        if stage.pk in self.taken:
            row.wrong("stage_code", TWICE, row=self.taken[stage.pk])
            return
        self.taken[stage.pk] = row.number
        department = row.values.get("department")
        if department and stage.department_id and department.pk != stage.department_id:
            row.wrong("department", OTHER_DEPARTMENT, stage.department.name, department=stage.department.name)
        if row.values.get("result") == "" and row.values.get("decided_on"):
            row.wrong("result", STILL_OPEN, state=cells.tidy(row.raw["result"]))
        if row.problems:
            return
        said = facts.Said(**{n: row.values[n] for n in facts.Said.__dataclass_fields__ if row.values.get(n)})
        events = self.events[stage.pk]
        row.plan = facts.compare(row, stage, events, said, self.now, self.labels)
        row.verdict = UNCHANGED if not row.plan else CHANGED if events else NEW
        if row.verdict == NEW:
            row.changes = {}
        if row.plan and stage.chain.project_id not in self.manageable and not handles(self.by, stage):
            row.wrong("project_code", FORBIDDEN)
        for entry in row.plan or ():
            self._ask_gates(row, stage, entry)

    def _ask_gates(self, row, stage, entry):
        """Say where quota was not secured; refuse what passed a hard gate that was known here already. No query.

        What happened before its demand was registered is history of another place. What happened afterwards needs the
        right to let stages through, as on the page.
        """
        step, board = gating.STEPS.get(entry.action), self.boards.get(stage.chain.project_id)
        if step is None or board is None or entry.supersedes is not None:
            return
        day = timezone.localtime(entry.occurred_at).date()
        shut = [line for line in board.standing(stage.stage_template.gates, stage.code) if line.refuses(step)]
        known = [line for line in shut if line.demand and timezone.localtime(line.demand.registered_at).date() <= day]
        column = "decided_on" if step == "decide" else "accepted_on"
        said = {"message": " ".join(line.words() for line in known or shut)}
        if known and not allows(self.by, "factor.override"):
            row.wrong(column, GATE_CLOSED, **said)
        elif shut:
            row.notes[column] = cells.Problem(GATE_NOTED, said)

    def _stage(self, row, code):
        chain = self.chains.get(code)
        if chain is None:
            row.wrong("project_code", NO_CHAIN, code=code)
            return None
        names, written = self.stages.get(chain.pk, {}), cells.folded(row.values["stage_code"]).upper()
        stage = names.get(written) or names.get(written.lstrip("0"))
        if stage is None:
            ordered = sorted({(s.position, s.code) for s in names.values()})
            params = {"template": chain.template.code, "value": row.values["stage_code"]}
            near = names.get(cells.nearest(written, list(names), cutoff=0.6))
            row.wrong(
                "stage_code", NO_STAGE, near.code if near else "", first=ordered[0][1], last=ordered[-1][1], **params
            )
        return stage

    def write(self, rows, batch):
        """Record the events of all rows; each chain is derived once."""
        source = (batch.file_name if batch else "")[:60]
        entries = []
        for row in rows:
            for entry in row.plan:
                entry.facts.setdefault("source_system", source)
                entries.append(entry)
        history.record_many(by=self.by, entries=entries, now=self.now)

    def export_queryset(self, queryset):
        """Return Stage rows with what the columns need; `said` is what is recorded, in the form of a row."""
        queryset = queryset.select_related("chain__project", "department").prefetch_related("events")
        for stage in queryset.order_by("chain__project__code", "position").iterator(chunk_size=500):
            stage.said = facts.Known(list(stage.events.all())).said()
            yield stage


def _of(path):
    def read(row):
        for name in path.split("."):
            row = getattr(row, name)
        return row

    return read


def _said(name):
    return lambda stage: getattr(stage.said, name)
