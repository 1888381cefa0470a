"""What projects need, as a table: registered and changed through `factors.demands`, judged at once. No voucher."""

from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.utils.translation.trans_null import gettext_noop

from approvals.labels import FACTOR_LABELS
from factors import demands, pools
from factors.models import Account, Demand, FactorKind
from imports import cells
from imports.importers.base import CHANGED, FORBIDDEN, NEW, REPEATED, UNCHANGED, UNKNOWN, Column, display, same
from imports.importers.quota import QuotaImporter, amount_columns, book_columns, figure
from people.access import visible_to
from projects.models import Project

CLOSED = gettext_noop("This demand was given up on %(date)s; register it on the project's page.")
CAP = gettext_noop("A total cap counts what its sources use; name the source.")
OTHER_PERIOD = gettext_noop("Pools of %(factor)s have no year: leave the period empty.")
NO_PERIOD = gettext_noop("Say the year.")
NO_GATE = gettext_noop("No stage asks for “%(value)s”; leave it empty, or write one of: %(known)s.")
GATE_STAYS = gettext_noop("The stage of a demand is not changed by import: change it on the project's page.")
NOTHING = gettext_noop("A demand is more than nothing.")
EDITABLE = ("gate", "needed_by", "note", "substitution_reason")
CHANGEABLE = ("amount", "needed_by", "note")


