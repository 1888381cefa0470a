"""The menus of every page: only what the user may use, with the current entry marked."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from people import access


@dataclass(frozen=True)
class Entry:
    """One entry of a menu. `prefixes`: page names that also count as this entry."""

    name: str
    label: str | Promise
    permission: str = ""
    icon: str = "list"
    prefixes: tuple[str, ...] = ()
    is_tab: bool = False
    first_for: tuple[str, ...] = ()  # roles that begin their day there


MENU = (
    Entry(
        "cockpit",
        _("Cockpit"),
        "cockpit.view",
        "gauge",
        ("cockpit-", "instruction-", "display-"),
        is_tab=True,
        first_for=("leader",),
    ),
    Entry("workbench", _("Workbench"), "project.view", "workbench", is_tab=True),
    Entry("project-list", _("Projects"), "project.view", "list", ("project-", "stage-", "point-"), is_tab=True),
    Entry(
        "factor-overview",
        _("Quota"),
        "factor.view",
        "factor",
        (
            "factor-",
            "account-",
            "voucher-",
            "posting-",
            "request-",
            "reservation-",
            "demand-",
            "no-need",
            "gate-",
            "energy-",
            "parcel-",
            "stock-",
            "replacement-",
            "trade-",
            "year-end",
            "blocked-list",
            "ledger-import",
        ),
        is_tab=True,
    ),  # fmt: skip
    Entry("map", _("Map of parks"), "project.view", "pin", ("map-",)),
    Entry(
        "park-list", _("Parks"), "project.view", "pin", ("park-", "utility-", "assessment-", "expansion-"), is_tab=True
    ),
    Entry("problem-list", _("Problems and orders"), "problem.register", "feedback", ("problem-", "visit-", "order-")),
    Entry("print-list", _("Prints"), "dossier.print", "print", ("print-", "verify")),
    Entry("unlock", _("Unlock planner"), "unlock.plan", "factor", ("unlock-",)),
    Entry("forecast-list", _("Forecast"), "project.view", "calendar", ("forecast-",)),
    Entry("reform", _("Reform simulator"), "reform.simulate", "chain", ("reform-",)),
    Entry("records-report", _("Record quality"), "project.view", "check", ("records-",)),
    Entry("template-list", _("Approval chains"), "project.view", "chain", ("template-", "chain-")),
    Entry("enterprise-list", _("Enterprises"), "project.view", "building", ("enterprise-",)),
    Entry("materials-report", _("Materials"), "project.view", "file"),
    Entry("import-start", _("Import"), "project.import boundary.import", "upload", ("import-",)),
    Entry("calendar", _("Working-day calendar"), "calendar.edit", "calendar", ("calendar-",)),
    Entry("user-list", _("Users"), "user.manage", "users", ("user-", "department-")),
    Entry("grants", _("Grants"), "grant.manage", "key", ("grant",)),
    Entry("audit-log", _("Audit log"), "audit.read", "history", ("audit-",)),
)
SHOWN = 8
"""Entries that stand in the bar of a desk; the rest are under “More”: 1,100 px hold no more beside the search."""

TABS = 5
"""Tabs at the foot of a phone at most, with “me” beside them: a thumb needs 56 px."""

USER_LINKS = (
    Entry("account", _("My account"), "", "user"),
    Entry("sessions", _("My sessions"), "", "lock"),
    Entry("feedback", _("Feedback"), "", "feedback"),
    Entry("styleguide", _("Style guide"), "styleguide.view", "eye"),
)


def entries(request: HttpRequest, menu: tuple[Entry, ...]) -> list[dict]:
    """Return the entries of the menu that exist here and that the user may use. No query beyond the user's role."""
    current = getattr(request.resolver_match, "url_name", "") or ""
    found = []
    for entry in menu:
        needed = entry.permission.split()  # one of them will do
        if needed and not any(access.allows(request.user, permission) for permission in needed):
            continue
        try:
            url = reverse(entry.name)
        except NoReverseMatch:
            continue
        found.append(
            {
                "name": entry.name,
                "url": url,
                "label": entry.label,
                "icon": entry.icon,
                "is_tab": entry.is_tab,
                "first": not entry.first_for or getattr(request.user, "role", "") in entry.first_for,
                "current": current == entry.name or bool(entry.prefixes) and current.startswith(entry.prefixes),
            }
        )
    if found and not found[0]["first"]:
        found[:2] = reversed(found[:2])
    return found


def nav(request: HttpRequest) -> dict:
    """Context processor: `nav` (main menu), `nav_bar` and `nav_more` (what of it stands in the bar and what not),
    `tabs` and `nav_untabbed` (the same of a phone), `user_links` and `may_search`; empty for visitors."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "nav_bar": [], "nav_more": [], "tabs": [], "user_links": [], "may_search": False}
    main = SimpleLazyObject(lambda: entries(request, MENU))
    return {
        "nav": main,
        "nav_bar": SimpleLazyObject(lambda: main[:SHOWN] if len(main) > SHOWN + 1 else list(main)),
        "nav_more": SimpleLazyObject(lambda: main[SHOWN:] if len(main) > SHOWN + 1 else []),
        "tabs": SimpleLazyObject(lambda: [entry for entry in main if entry["is_tab"]][:TABS]),
        "nav_untabbed": SimpleLazyObject(lambda: [entry for entry in main if not entry["is_tab"]]),
        "user_links": SimpleLazyObject(lambda: entries(request, USER_LINKS)),
        "may_search": access.allows(user, "project.view"),
    }
