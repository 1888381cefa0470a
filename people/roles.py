"""The roles of the house: what each is called, what it is for and which permissions it carries.

A person holds exactly one role. The three administrators (system, security, audit) hold no permission of the business
side and no permission of each other: 三员分立. Permissions say *what* one may do; *where* comes from grants,
assignments and departments (`people/access.py`).
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PERMISSIONS = {
    "project.view": _("See projects, enterprises and parks within one's reach"),
    "project.create": _("Register a project"),
    "project.edit": _("Edit the projects one manages"),
    "project.assign": _("Assign sponsor, task force and service officer"),
    "project.export": _("Export lists"),
    "project.import": _("Import workbooks"),
    "stage.advance": _("Record any stage of a project one manages"),
    "stage.handle": _("Handle the stages of one's department"),
    "template.edit": _("Draft chain templates"),
    "template.publish": _("Publish chain templates"),
    "calendar.edit": _("Edit the working-day calendar"),
    "enterprise.edit": _("Edit enterprises"),
    "park.edit": _("Edit parks"),
    "material.edit": _("Add materials to an enterprise's library"),
    "feedback.read": _("Read and answer feedback"),
    "user.manage": _("Manage accounts and departments"),
    "grant.manage": _("Assign roles and grants"),
    "audit.read": _("Read the audit log"),
    "session.manage": _("End sessions of other people"),
    "styleguide.view": _("See the style guide"),
    "factor.view": _("See the quota ledgers"),
    "factor.demand": _("Register what a project needs"),
    "factor.make": _("Make vouchers of the accounts of one's department"),
    "factor.check": _("Pass or refuse vouchers that somebody else made"),
    "factor.override": _("Let a stage through although its factor is not secured"),
    "factor.configure": _("Change factors, sources, review rules and coefficients"),
    "utility.verify": _("Verify what parks report of their utilities"),
    "boundary.import": _("Import outlines and points"),
    "cockpit.view": _("See the leaders' page"),
    "instruction.give": _("Give instructions on blockers"),
    "visit.log": _("Log visits to the enterprises one serves"),
    "problem.register": _("Register problems of enterprises"),
    "problem.handle": _("Claim and handle the problems of one's department"),
    "problem.check": _("Assign problems, check and close them"),
    "order.draft": _("Draft supervision orders"),
    "order.sign": _("Sign, review and close supervision orders"),
    "order.answer": _("Sign for and answer the supervision orders to one's department"),
    "dossier.print": _("Print cards, booklets and notices"),
    "unlock.plan": _("Compute and keep unlock plans"),
    "reform.simulate": _("Try reforms on the portfolio"),
    "screen.manage": _("Issue and withdraw tokens of wall displays"),
}


@dataclass(frozen=True)
class Role:
    """One role. `administers` marks the three administrators, who never see business data."""

    code: str
    label: str | Promise
    description: str | Promise
    permissions: frozenset[str]
    administers: bool = False

    def __post_init__(self):
        unknown = self.permissions - PERMISSIONS.keys()
        if unknown:
            raise ValueError(f"role {self.code}: unknown permissions {sorted(unknown)}")


def _role(code, label, description, permissions, **more) -> Role:
    return Role(code, label, description, frozenset(permissions.split()), **more)


PM = _role(
    "pm",
    _("Project manager"),
    _("Registers projects, keeps their chains up to date and answers for their dates."),
    "project.view project.create project.edit project.assign project.export project.import stage.advance "
    "template.edit enterprise.edit material.edit factor.view factor.demand cockpit.view boundary.import "
    "visit.log problem.register problem.handle problem.check order.draft dossier.print reform.simulate",
)
APPROVER = _role(
    "approver",
    _("Approval officer"),
    _("Receives, accepts and decides the cases of a department."),
    "project.view project.export stage.handle material.edit factor.view utility.verify cockpit.view "
    "problem.register problem.handle order.answer dossier.print",
)
FACTOR = _role(
    "factor",
    _("Factor officer"),
    _("Looks after energy, water, land and emission quotas and the stages that need them."),
    "project.view project.export project.import stage.handle factor.view factor.demand factor.make factor.check "
    "factor.configure utility.verify cockpit.view "
    "problem.register problem.handle order.answer dossier.print unlock.plan",
)
PARK = _role(
    "park",
    _("Park officer"),
    _("Keeps a park's data and the projects in it."),
    "project.view project.create project.edit project.export project.import park.edit enterprise.edit material.edit "
    "factor.view factor.demand cockpit.view boundary.import "
    "visit.log problem.register problem.handle order.answer dossier.print",
)
OFFICER = _role(
    "officer",
    _("Service officer"),
    _("Stands by the enterprises assigned to him: visits, materials, progress."),
    "project.view project.edit project.export stage.advance enterprise.edit material.edit factor.view cockpit.view "
    "visit.log problem.register problem.check dossier.print",
)
LEADER = _role(
    "leader",
    _("Leader"),
    _("Sees the whole district, sponsors projects, gives instructions."),
    "project.view project.export factor.view factor.override cockpit.view instruction.give screen.manage "
    "visit.log problem.register problem.check order.draft order.sign dossier.print unlock.plan "
    "reform.simulate",
)
SUPERVISOR = _role(
    "supervisor",
    _("Supervisor"),
    _("Watches deadlines, publishes chain templates and calendars, reads feedback."),
    "project.view project.assign project.export template.edit template.publish calendar.edit feedback.read "
    "styleguide.view factor.view utility.verify boundary.import cockpit.view screen.manage "
    "problem.register problem.check order.draft order.sign dossier.print unlock.plan "
    "reform.simulate",
)
SYSADMIN = _role(
    "sysadmin",
    _("System administrator"),
    _("Opens and closes accounts, keeps departments. Grants no rights, reads no logs, sees no business data."),
    "user.manage styleguide.view",
    administers=True,
)
SECADMIN = _role(
    "secadmin",
    _("Security administrator"),
    _("Assigns roles and grants, ends sessions. Never for himself. Sees no business data."),
    "grant.manage session.manage",
    administers=True,
)
AUDITOR = _role(
    "auditor",
    _("Audit administrator"),
    _("Reads and exports the audit log and checks that nobody changed it. Changes nothing."),
    "audit.read",
    administers=True,
)

ROLES: dict[str, Role] = {
    role.code: role for role in (PM, APPROVER, FACTOR, PARK, OFFICER, LEADER, SUPERVISOR, SYSADMIN, SECADMIN, AUDITOR)
}
CHOICES = [(role.code, role.label) for role in ROLES.values()]


def get(code: str) -> Role | None:
    """Return the role, or None for an account that has none yet."""
    return ROLES.get(code)
