"""The permission matrix: one line per address. An address without a line fails the test.

The shapes:
  public(post=False)            everybody, also without logging in
  page(*permissions)            GET; for roles with one of the permissions, without any: for everybody who is logged in
  form(*permissions)            GET and POST
  action(*permissions)          POST only: GET gives 405
  object_page(permission)       GET of one object that the person may see; a stranger gets 404
  object_form(permission)       GET and POST of one object that he manages; a reader gets 403, a stranger 404
  object_action(permission)     POST only, on an object that he manages
  seen_form(permission)         GET and POST of one object that he may see
  seen_action(permission)       POST only, on an object that he may see
  stage_page(), stage_action()  for who may act on the stage: its department's officers and who manages the project

`kind` names the object whose reach counts (REACH), `args` gives values for the address that the defaults in
`test_permission_matrix.arguments` do not know, `data` is what is posted, `also` are further statuses that are fine for
a permitted person (e.g. 404 for a file that the sample project does not have).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from approvals.models import MaterialUse
from people.models import UserSession
from people.roles import ROLES

OK_GET = frozenset({200})
OK_POST = frozenset({200, 201, 204, 302, 303, 400, 409, 422})


@dataclass(frozen=True)
class Rule:
    """What one address answers to whom."""

    permissions: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("GET",)
    public: bool = False
    reach: str = ""  # "", "view", "manage" or "act"
    kind: str = "project"
    args: dict[str, Callable] = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    query: str = ""
    also: frozenset[int] = frozenset()
    names_objects: bool = False  # the log names what was done to which project, and nothing else of it
    hidden: bool = False  # who lacks the permission gets 404 instead of 403: the object is none of his business


def public(post=False, **more):
    return Rule(public=True, methods=("GET", "POST") if post else ("GET",), **more)


def page(*permissions, **more):
    return Rule(permissions, **more)


def form(*permissions, **more):
    return Rule(permissions, methods=("GET", "POST"), **more)


def action(*permissions, **more):
    return Rule(permissions, methods=("POST",), **more)


def object_page(*permissions, **more):
    return Rule(permissions, reach="view", **more)


def object_form(*permissions, **more):
    return Rule(permissions, methods=("GET", "POST"), reach="manage", **more)


def object_action(*permissions, **more):
    return Rule(permissions, methods=("POST",), reach="manage", **more)


def seen_form(*permissions, **more):
    return Rule(permissions, methods=("GET", "POST"), reach="view", **more)


def seen_action(*permissions, **more):
    return Rule(permissions, methods=("POST",), reach="view", **more)


def stage_page(**more):
    return Rule(("stage.advance", "stage.handle"), reach="act", **more)


def stage_action(**more):
    return replace(stage_page(**more), methods=("POST",))


# Who reaches the target object, in which relation (tests/people/world.py); nobody else does.
REACH = {
    "project": {
        ("pm", "own"): "manage",
        ("officer", "own"): "manage",
        ("park", "own"): "manage",
        ("leader", "own"): "view",
        ("supervisor", "own"): "view",
        ("approver", "own"): "view",
        ("approver", "same_department"): "view",
        ("factor", "own"): "view",
        ("factor", "same_department"): "view",
    },
    # Parks are no secret: whoever may see projects sees every park, and in it his own projects only.
    "park": {
        (role.code, relation): "manage" if (role.code, relation) == ("park", "own") else "view"
        for role in ROLES.values()
        for relation in ("own", "same_department", "other_department", "stranger")
        if "project.view" in role.permissions
    },
}
REACH["enterprise"] = REACH["project"]
ACTS = {("pm", "own"), ("officer", "own")} | {
    (role, relation) for role in ("approver", "factor") for relation in ("own", "same_department")
}

TO_PAGE = frozenset({302})  # it leads back: the sample chain has begun, the sample template is published
NOTHING_THERE = frozenset({404})  # the sample city has no such row (no newer version, no file)
WITHOUT_DISTRICT = frozenset({403})  # a park is registered by who manages its district; here nobody does
NOT_LAND = frozenset({403})  # only the department in charge of land keeps parcels; here there is none
EVENT = {"event": lambda world: world.stage.events.latest("pk").pk}
MATERIAL = {"pk": lambda world: MaterialUse.objects.get(stage=world.stage).pk}


def unknown(world) -> int:
    """A number that nothing has: the sample city has no such row, so everybody permitted gets 404."""
    return 987654


def claim(world) -> str:
    """An action of a problem."""
    return "claim"


ENTRY = {"year": lambda world: 2026, "number": unknown}
PERSON = {"username": lambda world: world.bystander.username}
EAST_PARK = {"code": lambda world: world.parks["east"].code}
WATER = EAST_PARK | {"item": lambda world: "water_supply"}

MATRIX: dict[str, Rule] = {
    # cockpit
    "cockpit": page("cockpit.view"),
    "cockpit-week": page("cockpit.view"),
    "cockpit-cause": page("cockpit.view"),
    "instruction-list": page("cockpit.view"),
    "instruction-create": form("instruction.give", also=TO_PAGE),
    "instruction-page": page("cockpit.view", args={"pk": unknown}, also=NOTHING_THERE),
    "instruction-answer": action("cockpit.view", args={"pk": unknown}, also=NOTHING_THERE),
    "instruction-close": action("instruction.give", args={"pk": unknown}, also=NOTHING_THERE),
    "instruction-order": action("order.draft", args={"pk": unknown}, also=NOTHING_THERE),
    "unlock": page("unlock.plan"),
    "unlock-save": action("unlock.plan"),
    "unlock-list": page("unlock.plan"),
    "unlock-moved": page("unlock.plan", also=frozenset({204})),
    "unlock-compare": page("unlock.plan", also=TO_PAGE),
    "unlock-scenario": page("unlock.plan", args={"pk": unknown}, also=NOTHING_THERE),
    "unlock-requests": action("unlock.plan", args={"pk": unknown}, also=NOTHING_THERE),
    "unlock-retire": action("unlock.plan", args={"pk": unknown}, also=NOTHING_THERE),
    "unlock-export": page("unlock.plan"),
    "display-list": form("screen.manage"),
    "display-withdraw": action("screen.manage", args={"pk": unknown}, also=NOTHING_THERE),
    "reform": page("reform.simulate"),
    "reform-save": action("reform.simulate"),
    "reform-delete": action("reform.simulate", args={"pk": unknown}, also=NOTHING_THERE),
    "reform-note": page("reform.simulate"),
    "screen": page("cockpit.view"),
    "screen-body": page("cockpit.view"),
    "screen-enter": public(post=True),
    # people
    "home": page(also=frozenset({302})),
    "login": public(post=True, also=frozenset({302})),
    "logout": Rule(public=True, methods=("POST",)),
    "account": page(),
    "password-change": form(),
    "sessions": page(),
    "session-end": action(
        "session.manage",
        hidden=True,
        args={"pk": lambda world: UserSession.objects.get(session_key="sleeper").pk},
    ),
    "user-list": page("user.manage"),
    "user-create": form("user.manage"),
    "user-edit": form("user.manage", args=PERSON),
    "user-active": action("user.manage", args=PERSON),
    "user-password": action("user.manage", args=PERSON),
    "department-list": page("user.manage"),
    "department-create": form("user.manage"),
    "department-edit": form("user.manage"),
    "grants": page("grant.manage"),
    "grant-person": page("grant.manage", args=PERSON),
    "grant-department": page("grant.manage"),
    "grant-role": action("grant.manage", args=PERSON),
    "grant-give": action("grant.manage", args={"kind": lambda world: "person", "key": PERSON["username"]}),
    "grant-take": action("grant.manage", args={"kind": lambda world: "person", "key": PERSON["username"]}),
    "audit-log": page("audit.read", names_objects=True),
    "audit-export": page("audit.read", names_objects=True),
    "audit-verify": action("audit.read"),
    "styleguide": page("styleguide.view"),
    "feedback": form(),
    "feedback-list": page("feedback.read"),
    "feedback-answer": action("feedback.read", args={"pk": lambda world: world.bystander.feedback.get().pk}),
    # calendars
    "calendar": page(),
    "calendar-change": form("calendar.edit"),
    "calendar-revert": action("calendar.edit", also=NOTHING_THERE),
    # approvals: lists, the project's page, its stages
    "workbench": page("project.view"),
    "project-list": page("project.view"),
    "project-bulk": action("project.assign", "stage.advance"),
    "view-save": action("project.view"),
    "search": page("project.view", query="?q=丝雀", also=TO_PAGE),
    "project-page": object_page("project.view"),
    "project-timeline": object_page("project.view", also=TO_PAGE),
    "project-chain-print": object_page("project.view"),
    "chain-start": object_form("stage.advance", also=TO_PAGE),
    "chain-move": object_form("stage.advance", also=NOTHING_THERE),
    "stage-explain": object_page("project.view"),
    "stage-preview": object_page("project.view"),
    "stage-act": stage_action(data={"action": "accept"}),
    "stage-correct": stage_action(args=EVENT),
    "material-use": Rule(("project.view",), ("GET", "POST"), reach="act", args=MATERIAL),
    "stage-attachment": object_page("project.view", args={"pk": unknown}, also=NOTHING_THERE),
    # projects, enterprises, parks
    "project-create": form("project.create"),
    "project-edit": object_form("project.view"),
    "project-assign": seen_form("project.assign"),
    "project-key-points": object_form("project.view"),
    "three-assignments": page("project.view"),
    "enterprise-list": page("project.view"),
    "enterprise-create": form("enterprise.edit"),
    "enterprise-page": object_page("project.view", kind="enterprise"),
    "enterprise-edit": object_form("project.view", kind="enterprise"),
    "material-add": seen_action("material.edit", kind="enterprise"),
    "material-file": object_page("project.view", kind="enterprise", args={"pk": unknown}, also=NOTHING_THERE),
    "park-list": page("project.view"),
    "park-create": form("park.edit", also=WITHOUT_DISTRICT),
    "park-page": object_page("project.view", kind="park"),
    "park-edit": object_form("project.view", kind="park"),
    "park-needs-export": object_page("project.export", kind="park"),
    "park-report": object_form("park.edit", kind="park", also=TO_PAGE),
    "park-report-page": object_page("project.view", kind="park", args={"month": lambda world: "2026-11"}),
    "park-utility": object_page("project.view", kind="park", args=WATER),
    "utility-evidence-add": object_action("park.edit", kind="park", args=WATER),
    "expansion-create": object_form("park.edit", kind="park", args=WATER),
    "expansion-edit": object_form("park.edit", kind="park", args=WATER | {"pk": lambda world: world.expansion.pk}),
    "assessment-create": object_form("park.edit", kind="park", args=EAST_PARK),
    "assessment-edit": object_form(
        "park.edit", kind="park", args=EAST_PARK | {"pk": lambda world: world.assessment.pk}
    ),
    "assessment-file": object_page(
        "project.view", kind="park", args={"pk": lambda world: world.assessment.pk}, also=NOTHING_THERE
    ),
    "utility-evidence-file": object_page(
        "project.view", kind="park", args={"pk": lambda world: world.evidence.pk}, also=NOTHING_THERE
    ),
    "utility-verify": form("utility.verify", data={"line": "0"}),
    "utility-demand-create": object_form("project.edit"),
    "utility-demand-edit": object_form("project.edit", args={"pk": lambda world: world.demand.pk}),
    "materials-report": page("project.view"),
    "forecast-list": page("project.view"),
    "forecast-export": page("project.export"),
    "forecast-project": object_page("project.view"),
    "records-report": page("project.view"),
    "records-list": page("project.view"),
    "records-export": page("project.export"),
    # approvals: templates
    "template-list": page("project.view"),
    "template-page": page("project.view"),
    "template-diff": page("project.view", also=TO_PAGE),
    "template-download": page("project.view"),
    "chain-compare": page("project.view"),
    "template-create": form("template.edit"),
    "template-new-draft": action("template.edit"),
    "template-edit": form("template.edit", also=TO_PAGE),
    "template-discard": action("template.edit"),
    "template-stage-add": form("template.edit", also=TO_PAGE),
    "template-stage-edit": form("template.edit", also=TO_PAGE),
    "template-stage-remove": action("template.edit"),
    "template-stage-move": action("template.edit"),
    "template-publish": action("template.publish"),
    "template-retire": action("template.publish"),
    # factors: ledgers
    "factor-overview": page("factor.view"),
    "figure-entries": page("factor.view", also=NOTHING_THERE),
    "year-end": form("factor.make"),
    "factor-kinds": page("factor.configure"),
    "account-create": form("factor.make"),
    "account-open-year": action("factor.make", data={"year": "1"}, also=frozenset({403})),
    "account-book": page("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "account-book-print": page("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "account-book-export": page("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "account-close": action("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "voucher-list": page("factor.view"),
    "voucher-create": form("factor.make"),
    "voucher-check": action("factor.make", also=NOTHING_THERE),
    "voucher-edit": form("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "voucher-page": form("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "voucher-attachment": page("factor.view", args={"pk": unknown, "file": unknown}, also=NOTHING_THERE),
    "posting-search": page("factor.view"),
    "posting-page": page("factor.view", args=ENTRY, also=NOTHING_THERE),
    "posting-reverse": action("factor.make", args=ENTRY, also=NOTHING_THERE),
    "request-list": page("factor.view"),
    "request-decide": action("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "reservation-list": form("factor.view", also=frozenset({403})),
    "blocked-list": page("factor.view"),
    "demand-create": seen_form("factor.demand"),
    "demand-edit": seen_form("factor.demand", args={"pk": unknown}, also=NOTHING_THERE),
    "demand-close": seen_action("factor.demand", args={"pk": unknown}, also=NOTHING_THERE),
    "demand-ask": seen_action("factor.demand", args={"pk": unknown}, also=NOTHING_THERE),
    "no-need": seen_form("factor.demand"),
    "parcel-list": page("factor.view"),
    "parcel-create": form("factor.make", also=NOT_LAND),
    "parcel-page": form("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "parcel-edit": form("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "parcel-export": page("project.export"),
    "stock-list": page("factor.view"),
    "stock-create": form("factor.make"),
    "stock-page": form("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "stock-edit": form("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "replacement-list": page("factor.view"),
    "replacement-create": form("factor.check"),
    "replacement-page": form("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "trade-list": page("factor.view"),
    "trade-create": form("factor.make"),
    "trade-page": form("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "trade-edit": form("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "trade-print": page("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "account-permit": form("factor.make", args={"pk": unknown}, also=NOTHING_THERE),
    "energy-form": object_page("factor.view"),
    "energy-edit": seen_form("factor.demand"),
    "energy-check": seen_action("factor.demand"),
    "energy-register": seen_action("factor.demand"),
    "energy-print": object_page("factor.view", args={"pk": unknown}, also=NOTHING_THERE),
    "gate-override": seen_form("factor.override", also=NOTHING_THERE),
    # the map
    "map": page("project.view"),
    "map-points": page("project.view"),
    "map-shapes": page("project.view"),
    "map-rows": page("project.view"),
    "map-project": object_page("project.view", args={"pk": lambda world: world.target.pk}),
    "map-park": object_page("project.view", kind="park", args={"pk": lambda world: world.parks["east"].pk}),
    "map-export": page("project.export", args={"kind": lambda world: "geojson"}),
    "map-tile": page(
        "project.view", args={"z": lambda world: 0, "x": lambda world: 0, "y": lambda world: 0}, also=NOTHING_THERE
    ),
    # prints: one's own only
    "dossier-page": object_page("project.view"),
    "dossier-sheet": object_page("project.view"),
    "print-list": page("dossier.print"),
    "print-choose": page("dossier.print"),
    "print-order": action("dossier.print"),
    "print-job": page("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "print-progress": page("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "print-bundle": page("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "print-retry": action("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "print-stop": action("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "print-file": page("dossier.print", args={"token": lambda world: "none"}, also=NOTHING_THERE),
    "paper-voucher": page("dossier.print", args=ENTRY, also=NOTHING_THERE),
    "paper-notice": page("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "paper-order": page("dossier.print", args={"pk": unknown}, also=NOTHING_THERE),
    "verify": public(args={"token": lambda world: "none"}, also=NOTHING_THERE),
    # visits, problems, supervision orders
    "problem-list": page("problem.register"),
    "problem-export": page("project.export"),
    "problem-create": form("problem.register"),
    "problem-page": page("problem.register", args={"pk": unknown}, also=NOTHING_THERE),
    "problem-act": action("problem.handle", "problem.check", args={"pk": unknown, "act": claim}, also=NOTHING_THERE),
    "problem-file": page("problem.register", args={"pk": unknown}, also=NOTHING_THERE),
    "visit-list": page("project.view"),
    "visit-create": form("visit.log"),
    "visit-page": page("project.view", args={"pk": unknown}, also=NOTHING_THERE),
    "order-list": page("problem.register"),
    "order-create": form("order.draft"),
    "order-page": page("problem.register", args={"pk": unknown}, also=NOTHING_THERE),
    "order-edit": form("order.draft", args={"pk": unknown}, also=NOTHING_THERE),
    "order-act": action(
        "order.draft", "order.sign", "order.answer", args={"pk": unknown, "act": claim}, also=NOTHING_THERE
    ),
    "order-file": page("problem.register", args={"pk": unknown}, also=NOTHING_THERE),
    # imports
    "import-start": form("project.import", "boundary.import"),
    "import-batch": form("project.import", "boundary.import", args={"pk": unknown}, also=NOTHING_THERE),
    "import-receipt": page("project.import", "boundary.import", args={"pk": unknown}, also=NOTHING_THERE),
    "import-file": page("project.import", "boundary.import", args={"pk": unknown}, also=NOTHING_THERE),
    "project-point": object_form("project.view"),
    "point-list": page("project.view"),
    "import-shapes": page("boundary.import", args={"pk": unknown}, also=NOTHING_THERE),
    "import-template": page("project.create", args={"kind": lambda world: "projects"}),
    "export-projects": page("project.export"),
    "export-kind": page("project.export", args={"kind": lambda world: "enterprises"}),
    "schedule-report": page("project.view"),
    "set_language": public(post=True, also=frozenset({302})),
}
