"""What the project page shows of quota: each demand, what it holds up, what would free it, and what its gates say."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from approvals import gating
from approvals.labels import gate_label
from factors import blocked, demands, gates
from factors.models import Demand, QuotaRequest
from people.access import allows

FREED_FOR = 4
"""Ways out are looked up for so many blocked demands of a page at most: four queries each."""


@dataclass
class Line:
    """One demand of the card. `days`: calendar days since it is blocked; `stage`: view of the stage it holds up."""

    demand: Demand
    light: str
    word: str
    days: int | None
    who: str
    stage: object = None
    frees: list = field(default_factory=list)
    request: QuotaRequest | None = None

    @property
    def confirmed_share(self) -> int:
        """Pixels of 240 of the bar that are confirmed."""
        return self._share(self.demand.confirmed)

    @property
    def reserved_share(self) -> int:
        """Pixels of 240 of the bar that are reserved."""
        return min(self._share(self.demand.reserved), 240 - self.confirmed_share)

    def _share(self, part: int) -> int:
        whole = max(self.demand.amount, self.demand.secured, 1)
        return max(2, part * 240 // whole) if part > 0 else 0


@dataclass(frozen=True)
class Gap:
    """A gate of an open stage for which nothing is registered."""

    gate: str
    label: str
    stage: object


def context(user, project, board: gates.Board, view, today: dt.date) -> dict:
    """Return what the card and the strip need; `view` is the chain's view, None without a chain.

    Two queries for the rights, one for requests, four for each of the first blocked demands.
    """
    if not board.kinds:
        return {"quota": None}
    asked = {
        row.demand_id: row
        for row in QuotaRequest.objects.filter(demand__in=board.demands, status=QuotaRequest.Status.WAITING)
    }
    lines = [_line(demand, view, today, asked) for demand in board.demands]
    for line in [line for line in lines if line.demand.blocked][:FREED_FOR]:
        line.frees = blocked.what_frees(line.demand, today)
    return {
        "quota": {
            "lines": lines,
            "lacking": sorted(
                (line for line in lines if line.demand.gap > 0), key=lambda line: not line.demand.blocked
            ),
            "missing": _missing(board, view),
            "no_needs": [(row, gate_label(row.gate)) for row in board.no_needs.values()],
            "overrides": [(row, gate_label(row.gate)) for row in board.all_overrides],
            "may_register": demands.may_register(user, project),
            "may_override": allows(user, "factor.override"),
            "sees_books": allows(user, "factor.view"),
        }
    }


def _line(demand: Demand, view, today, asked) -> Line:
    state = blocked.State(demand.state)
    return Line(
        demand=demand,
        light=blocked.LIGHTS[state],
        word=str(blocked.STATE_LABELS[state]),
        days=blocked.days(demand, today),
        who=blocked.who(demand),
        stage=gating.held_up(view, demand),
        request=asked.get(demand.pk),
    )


def _missing(board, view) -> list[Gap]:
    """Return the gates of open stages at which nothing is registered, each once, at its first stage."""
    found: dict[str, Gap] = {}
    for stage in gating.open_stages(view):
        for line in board.standing(stage.template.gates, stage.stage.code):
            if line.state == gates.MISSING and line.mode != "off" and line.gate not in found:
                found[line.gate] = Gap(line.gate, gate_label(line.gate), stage)
    return list(found.values())


def panel_lines(board, stage_view) -> list[dict]:
    """Return what the gates of the stage in the panel say: light, words, and whether an override could be recorded."""
    told = board.standing(stage_view.template.gates, stage_view.stage.code)
    lines = []
    for line in told:
        if line.mode == "off" or stage_view.replay.closed_at:
            continue
        if line.state == "secured":
            words = _("%(factor)s is secured: the decision confirms it.") % {"factor": line.demand.book}
        else:
            words = line.words() or _("%(gate)s: declared as not needed.") % {"gate": gate_label(line.gate)}
        light = {"blocked": "blocked", "missing": "blocked", "obtainable": "amber"}.get(line.state, "green")
        lines.append({"light": light, "words": words, "gate": line.gate, "closed": line.state in gates.OPEN})
    return lines
