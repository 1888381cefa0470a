"""Gathering the factors: demands, blockers, gates without a demand, and the entries of the ledger behind them."""

import datetime as dt
from collections import defaultdict

from django.db.models import Q
from django.utils.translation import gettext as _

from approvals import gating
from approvals.derive import local_date
from approvals.labels import gate_label
from approvals.project_quota import FREED_FOR
from approvals.timeline_layout import stage_no
from dossiers.content import Demand, Lamp, Posting, Quota
from factors import blocked, gates, quantity
from factors.models import QuotaRequest, Transfer
from people.access import allows

POSTINGS = 60
"""Entries of the ledger listed at most for one project: the rest stands in the book."""


class Reading:
    """Requests and entries of all projects, read at once. One query; with `full` two more, and ways out."""

    def __init__(self, projects, boards, views, user, today: dt.date, full: bool):
        self.boards, self.views, self.today, self.full = boards, views, today, full
        self.unseen: list[str] = []
        demands = [demand for board in boards.values() for demand in board.demands]
        waiting = QuotaRequest.objects.filter(demand__in=demands, status=QuotaRequest.Status.WAITING)
        self.asked = {row.demand_id: row for row in waiting} if demands else {}
        self.entries = defaultdict(list)
        if full and (user is None or allows(user, "factor.view")):
            self._read_entries({demand.holding_id: demand for demand in demands if demand.holding_id})
        elif full and demands:
            self.unseen.append(_("Entries of the quota ledger: not shown, the reader may not see them."))

    def _read_entries(self, holdings: dict) -> None:
        rows = Transfer.objects.filter(Q(debit__in=holdings) | Q(credit__in=holdings)).select_related(
            "posting__maker", "resolves"
        )
        for row in rows.order_by("posting__occurred_on", "pk"):
            demand = holdings[row.credit_id if row.credit_id in holdings else row.debit_id]
            posting, kind = row.posting, demand.book.kind
            amount = row.amount or (row.resolves.amount if row.resolves else 0)
            self.entries[demand.project_id].append(
                Posting(
                    posting.occurred_on,
                    f"〔{posting.year}〕{posting.number}",
                    str(posting.get_kind_display()),
                    str(demand.book),
                    quantity.every_digit(amount, kind.family, kind.unit),  # an entry is what was posted
                    _unit(kind),
                    posting.document_no,
                    posting.summary,
                    posting.maker.display_name if posting.maker else "",
                )
            )

    def of(self, project) -> Quota | None:
        """Return the factors of a project; None where none is in use. Four queries a blocked demand, in full."""
        board, view = self.boards[project.pk], self.views.get(project.pk)
        if not board.kinds:
            return None
        freed = [d for d in board.demands if d.blocked][:FREED_FOR] if self.full else []
        return Quota(
            demands=tuple(self._demand(demand, view, demand in freed) for demand in board.demands),
            missing=self._missing(board, view),
            no_needs=tuple(f"{gate_label(row.gate)}：{row.reason}" for row in board.no_needs.values()),
            overrides=tuple(
                " · ".join(
                    [f"{stage_no(row.stage_code)} {row.stage_name}", gate_label(row.gate), row.document_no, row.reason]
                )
                for row in board.all_overrides
            ),
            postings=tuple(self.entries[project.pk][-POSTINGS:]),
        )

    def _demand(self, demand, view, with_ways: bool) -> Demand:
        kind, state = demand.book.kind, blocked.State(demand.state)
        stage = gating.held_up(view, demand)
        whole = max(demand.amount, demand.secured, 1)
        confirmed = max(0, demand.confirmed) * 1000 // whole
        asked = self.asked.get(demand.pk)

        def shown(amount, up=False):  # what covers the whole need is rounded as the need is: 5.2 of 5.2, not 5.1
            return quantity.every_digit(amount, kind.family, kind.unit, up=up or amount == demand.amount)

        return Demand(
            factor=str(demand.book),
            unit=_unit(kind),
            period=demand.period,
            needed=shown(demand.amount, True),
            confirmed=shown(demand.confirmed),
            reserved=shown(demand.reserved),
            secured=shown(demand.secured),
            gap=shown(demand.gap, True) if demand.gap > 0 else "0",
            is_short=demand.gap > 0,
            is_blocked=demand.blocked,
            confirmed_share=confirmed,
            reserved_share=min(max(0, demand.reserved) * 1000 // whole, 1000 - confirmed),
            pool=demand.pool.name if demand.pool else "",
            pool_has=shown(demand.available) if demand.pool else "",
            lamp=Lamp(blocked.LIGHTS[state], str(blocked.STATE_LABELS[state])),
            note=self._note(demand),
            who=blocked.who(demand),
            since=local_date(demand.since),
            days=blocked.days(demand, self.today),
            needed_by=demand.needed_by,
            stage_no=stage_no(stage.stage.code) if stage else "",
            stage=(stage.template.short_name or stage.stage.name) if stage else "",
            ways=tuple(way.text for way in blocked.what_frees(demand, self.today)) if with_ways else (),
            asked_on=local_date(asked.asked_at) if asked else None,
        )

    def _note(self, demand) -> str:
        """Return what stands beside the verdict on the project page."""
        if demand.blocked:
            if demand.pool is None:
                return _("no pool serves the project")
            return _("%(pool)s is too small") % {"pool": demand.pool.name}
        if demand.gap > 0:
            return _("up to %(who)s") % {"who": blocked.who(demand) or "—"}
        return _("more than it needs") if demand.gap < 0 else ""

    def _missing(self, board, view) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for stage in gating.open_stages(view):
            for line in board.standing(stage.template.gates, stage.stage.code):
                if line.state == gates.MISSING and line.mode != "off" and line.gate not in found:
                    words = {
                        "gate": gate_label(line.gate),
                        "no": stage_no(stage.stage.code),
                        "name": stage.template.short_name or stage.stage.name,
                    }
                    found[line.gate] = _("%(gate)s: not registered, needed for %(no)s %(name)s") % words
        return tuple(found.values())


def _unit(kind) -> str:
    return quantity.family_of(kind.family).unit(kind.unit).name
