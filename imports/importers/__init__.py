"""The importers, one module per kind. `make` is the only way to one."""

from importlib import import_module

CLASSES = {
    "projects": ("imports.importers.projects", "ProjectImporter"),
    "enterprises": ("imports.importers.enterprises", "EnterpriseImporter"),
    "parks": ("imports.importers.parks", "ParkImporter"),
    "progress": ("imports.importers.progress", "ProgressImporter"),
    "grants": ("imports.importers.vouchers", "GrantImporter"),
    "openings": ("imports.importers.vouchers", "OpeningImporter"),
    "journal": ("imports.importers.vouchers", "JournalImporter"),
    "demands": ("imports.importers.demands", "DemandImporter"),
    "boundaries": ("imports.importers.boundaries", "BoundaryImporter"),
    "points": ("imports.importers.points", "PointImporter"),
    "schedule": ("imports.importers.schedule", "ScheduleImporter"),
}


def importer_class(kind: str):
    """Return the importer class of a kind. Raises KeyError for an unknown one."""
    module, name = CLASSES[kind]
    return getattr(import_module(module), name)


def make(kind: str, *, by=None, now=None, rules=None, options=None):
    """Return an importer for one run; `rules` is the mapping that a schedule needs, `options` are those of shapes."""
    importer = importer_class(kind)(by=by, now=now, options=options)
    importer.rules = rules
    return importer
