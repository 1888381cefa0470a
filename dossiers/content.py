"""The content of a dossier: one frozen tree for a project and its enterprise, whatever it is rendered as. Pure.

Design overview: `dossiers/gathering.py` fills the tree from the functions that the pages read; card, booklet, preview
and terminal text are renderings of it, and a print keeps it as canonical JSON (`dossiers/snapshots.py`). No HTML, no
ids of rows, nothing that depends on who renders it. Words are those of the city's language, made when it was gathered.

Units: days are working days unless the name says `calendar` or the stage's `unit` does; money is 10,000 yuan (万元);
amounts of quota and of utilities are text in the unit that stands beside them, as the pages show them. Dates are
inclusive. None is unknown, "" is not said, an empty tuple is none.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

CALENDAR_DAY = "calendar_day"


@dataclass(frozen=True)
class Lamp:
    """A light: its code (`approvals.lights.Light`) gives colour and shape, `word` says it."""

    code: str = "idle"
    word: str = ""


@dataclass(frozen=True)
class Person:
    """Who stands by the project in a role. No name: nobody was appointed. `phone` is an office number, never mobile."""

    role: str
    label: str
    name: str = ""
    post: str = ""
    unit: str = ""
    phone: str = ""
    since: date | None = None


@dataclass(frozen=True)
class Basics:
    """Who, what, where and how much. `done_wan` of the plan of the year, as reported for `done_month`; `output_wan` and
    `tax_wan` are expected of a full year of production.
    """

    enterprise: str = ""
    credit_code: str = ""
    legal_person: str = ""
    contact: str = ""
    contact_phone: str = ""
    enterprise_address: str = ""
    project: str = ""
    code: str = ""
    district: str = ""
    park: str = ""
    park_code: str = ""
    parcels: tuple[str, ...] = ()
    address: str = ""
    industry: str = ""
    kind: str = ""
    level: str = ""
    status: str = ""
    content: str = ""
    investment_wan: Decimal | None = None
    plan_wan: Decimal | None = None
    done_wan: Decimal | None = None
    output_wan: Decimal | None = None
    tax_wan: Decimal | None = None
    done_month: date | None = None
    signed_on: date | None = None
    start_on: date | None = None
    finish_on: date | None = None

    @property
    def place(self) -> str:
        """Park or district, with the parcels; the site where there is none of them."""
        words = [self.park or self.district, "、".join(self.parcels)]
        return " ".join(filter(None, words)) if self.park or self.parcels else self.address or self.district


@dataclass(frozen=True)
class Verdict:
    """The first sentence of every page: the light, what it means, who must act. `brief` is a shorter `sentence`."""

    lamp: Lamp
    sentence: str
    advice: str = ""
    brief: str = ""
    brief_advice: str = ""


@dataclass(frozen=True)
class Stage:
    """One stage (环节) of the chain, as the timeline and its table show it."""

    no: str
    name: str
    short: str
    phase: str
    department: str = ""
    lamp: Lamp = Lamp()
    state: str = ""
    status: str = "idle"
    """done, running, waiting (could be handed in), idle, skipped or failed."""
    net: Decimal | None = None
    limit: Decimal | None = None
    unit: str = ""
    statutory: Decimal | None = None
    statutory_unit: str = ""
    gross: Decimal | None = None
    stopped: Decimal | None = None
    over: Decimal = Decimal(0)
    remaining: Decimal | None = None
    received_on: date | None = None
    accepted_on: date | None = None
    due_on: date | None = None
    statutory_due_on: date | None = None
    closed_on: date | None = None
    expected_on: date | None = None
    provisional: bool = False
    held_off: bool = False
    """Whether an open pause holds the due date off."""
    document_no: str = ""
    valid_until: date | None = None
    holder: str = ""
    held_days: int | None = None
    critical: bool = False
    blocked: str = ""
    reason: str = ""
    round: int = 0

    @property
    def in_calendar_days(self) -> bool:
        """Whether its limit is counted in calendar days: it stays out of every sum of working days."""
        return self.unit == CALENDAR_DAY


@dataclass(frozen=True)
class Phase:
    """A phase of the chain with its stages counted. `net` is the union of its stages, less the pauses."""

    code: str
    name: str
    done: int
    total: int
    net: Decimal = Decimal(0)


@dataclass(frozen=True)
class Halt:
    """A stop of a stage's clock (补正, 特别程序); `until` is None while it is open."""

    no: str
    stage: str
    kind: str
    since: date
    until: date | None
    days: Decimal
    label: str = ""


