"""Somebody else's schedule: one row per phase of a project, read through a mapping.

Rows are grouped into projects by a key; phases become the stages of a template of kind "import"; actual dates become
events; the planned end becomes the stage's plan and, from the actual start, its promised calendar days.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from approvals import history
from approvals.keeping import refresh
from approvals.models import Chain, ChainTemplate, Phase, Stage, StageEvent, StageTemplate
from imports import cells, headings
from imports.importers import facts
from imports.importers.base import CHANGED, FORBIDDEN, NEW, UNCHANGED, Column, Importer, district_lookup
from people.access import manageable_by
from projects import actions
from projects.models import Project

UNKNOWN_PHASE = gettext_noop("The mapping knows no phase “%(value)s”.")
UNKNOWN_STATUS = gettext_noop("The mapping knows no status “%(value)s”.")
STATUS_WITHOUT_DATE = gettext_noop("The status “%(status)s” needs a date here.")
DATE_AGAINST_STATUS = gettext_noop("The status “%(status)s” does not go with a date here.")
SECOND_PROJECT = gettext_noop("The phase comes again for the same project: read as project no. %(number)s of this key.")
STATUSES = {"not_started": (False, False), "running": (True, False), "done": (True, True)}
"""Our word for a status → whether there must be an actual start and an actual end."""


@dataclass
class PhaseRow:
    """What a row says, ready to be written."""

    code: str
    stage_code: str
    said: facts.Said
    planned_end_on: dt.date | None
    entries: list = field(default_factory=list)
    stage: Stage | None = None
    replan: bool = False


class ScheduleImporter(Importer):
    """Rows of (project, phase) of another system; only with a mapping."""

    kind = "schedule"
    title = _("Schedule of another system")
    permissions = ("stage.advance",)
    key = ("project_key", "phase")
    rules = None

    def make_columns(self):
        """Return the columns that a mapping fills."""
        districts = district_lookup()
        return [
            Column("project_key", _("Key of the project"), partial(cells.text, most=2_000), required=True),
            Column("code_part", _("Readable part of the code"), partial(cells.text, most=12)),
            Column("name", _("Project name"), partial(cells.text, most=2_000), required=True),
            Column("district", _("District"), districts.parse, required=True),
            Column("phase", _("Phase"), cells.text, required=True),
            Column("status", _("Status"), cells.text),
            Column("started_on", _("Actual start"), cells.day),
            Column("planned_end_on", _("Planned end"), cells.day),
            Column("ended_on", _("Actual end"), cells.day),
            Column("detail", _("Detail"), partial(cells.text, most=2_000)),
        ]

    def check(self, rows, bound):
        """Number the projects before the rows are judged: the same key and phase again is another project."""
        self.phases = {}
        for phase in self.rules.phases:
            for name in phase.get("names", [phase["name"]]):
                self.phases[headings.normal(name)] = str(phase["code"])
        super().check(rows, bound)

    def _refuse_repeated(self, row, seen):
        """A repeated phase is no mistake here."""

    def prepare(self, rows):
        """Give each row its project code, then load what is there of them. Five queries per 400 projects."""
        counted: Counter = Counter()
        for row in rows:
            if row.problems:
                continue
            key = cells.folded(row.values["project_key"]).upper()
            stage_code = self.phases.get(headings.normal(row.values["phase"]), "")
            counted[(key, stage_code)] += 1
            number = counted[(key, stage_code)]
            if number > 1:
                row.notes["phase"] = cells.Problem(SECOND_PROJECT, {"number": number})
            code = self._code(key if number == 1 else f"{key}#{number}", row.values.get("code_part") or "")
            row.plan = PhaseRow(code, stage_code, facts.Said(), None)
        codes = sorted({row.plan.code for row in rows if row.plan})
        self.projects, self.stages, self.events, self.manageable = {}, {}, defaultdict(list), set()
        for start in range(0, len(codes), 400):
            part = codes[start : start + 400]
            projects = Project.objects.filter(code__in=part)
            self.projects.update({project.code: project for project in projects})
            self.manageable.update(manageable_by(projects, self.by).values_list("code", flat=True))
            stages = Stage.objects.filter(chain__project__code__in=part).select_related("chain__project")
            self.stages.update({(stage.chain.project.code, stage.code): stage for stage in stages})
            for event in StageEvent.objects.filter(stage__chain__project__code__in=part).order_by("occurred_at", "id"):
                self.events[event.stage_id].append(event)
        self.labels = {
            "received_on": str(_("Actual start")),
            "accepted_on": str(_("Actual start")),
            "decided_on": str(_("Actual end")),
        }

    def _code(self, key: str, readable: str) -> str:
        """Return X-SOURCE-PART-HASH: the same key always gives the same code (48 bits of its sha256)."""
        source = str(self.rules.template["prefix"]).upper()
        digest = hashlib.sha256(key.encode()).hexdigest()[:12].upper()
        part = "".join(c for c in cells.folded(readable).upper() if c.isascii() and c.isalnum())
        return f"X-{source}-{part}-{digest}" if part else f"X-{source}-{digest}"

    def check_row(self, row):
        """Compare the row's dates with its status and with what is recorded."""
        plan, values = row.plan, row.values
        if not plan.stage_code:
            row.wrong("phase", UNKNOWN_PHASE, value=values["phase"])
            return
        self._check_status(row)
        if row.problems:
            return
        started, ended = values.get("started_on"), values.get("ended_on")
        plan.said = facts.Said(received_on=started, accepted_on=started, decided_on=ended)
        plan.planned_end_on = values.get("planned_end_on")
        plan.stage = self.stages.get((plan.code, plan.stage_code))
        stage = plan.stage or Stage(code=plan.stage_code)
        events = self.events[plan.stage.pk] if plan.stage else []
        plan.entries = facts.compare(row, stage, events, plan.said, self.now, self.labels)
        row.problems = {_THEIRS.get(name, name): problem for name, problem in row.problems.items()}
        row.changes = {_THEIRS.get(name, name): old for name, old in row.changes.items()}
        if plan.stage is None:
            row.verdict, row.changes = NEW, {}
        else:
            plan.replan = bool(plan.planned_end_on) and plan.stage.planned_finish_on != plan.planned_end_on
            if plan.replan:
                row.changes["planned_end_on"] = str(plan.stage.planned_finish_on or "")
            row.verdict = CHANGED if plan.entries or plan.replan else UNCHANGED
        if row.verdict != UNCHANGED and plan.code in self.projects and plan.code not in self.manageable:
            row.wrong("project_key", FORBIDDEN)

    def _check_status(self, row):
        written = row.values.get("status")
        if not written or not self.rules.statuses:
            return
        word = self.rules.statuses.get(written)
        if word not in STATUSES:
            row.wrong("status", UNKNOWN_STATUS, value=written)
            return
        for name, must in zip(("started_on", "ended_on"), STATUSES[word], strict=True):
            if must and not row.values.get(name):
                row.wrong(name, STATUS_WITHOUT_DATE, status=written)
            if not must and row.values.get(name):
                row.wrong(name, DATE_AGAINST_STATUS, status=written)

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, rows, batch):
        """Load new projects with their chains, add stages to known ones, record what changed."""
        template = self.template()
        stages = {stage.code: stage for stage in template.stages.all()}
        fresh, later = defaultdict(list), []
        for row in rows:
            (later if row.plan.code in self.projects else fresh[row.plan.code]).append(row)
        if fresh:
            projects = self._make_projects(fresh)
            drafts = [self._draft(projects[code], group, stages) for code, group in fresh.items()]
            history.load_chains(by=self.by, template=template, drafts=drafts, now=self.now)
        if later:
            self._update(later, stages)

    def _make_projects(self, fresh) -> dict[str, Project]:
        """Create the projects. Five hundred in a query."""
        made = []
        for code, group in fresh.items():
            first = group[0].values
            details = [row.values["detail"] for row in group if row.values.get("detail")]
            project = Project(
                code=code,
                name=first["name"][:200],
                district=first["district"],
                key_level=Project.KeyLevel.NONE,
                content="\n".join([first["name"], *details]),
                source=self.rules.name[:60],
                status=Project.Status.BUILDING
                if any(r.plan.said.received_on for r in group)
                else Project.Status.PREPARING,
            )
            made.append(project)
        actions.register_many(by=self.by, projects=made, manage=False)
        return {project.code: project for project in made}

    def _draft(self, project, group, stages) -> history.ChainDraft:
        known = [day for row in group for day in (row.plan.said.received_on, row.plan.planned_end_on) if day]
        return history.ChainDraft(
            project=project,
            started_on=min(known, default=self.now.date()),
            stages=[self._stage_draft(row, stages[row.plan.stage_code]) for row in group],
        )

    def _stage_draft(self, row, template) -> history.StageDraft:
        plan = row.plan
        return history.StageDraft(
            template=template,
            events=[
                (e.action, e.occurred_at, {**e.facts, "source_system": self.rules.name[:60]}) for e in plan.entries
            ],
            committed=_promise(plan),
            planned_start_on=plan.said.received_on,
            planned_finish_on=plan.planned_end_on,
        )

    def _update(self, rows, stages):
        chains = {
            c.project.code: c
            for c in Chain.objects.filter(project__code__in={r.plan.code for r in rows}).select_related("project")
        }
        entries, touched = [], set()
        for row in rows:
            plan, chain = row.plan, chains[row.plan.code]
            if plan.stage is None:
                plan.stage = history.add_stage(chain, self._stage_draft(row, stages[plan.stage_code]))
                plan.entries = [history.Entry(plan.stage, e.action, e.occurred_at, facts=e.facts) for e in plan.entries]
            elif plan.replan:
                amount, unit = _promise(plan) or (None, "")
                Stage.objects.filter(pk=plan.stage.pk).update(
                    planned_finish_on=plan.planned_end_on, committed_amount=amount, committed_unit=unit
                )
            entries += plan.entries
            touched.add(chain)
        if entries:
            history.record_many(by=self.by, entries=entries, now=self.now)
        for chain in touched:
            refresh(chain, self.now)

    def template(self) -> ChainTemplate:
        """Return the template built from the mapping's phases: the latest version, or a new one when phases changed."""
        code = self.rules.template["code"]
        latest = ChainTemplate.objects.filter(code=code).order_by("-version").first()
        if latest is not None and self._same(latest):
            return latest
        if latest is not None:
            ChainTemplate.objects.filter(pk=latest.pk).update(status=ChainTemplate.Status.RETIRED)
        template = ChainTemplate.objects.create(
            code=code,
            version=latest.version + 1 if latest else 1,
            name=self.rules.template.get("name", code),
            kind=ChainTemplate.Kind.IMPORT,
            status=ChainTemplate.Status.PUBLISHED,
            source=self.rules.source,
            stage_count=len(self.rules.phases),
            made_by=self.by,
            published_by=self.by,
            published_at=self.now,
        )
        made = {}
        for place, phase in enumerate(self.rules.phases, 1):
            group = Phase.objects.create(template=template, no=place, code=str(phase["code"]), name=phase["name"])
            stage = StageTemplate.objects.create(
                template=template,
                phase=group,
                position=place,
                code=str(phase["code"]),
                name=phase["name"],
                department_name=phase.get("department", ""),
                note=phase.get("note", ""),
            )
            stage.prerequisites.set([made[str(needed)] for needed in phase.get("after", [])])
            made[stage.code] = stage
        return template

    def _same(self, template) -> bool:
        stored = {
            s.code: (s.name, {p.code for p in s.prerequisites.all()})
            for s in template.stages.prefetch_related("prerequisites")
        }
        wanted = {str(p["code"]): (p["name"], {str(c) for c in p.get("after", [])}) for p in self.rules.phases}
        return stored == wanted


_THEIRS = {"received_on": "started_on", "accepted_on": "started_on", "decided_on": "ended_on"}


def _promise(plan: PhaseRow) -> tuple[Decimal, str] | None:
    """Return the promised calendar days from the actual start to the planned end (at least 1), if both are known."""
    if not plan.planned_end_on or not plan.said.received_on:
        return None
    return Decimal(max((plan.planned_end_on - plan.said.received_on).days, 1)), "calendar_day"
