"""Gates: a stage that needs a factor goes on only when it is secured (design.md §6), and its decision confirms it.

Chain templates name gates by words ("energy", "water:ground"); which factors a word asks for, how strictly and when, is
a matter of rows (`FactorKind.gate`, `gate_mode`, `gate_at`). A word that no factor in use answers to asks nothing.
This module judges and builds journal entries; who calls it when a stage moves is `approvals.gating`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from factors import blocked, entries, quantity
from factors.demands import access_day, decides, serves
from factors.models import Demand, FactorKind, GateOverride, NoNeed, Posting, Reservation
from factors.refusals import Refused
from factors.rules import Entry
from factors.standing import State
from people import access, audit
from people.access import allows

MISSING, NO_NEED, OVERRIDDEN = "missing", "no_need", "overridden"
OPEN = frozenset({State.BLOCKED.value, State.OBTAINABLE.value, MISSING})
"""States that a gate does not let pass."""


@dataclass(frozen=True, slots=True)
class GateStanding:
    """How one demand (or its absence) stands at a gate. Amounts in smallest units of the factor.

    `state`: secured, obtainable, blocked, missing, no_need, overridden. `mode` and `at` as in `FactorKind`.
    """

    gate: str
    kind: FactorKind
    state: str
    mode: str
    at: str
    demand: Demand | None = None
    gap: int = 0
    available: int = 0
    override: GateOverride | None = None

    def stops(self, step: str) -> bool:
        """Say whether the gate is closed to a step, "accept" or "decide", be it hard or only a warning."""
        asked = step == FactorKind.GateAt.DECIDE or self.at == FactorKind.GateAt.ACCEPT
        return self.state in OPEN and asked and self.mode != FactorKind.GateMode.OFF

    def refuses(self, step: str) -> bool:
        """Say whether the step is refused."""
        return self.mode == FactorKind.GateMode.HARD and self.stops(step)

    def facts(self) -> dict:
        """Return what happened at the gate as JSON, to be kept with an event; `sentence` makes words of it."""
        pool = self.demand.pool if self.demand else None
        return {
            "gate": self.gate,
            "factor": str(self.demand.book) if self.demand else self.kind.name,
            "state": self.state,
            "mode": self.mode,
            "gap": self.gap,
            "available": self.available,
            "family": self.kind.family,
            "unit": self.kind.unit,
            "pool": pool.name if pool else "",
            "who": blocked.who(self.demand) if self.demand else "",
            "document_no": self.override.document_no if self.override else "",
        }

    def words(self) -> str:
        """Return the sentence: factor, gap with unit, pool and what it has left, who keeps the pool."""
        return sentence(self.facts())


def sentence(facts: dict) -> str:
    """Return what `GateStanding.facts` say in words; "" for what is secured or not needed."""

    def shown(name, up=False):
        return quantity.show(facts[name], facts["family"], facts["unit"], up=up, with_unit=True)

    state, words = facts["state"], {"factor": facts["factor"], "pool": facts["pool"], "who": facts["who"] or "—"}
    if state == MISSING:
        return _("%(factor)s: no demand is registered. Register it on the project page, or declare no need.") % words
    if state == OVERRIDDEN:
        return _("%(factor)s is not secured; let through by %(number)s.") % (words | {"number": facts["document_no"]})
    if state not in OPEN:
        return ""
    words |= {"gap": shown("gap", up=True), "available": shown("available")}
    if not facts["pool"]:
        return _("%(factor)s is not secured: %(gap)s short, and no pool serves the project.") % words
    if state == State.OBTAINABLE:
        return (
            _("%(factor)s is not secured: %(gap)s short; %(pool)s has %(available)s left, %(who)s can reserve it.")
            % words
        )
    return _("%(factor)s is not secured: %(gap)s short, but %(pool)s has only %(available)s left, kept by %(who)s.") % (
        words
    )


@dataclass
class Board:
    """What is known of a project's gates: loaded once, asked for any number of stages. See `load`."""

    project: object
    kinds: list[FactorKind] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    no_needs: dict[str, NoNeed] = field(default_factory=dict)
    overrides: dict[tuple[str, str], GateOverride] = field(default_factory=dict)
    all_overrides: list[GateOverride] = field(default_factory=list)

    def demands_of(self, gates: Iterable[str]) -> list[Demand]:
        """Return the open demands that are asked for at any of the gates and whose factor is checked at all."""
        gates = list(gates)
        return [d for d in self.demands if d.book.kind.gate_mode != "off" and any(serves(g, d) for g in gates)]

    def standing(self, gates: Iterable[str], stage_code: str = "") -> list[GateStanding]:
        """Return how each gate stands for a stage; nothing for gates that no factor in use answers to. No query."""
        found = []
        for gate in gates:
            kinds = [kind for kind in self.kinds if kind.gate == gate.partition(":")[0]]
            demands = [demand for demand in self.demands if serves(gate, demand)]
            if not kinds and not demands:
                continue
            override = self.overrides.get((gate, stage_code))
            found += [_judged(gate, demand, override) for demand in demands]
            if not any(decides(demand, kinds) for demand in demands):
                found.append(self._absent(gate, kinds, override))
        return found

    def _absent(self, gate, kinds, override) -> GateStanding:
        strictness = [FactorKind.GateMode.HARD, FactorKind.GateMode.WARN, FactorKind.GateMode.OFF]
        strictest = min(kinds, key=lambda kind: strictness.index(kind.gate_mode))
        no_need = self.no_needs.get(gate) or self.no_needs.get(gate.partition(":")[0])
        covered = override is not None and (override.gaps is None or MISSING in override.gaps)
        state = NO_NEED if no_need else OVERRIDDEN if covered else MISSING
        return GateStanding(gate, strictest, state, strictest.gate_mode, strictest.gate_at, override=override)


