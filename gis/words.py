"""The words that the scripts of the map need, in the reader's language."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return key → words. `{n}` and the like are put in by the scripts."""
    return {
        "projects": _("{n} projects"),
        "onMap": _("{n} on the map"),
        "comma": _(", "),
        "close": _("Close"),
        "inView": _("in view {n} / {all}"),
        "all": _("{all}"),
        "failed": _("The points cannot be loaded. The list works."),
        "popupFailed": _("These facts cannot be loaded."),
        "again": _("Try again"),
        "empty": _("No project meets this filter"),
        "marks": _("{name}, {word}. Enter opens, arrow keys lead on."),
        "ring": _("{n} projects: {split}. Enter comes nearer."),
        "many": _("{n} blocked projects in one place. Enter lists them."),
        "none": _("No marker in that direction."),
        "opened": _("{name} opened."),
        "km": _("km"),
        "m": _("m"),
        "unplaced": _("{n} not placed, give coordinates"),
        "sum": _("{n} in all, {placed} on the map"),
        "unnamed": _("Project {n}"),
        "here": _("{n} projects here"),
        "asOf": _("as of {at}"),
        "lacks0": _("all in service"),
        "lacks1": _("lacks 1"),
        "lacks2": _("lacks 2"),
        "lacks3": _("lacks 3 or more"),
        "find": _("Search projects and enterprises"),
        "file": _("map"),
        "shifted": _("GCJ-02 base map: drawn shifted"),
    }
