"""Words for the codes of chain templates: limits, gates, case types, bases. Pure."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.track import Limit, Unit

UNIT_LABELS = {Unit.WORKING_DAY: gettext_lazy("working days"), Unit.CALENDAR_DAY: gettext_lazy("calendar days")}
KIND_LABELS = {
    "city": gettext_lazy("The city's own"),
    "benchmark": gettext_lazy("Benchmark"),
    "import": gettext_lazy("Built from an imported schedule"),
}
CASE_LABELS = {
    "instant": gettext_lazy("Decided on the spot"),
    "committed": gettext_lazy("Committed case"),
    "market": gettext_lazy("Market service"),
    "milestone": gettext_lazy("Milestone"),
}
BASIS_LABELS = {
    "quoted": gettext_lazy("quoted from a report"),
    "found": gettext_lazy("found in a public text"),
    "common": gettext_lazy("common knowledge of the field"),
    "constructed": gettext_lazy("constructed for reference"),
}
FACTOR_LABELS = {
    "energy": gettext_lazy("Energy quota"),
    "water": gettext_lazy("Water quota"),
    "land": gettext_lazy("Land quota"),
    "emission": gettext_lazy("Emission quota"),
    "power": gettext_lazy("Power capacity"),
    "gas": gettext_lazy("Gas supply"),
    "steam": gettext_lazy("Steam supply"),
}
WATER_LABELS = {
    "ground": gettext_lazy("groundwater"),
    "reclaimed": gettext_lazy("reclaimed water"),
    "mine": gettext_lazy("mine drainage water"),
    "surface": gettext_lazy("surface water"),
    "river": gettext_lazy("Yellow River water"),
    "mains": gettext_lazy("mains water"),
}


def limit_label(limit: Limit | None) -> str:
    """Return a limit with its unit: "10.0 working days", "" for none."""
    return f"{limit.amount:.1f} {UNIT_LABELS[Unit(limit.unit)]}" if limit else ""


def gate_label(gate: str) -> str:
    """Return a factor gate in words, with the water source where one is named."""
    factor, _colon, source = gate.partition(":")
    name = FACTOR_LABELS.get(factor, factor)
    if not source:
        return str(name)
    return _("%(factor)s (%(source)s)") % {"factor": name, "source": WATER_LABELS.get(source, source)}


PAPER_KINDS = frozenset({"request_supplement", "accept_with_deferral", "accept_on_commitment"})
"""Events of which the applicant gets a paper: a notice, a letter of deferral, a commitment."""