def _judged(gate: str, demand: Demand, override) -> GateStanding:
    """A reservation past its last day secures nothing, also while nobody has swept it yet."""
    kind, gap = demand.book.kind, demand.gap + demand.lapsed
    available = demand.available + demand.lapsed
    state = State.SECURED if gap <= 0 else State.BLOCKED if gap > available else State.OBTAINABLE
    covered = override is not None and (override.gaps is None or gap <= override.gaps.get(str(demand.pk), 0))
    told = OVERRIDDEN if covered and state != State.SECURED else state.value
    return GateStanding(gate, kind, told, kind.gate_mode, kind.gate_at, demand, max(gap, 0), available, override)


def load(project, now: datetime) -> Board:
    """Read a project's gates. Four queries; one while there are no factors."""
    return load_many([project], now)[project.pk]


def load_many(projects: Iterable, now: datetime) -> dict[int, Board]:
    """Read the gates of projects, by their ids. Four queries, however many they are; one while there are no factors."""
    kinds = list(FactorKind.objects.filter(active=True))
    boards = {project.pk: Board(project, kinds) for project in projects}
    if not kinds or not boards:
        return boards
    lapsed = (
        Reservation.objects.filter(
            holding=OuterRef("holding"), resolved_by__isnull=True, expires_on__lt=access_day(now)
        )
        .order_by()
        .values("holding")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    mine = {"project__in": list(boards)}
    for demand in blocked.demand_states().filter(**mine).annotate(lapsed=Coalesce(Subquery(lapsed), 0)):
        boards[demand.project_id].demands.append(demand)
    for row in NoNeed.objects.filter(**mine, withdrawn_at=None).select_related("by"):
        boards[row.project_id].no_needs[row.gate] = row
    for row in GateOverride.objects.filter(**mine).select_related("by").order_by("at"):
        boards[row.project_id].all_overrides.append(row)
        boards[row.project_id].overrides[row.gate, row.stage_code] = row
    return boards


def standing(project, gates: Sequence[str], *, now: datetime, stage_code: str = "") -> list[GateStanding]:
    """Return how the gates of a stage stand. No query for a stage without gates, else those of `load`."""
    return load(project, now).standing(gates, stage_code) if gates else []


# --- what a move of a stage does to the ledger -----------------------------------------------------------------------


def reservations_of(demands: Iterable[Demand], since: date | None = None) -> list[Reservation]:
    """Return the open reservations of demands; those that hold on the day `since` when one is given. One query."""
    holdings = [demand.holding_id for demand in demands if demand.holding_id]
    if not holdings:
        return []
    rows = Reservation.objects.filter(holding__in=holdings, resolved_by__isnull=True, twin_of__isnull=True)
    if since:
        rows = rows.filter(expires_on__gte=since)
    return list(rows.select_related("twin").order_by("pk"))


def confirmations(
    rows: Iterable[Reservation], demands: Iterable[Demand], *, key: str, on: date, **facts
) -> list[Entry]:
    """Return the entries that confirm the reservations of demands (`demand_states`), and release what is beyond them.

    `facts` name document, summary and maker.
    """
    wanted = {demand.holding_id: demand.amount - demand.confirmed for demand in demands}
    made = []
    for row in rows:
        amount = min(row.amount, wanted[row.holding_id])
        wanted[row.holding_id] -= max(amount, 0)
        if amount > 0:
            made.append(entries.confirm(row, amount, key=f"{key}:{row.pk}", on=on, keep_rest=False, **facts))
        else:
            made.append(entries.release(row, key=f"{key}:{row.pk}", on=on, **facts))
    return made


def releases(rows: Iterable[Reservation], *, key: str, on: date, **facts) -> list[Entry]:
    """Return the entries that release reservations."""
    return [entries.release(row, key=f"{key}:{row.pk}", on=on, **facts) for row in rows]


def _postings(ids: Iterable[int]):
    return (
        Posting.objects.filter(pk__in=list(ids), reversed_by__isnull=True)
        .prefetch_related(
            "transfers__debit__cap", "transfers__credit__cap", "transfers__reservation",
            "transfers__resolves__reservation",
        )
        .order_by("-pk")
    )  # fmt: skip


def returns(posting_ids: Iterable[int], *, key: str, on: date, **facts) -> list[Entry]:
    """Return the entries that give back to the pools what earlier entries confirmed (a revoked decision)."""
    return [
        entries.move(
            "recover", transfer.credit, transfer.debit, transfer.amount, key=f"{key}:{transfer.pk}", on=on, **facts
        )
        for posting in _postings(posting_ids)
        for transfer in posting.transfers.all()
        if transfer.phase == "post" and transfer.credit.role == "holding"
    ]


def reversals(posting_ids: Iterable[int], *, key: str, on: date, **facts) -> list[Entry]:
    """Return the entries that take entries of a struck-out event back; what was confirmed is reserved again.

    A reservation whose last day is over stays away: the pool has it back.
    """
    found = []
    for posting in _postings(posting_ids):
        transfers = list(posting.transfers.all())
        found.append(entries.reverse(posting, transfers, key=f"{key}:{posting.pk}", on=on, **facts))
        for transfer in transfers:
            if transfer.phase == "post" and transfer.credit.role == "holding":
                until = transfer.resolves.reservation.expires_on
                if until >= on:
                    again = f"{key}:{transfer.pk}:again"
                    found.append(
                        entries.reserve(
                            transfer.debit, transfer.credit, transfer.amount, until, key=again, on=on, **facts
                        )
                    )
    return found


# --- overriding ------------------------------------------------------------------------------------------------------


@transaction.atomic
def override(
    *, by, project, gate: str, stage_code: str, stage_name: str, reason: str, document_no: str, now: datetime
) -> GateOverride:
    """Let a stage through although a gate's factor is not secured. It stays visible for ever.

    It covers what is missing now: a demand that grows, or another one, closes the gate again.

    :raises PermissionDenied: without `factor.override`, or the project is out of reach.  :raises Refused: no reason, no
        document, or the gate is not closed.
    """
    if (
        not allows(by, "factor.override")
        or not access.visible_to(type(project).objects.filter(pk=project.pk), by).exists()
    ):
        raise PermissionDenied("factor.override")
    if not reason.strip():
        raise Refused("no_reason", _("Say why the stage is let through."), "reason")
    if not document_no.strip():
        raise Refused("no_document", _("Name the document that decides it."), "document_no")
    told = standing(project, [gate], now=now, stage_code=stage_code)
    if not any(line.state in OPEN for line in told):
        raise Refused("open", _("This gate is not closed."), "gate")
    row = GateOverride.objects.create(
        project=project,
        gate=gate,
        stage_code=stage_code,
        stage_name=stage_name,
        reason=reason.strip(),
        document_no=document_no.strip(),
        gaps={str(line.demand.pk) if line.demand else MISSING: line.gap for line in told if line.state in OPEN},
        by=by,
        at=now,
    )
    audit.record(
        "ledger.override", by=by, target=project, now=now, gate=gate, stage=stage_code, document_no=row.document_no,
        reason=row.reason,
    )  # fmt: skip
    return row