class DemandImporter(QuotaImporter):
    """Rows of (project, book, period) with an amount."""

    kind = "demands"
    title = _("Demands")
    permissions = ("factor.demand", "factor.make")
    key = ("project_code", "factor")

    def make_columns(self):
        """Return the columns in the order of the template."""

        def book_of(demand):
            return demand.book, demand.period

        return [
            Column("project_code", _("Project code"), cells.project_code, required=True,
                   aliases=("项目代码", "代码", "国家代码"), example="2607-159903-04-01-000000",
                   show=lambda demand: demand.project.code),
            Column("project_name", _("Project name"), aliases=("项目名称",), read_only=True,
                   show=lambda demand: demand.project.name, help=_("For your own reading; not imported.")),
            *book_columns(book_of),
            *amount_columns(book_of, lambda demand: demand.amount),
            Column("gate", _("Gate"), partial(cells.text, most=32), aliases=("卡口", "对应环节"),
                   help=_("The word of the stage that needs it; empty: the factor's own.")),
            Column("needed_by", _("Needed by"), cells.day, aliases=("需用日期", "最迟落实"), example="2026-12-31"),
            Column("note", _("Note"), partial(cells.text, most=300), aliases=("说明", "备注")),
            Column("substitution_reason", _("Why not the source that comes first"), partial(cells.text, most=300),
                   aliases=("不用优先水源的理由", "替代理由")),
            Column("reason", _("Reason of the change"), partial(cells.text, most=300), aliases=("变更理由",),
                   help=_("Only for a demand that changes; empty: the number of the import."), show=lambda demand: ""),
            Column("secured", _("Secured"), export_only=True, show=lambda d: figure(d.secured, d.book.kind)),
            Column("gap", pgettext_lazy("quota", "Gap"), export_only=True,
                   show=lambda d: figure(max(d.gap, 0), d.book.kind)),
        ]  # fmt: skip

    def prepare(self, rows):
        """Load the projects of the file that the person sees and their demands. Five queries, one per 500 codes."""
        super().prepare(rows)
        words = FactorKind.objects.filter(active=True).exclude(gate="").values_list("gate", flat=True).distinct()
        self.gates = {str(FACTOR_LABELS.get(word, word)): word for word in words} | {word: word for word in words}
        codes = sorted({row.values["project_code"] for row in rows if row.values.get("project_code")})
        self.projects, self.existing, self.allowed, self.seen = {}, {}, {}, {}
        for start in range(0, len(codes), 500):
            found = Project.objects.filter(code__in=codes[start : start + 500])
            found = visible_to(found, self.by) if self.by else found
            self.projects |= {p.code: p for p in found.select_related("district__parent", "park", "enterprise")}
        pks = [project.pk for project in self.projects.values()]
        for start in range(0, len(pks), 500):
            found = Demand.objects.filter(project__in=pks[start : start + 500])
            found = found.select_related("book__kind", "pool", "project")
            self.existing |= {(d.project_id, d.book_id, d.period): d for d in found}

    def _refuse_repeated(self, row, seen):
        """The same project may need several books: compared where the book is known."""

    def check_row(self, row):
        """Judge a row against the demand that is there."""
        project = self.projects.get(row.values["project_code"])
        if project is None:
            row.wrong("project_code", UNKNOWN, what=str(_("project")), value=row.values["project_code"])
            return
        book = self.book_of(row)
        amount = self.amount_of(row, book) if book else None
        period = row.values.get("period") or ""
        if amount is None or not self._fits(row, book, period, amount):
            return
        where = (project.pk, book.pk, period)
        if where in self.seen:
            row.wrong("factor", REPEATED, column=str(self.column("factor").label), row=self.seen[where])
            return
        self.seen[where] = row.number
        demand = self.existing.get(where)
        if not self._gate_is_known(row, demand):
            return
        facts = {name: row.values[name] for name in EDITABLE if name in row.values} | {"amount": amount}
        if demand is None:
            self._new(row, project, book, period, facts)
        else:
            self._old(row, demand, facts)

    def _gate_is_known(self, row, demand) -> bool:
        """Say whether the gate is a word of the chains, or their label; that of a demand that is there stays."""
        written = row.values.get("gate") or ""
        head, colon, source = written.partition(":")
        word = self.gates.get(head, head) + colon + source
        if demand is not None and written and demand.gate not in (written, word):
            row.wrong("gate", GATE_STAYS)
        elif demand is None and written and head not in self.gates:
            labels = [label for label, code in self.gates.items() if label != code]
            row.wrong("gate", NO_GATE, value=written, known="、".join(labels or self.gates))
        elif written:
            row.values["gate"] = word
        return not row.problems

    def _fits(self, row, book, period, amount) -> bool:
        keeps = pools.period_of(book.kind, 2000) == ""
        if book.source.is_cap:
            row.wrong("source" if "source" in row.values else "factor", CAP)
        elif keeps and period:
            row.wrong("period", OTHER_PERIOD, factor=book.kind.name)
        elif not keeps and not period:
            row.wrong("period" if "period" in row.raw else "factor", NO_PERIOD)
        elif amount <= 0:
            row.wrong("amount", NOTHING)
        return not row.problems

    def _may(self, row, project) -> bool:
        if project.pk not in self.allowed:
            self.allowed[project.pk] = self.by is None or demands.may_register(self.by, project)
        if not self.allowed[project.pk]:
            row.wrong("project_code", FORBIDDEN)
        return self.allowed[project.pk]

    def _new(self, row, project, book, period, facts) -> None:
        if self._may(row, project):
            row.verdict, row.plan = NEW, (None, project, book, period, facts)

    def _old(self, row, demand, facts) -> None:
        facts = {name: _stored(name, facts[name]) for name in CHANGEABLE if name in facts}
        changed = {name: value for name, value in facts.items() if not same(getattr(demand, name), value)}
        if demand.closed_on is not None:
            row.wrong("factor", CLOSED, date=f"{demand.closed_on:%Y-%m-%d}")
        elif not changed:
            row.verdict = UNCHANGED
        elif self._may(row, demand.project):
            for name in changed:
                old = getattr(demand, name)
                row.changes[name] = display(figure(old, demand.book.kind) if name == "amount" else old)
            now = {name: getattr(demand, name) for name in CHANGEABLE} | changed
            row.verdict, row.plan = CHANGED, (demand, None, None, None, now)

    def write(self, rows, batch):
        """Register and change. Some fifteen queries a row.

        :raises factors.refusals.Refused: a source that comes later, without the reason; nothing of the file is kept.
        """
        self._lock(rows)
        for row in rows:
            demand, project, book, period, facts = row.plan
            if demand is None:
                facts = {name: _stored(name, value) for name, value in facts.items()}
                demands.register(by=self.by, now=self.now, project=project, book=book, period=period, **facts)
            else:
                reason = row.values.get("reason") or f"导入 #{batch.pk} {batch.file_name}"
                demands.change(by=self.by, now=self.now, demand=demand, reason=reason[:300], **facts)

    def _lock(self, rows) -> None:
        """Take the locks of all rows in the ledger's order: pools, demands, projects (docs/adr 0012)."""
        projects = {self._project(row).pk for row in rows}
        pks = {pool.pk for row in rows if (pool := self._pool(row)) is not None}
        list(Account.objects.select_for_update().filter(pk__in=pks).order_by("tier", "pk").values_list("pk"))
        found = Demand.objects.select_for_update(of=("self",)).filter(project__in=projects)
        list(found.order_by("pk").values_list("pk"))
        list(Project.objects.select_for_update().filter(pk__in=projects).order_by("pk").values_list("pk"))

    @staticmethod
    def _project(row) -> Project:
        return row.plan[0].project if row.plan[0] is not None else row.plan[1]

    @staticmethod
    def _pool(row) -> Account | None:
        demand, project, book, period, _facts = row.plan
        return demand.pool if demand is not None else pools.nearest_pool(project, book, period)

    def export_queryset(self, queryset):
        """Join what the columns show."""
        return queryset.select_related("project", "book__kind", "book__source")


def _stored(name, value):
    """A cleared text is empty, a cleared day is none."""
    return value if value is not None or name == "needed_by" else ""