@dataclass(frozen=True)
class Chain:
    """The approval chain with the figures of the project page, which are never mixed."""

    template: str
    version: int
    started_on: date
    done: int
    total: int
    stages: tuple[Stage, ...]
    phases: tuple[Phase, ...]
    halts: tuple[Halt, ...] = ()
    current: tuple[str, ...] = ()
    """Numbers of the current stages, worst light first."""
    net: Decimal = Decimal(0)
    net_promised: Decimal = Decimal(0)
    """What was promised for the stages that `net` counts."""
    promised: Decimal = Decimal(0)
    critical: Decimal = Decimal(0)
    stopped_supplement: Decimal = Decimal(0)
    stopped_special: Decimal = Decimal(0)
    gross_calendar: Decimal = Decimal(0)
    expected_on: date | None = None
    planned_on: date | None = None
    late: int | None = None
    expected_provisional: bool = False
    calendar_version: int = 0
    provisional_years: tuple[int, ...] = ()

    def stage(self, no: str) -> Stage | None:
        """Return the stage with that number."""
        return next((stage for stage in self.stages if stage.no == no), None)

    @property
    def at_work(self) -> tuple[Stage, ...]:
        """The current stages, worst light first."""
        return tuple(stage for no in self.current if (stage := self.stage(no)))


@dataclass(frozen=True)
class Demand:
    """What the project needs of a factor. Shares are thousandths of the bar. `days`: calendar days blocked."""

    factor: str
    unit: str
    period: str = ""
    needed: str = ""
    confirmed: str = ""
    reserved: str = ""
    secured: str = ""
    gap: str = "0"
    is_short: bool = False
    is_blocked: bool = False
    confirmed_share: int = 0
    reserved_share: int = 0
    pool: str = ""
    pool_has: str = ""
    lamp: Lamp = Lamp()
    note: str = ""
    who: str = ""
    since: date | None = None
    days: int | None = None
    needed_by: date | None = None
    stage_no: str = ""
    stage: str = ""
    ways: tuple[str, ...] = ()
    asked_on: date | None = None


@dataclass(frozen=True)
class Posting:
    """An entry of the ledger that touched the project's holding."""

    on: date
    number: str
    kind: str
    factor: str
    amount: str
    unit: str
    document_no: str = ""
    summary: str = ""
    maker: str = ""


@dataclass(frozen=True)
class Quota:
    """Factors: demands, gates that nothing is registered for, what was declared as not needed or let through."""

    demands: tuple[Demand, ...] = ()
    missing: tuple[str, ...] = ()
    no_needs: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    postings: tuple[Posting, ...] = ()

    @property
    def blocked(self) -> tuple[Demand, ...]:
        """The demands that are blocked, the longest first."""
        found = [demand for demand in self.demands if demand.is_blocked]
        return tuple(sorted(found, key=lambda demand: -(demand.days or 0)))


@dataclass(frozen=True)
class Utility:
    """A utility of the park: status as the board shows it, and what the project lacks of it."""

    mark: str
    name: str
    status: str
    lamp: Lamp
    note: str = ""
    verified_on: date | None = None
    is_stale: bool = False
    need: str = ""


@dataclass(frozen=True)
class Park:
    """How ready the park is: `done` of `of` utilities in service."""

    name: str
    code: str = ""
    done: int = 0
    of: int = 0
    utilities: tuple[Utility, ...] = ()
    verified_on: date | None = None
    assessments: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyPoint:
    """A dated point of the project's life. `late`: calendar days behind the plan."""

    name: str
    planned_on: date | None
    actual_on: date | None
    late: int = 0
    lamp: Lamp = Lamp()
    note: str = ""


