"""Deriving the boards of parks from their reports again and comparing them with what is stored. Writes nothing."""

from factors.blocks import Difference
from gis import actions
from gis.models import ParkUtility, UtilityReading, UtilityReport


def of_boards() -> list[Difference]:
    """Return the rows of boards that do not say what the latest submitted lines say. Two queries.

    A row that no report tells of is a difference, and so is a line of the latest report without its row; and a report
    that calls itself verified while a line of it waits.
    """
    told = UtilityReading.objects.filter(report__state__in=actions.TOLD).select_related("report")
    derived = actions.board_of(told)
    newest = {}
    for (park, _item), line in derived.items():
        newest[park] = max(newest.get(park, line.report.month), line.report.month)
    found = []
    for row in ParkUtility.objects.select_related("park", "item").order_by("park", "item"):
        label = f"board of {row.park.code} {row.item.code}"
        line = derived.pop((row.park_id, row.item_id), None)
        if line is None:
            found.append(Difference(label, "report", "a row", "no report tells of it"))
            continue
        columns = actions.facts_of(line) | actions.board_columns(line, line.report)
        found += [
            Difference(label, name, getattr(row, name), value)
            for name, value in columns.items()
            if getattr(row, name) != value
        ]
    found += [
        Difference(f"board of park {park} utility {item}", "row", None, "reported")
        for (park, item), line in derived.items()
        if line.report.month == newest[park]
    ]
    odd = UtilityReport.objects.filter(state=UtilityReport.State.VERIFIED, lines__verified_on__isnull=True).distinct()
    found += [Difference(f"report {report}", "state", "verified", "a line waits") for report in odd]
    return found