@dataclass(frozen=True)
class Month:
    """What the project reported for a month: invested since January, and jobs."""

    month: date
    done_wan: Decimal
    jobs: int | None = None


@dataclass(frozen=True)
class Problem:
    """A problem of the register. `days_left` in working days, negative when late; None when its clock stands."""

    number: str
    text: str
    category: str = ""
    level: str = ""
    unit: str = ""
    due_on: date | None = None
    days_left: int | None = None
    lamp: Lamp = Lamp()
    state: str = ""
    registered_on: date | None = None
    closed_on: date | None = None

    @property
    def late_days(self) -> int:
        """Working days behind its limit."""
        return max(-(self.days_left or 0), 0)


@dataclass(frozen=True)
class Visit:
    """A visit: when, by whom, how long, what was raised."""

    on: date
    by: str
    minutes: int | None = None
    kind: str = ""
    met: str = ""
    raised: str = ""


@dataclass(frozen=True)
class Order:
    """A supervision order (督办单)."""

    number: str
    level: str = ""
    item: str = ""
    lead: str = ""
    signed_on: date | None = None
    due_on: date | None = None
    state: str = ""
    lamp: Lamp = Lamp()


@dataclass(frozen=True)
class Material:
    """A document that a stage asks for, and how it came."""

    no: str
    stage: str
    name: str
    status: str
    document_no: str = ""
    due_on: date | None = None


@dataclass(frozen=True)
class Event:
    """A line of the chain's history."""

    occurred_on: date
    recorded_on: date
    no: str
    stage: str
    what: str
    document_no: str = ""
    note: str = ""
    by: str = ""
    is_superseded: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file of the project. `path` is its name in our storage; `kind` pdf, picture or other; `size` in bytes."""

    name: str
    source: str
    kind: str
    size: int
    sha256: str
    path: str
    on: date | None = None


@dataclass(frozen=True)
class Revision:
    """An earlier print of the same paper, for the revision log."""

    version: int
    printed_at: datetime
    printed_by: str
    changes: str = ""


@dataclass(frozen=True)
class Records:
    """What only the booklet holds: the full record behind the card. `drawings` are the sheets of the timeline (SVG)."""

    materials: tuple[Material, ...] = ()
    events: tuple[Event, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    drawings: tuple[str, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dossier:
    """Everything about one project, as of `data_at`. `unseen` says what the reader may not see, in words."""

    city: str
    language: str
    data_at: datetime
    basics: Basics
    verdict: Verdict
    people: tuple[Person, ...]
    hot_line: str = ""
    chain: Chain | None = None
    quota: Quota | None = None
    park: Park | None = None
    key_points: tuple[KeyPoint, ...] = ()
    months: tuple[Month, ...] = ()
    problems: tuple[Problem, ...] = ()
    closed_problems: tuple[Problem, ...] = ()
    problem_rate: str = ""
    visits: tuple[Visit, ...] = ()
    orders: tuple[Order, ...] = ()
    records: Records | None = None
    unseen: tuple[str, ...] = field(default=())

    def person(self, role: str) -> Person | None:
        """Return who stands by the project in that role."""
        return next((person for person in self.people if person.role == role), None)

    @property
    def next_points(self) -> tuple[KeyPoint, ...]:
        """The key points that are still to come, in the order of their plan; those without one last."""
        ahead = [point for point in self.key_points if point.actual_on is None]
        return tuple(sorted(ahead, key=lambda point: (point.planned_on is None, point.planned_on or date.max)))


@dataclass(frozen=True)
class Stamp:
    """What makes a paper a version: number, version, check code, when and by whom it was printed, where its QR leads.

    `url` is what the QR holds. Version 0 is a preview: it is printed as such and cannot be checked.
    """

    number: str
    version: int
    check: str
    printed_at: datetime
    printed_by: str
    url: str
    data_at: datetime
