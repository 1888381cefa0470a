"""What was imported: one batch per file, one row per data row of it. A batch is made by a preview and written once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from imports.cells import Problem


class ImportBatch(models.Model):
    """One uploaded file and what became of it. A batch that is not `done` has written nothing."""

    class Kind(models.TextChoices):
        PROJECTS = "projects", _("Projects")
        ENTERPRISES = "enterprises", _("Enterprises")
        PARKS = "parks", _("Parks")
        PROGRESS = "progress", _("Stage progress")
        SCHEDULE = "schedule", _("Schedule of another system")
        GRANTS = "grants", pgettext_lazy("quota", "Grants")
        OPENINGS = "openings", _("Opening balances")
        JOURNAL = "journal", _("Journal entries")
        DEMANDS = "demands", _("Demands")
        BOUNDARIES = "boundaries", _("Outlines")
        POINTS = "points", _("Points")

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("Checked, nothing written")
        RUNNING = "running", _("Being imported")
        INTERRUPTED = "broken", _("Import interrupted")
        DONE = "done", _("Import done")
        CANCELLED = "cancelled", _("Import cancelled")

    OPEN = (Status.PREVIEWED, Status.INTERRUPTED)

    class Mode(models.TextChoices):
        ALL = "all", _("Import only if every row is right")
        GOOD = "good", _("Import the right rows first")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PREVIEWED)
    mode = models.CharField(_("mode"), max_length=4, choices=Mode, default=Mode.ALL)
    file_name = models.CharField(_("file"), max_length=200)
    upload = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("size (bytes)"), default=0)
    mapping = models.CharField(_("mapping"), max_length=100, blank=True)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    epoch_1904 = models.BooleanField(default=False)
    heading_row = models.PositiveIntegerField(_("row of headings"), default=1)
    headings = models.JSONField(default=list)
    columns = models.JSONField(default=dict, help_text="column index → our column name")
    remarks = models.JSONField(default=list, help_text="problems that concern the whole file, in their stored form")
    fixes = models.JSONField(default=dict, help_text="cell address → text taken over from a suggestion")
    options = models.JSONField(default=dict, help_text="how a file of shapes is read: system, encoding, repairs …")
    total = models.PositiveIntegerField(_("rows"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("without change"), default=0)
    wrong = models.PositiveIntegerField(_("wrong"), default=0)
    wrong_cells = models.PositiveIntegerField(_("wrong cells"), default=0)
    fingerprint = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports", verbose_name=_("by"))
    made_at = models.DateTimeField(_("uploaded"))
    started_at = models.DateTimeField(_("import started"), null=True, blank=True)
    done_at = models.DateTimeField(_("imported"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    total=models.F("new") + models.F("changed") + models.F("unchanged") + models.F("wrong")
                ),
                name="import_counts_add_up",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.file_name}"

    def earlier(self):
        """Return the latest done batch of the same file and kind, or None. One query."""
        same = ImportBatch.objects.filter(sha256=self.sha256, kind=self.kind, status=self.Status.DONE)
        return same.exclude(pk=self.pk).order_by("-id").first()

    @property
    def is_open(self) -> bool:
        """Whether it may still be imported: nothing of it is in."""
        return self.status in self.OPEN

    @property
    def writes(self) -> int:
        """The rows that importing the right ones writes."""
        return self.new + self.changed

    @property
    def sentences(self) -> list[str]:
        """The remarks on the whole file, in the active language."""
        return [Problem.from_stored(remark).words() for remark in self.remarks]


class ImportRow(models.Model):
    """A data row of a batch: what it says, and the judgement. After the import: what was written."""

    class Verdict(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Updated")
        UNCHANGED = "unchanged", _("Unchanged")
        WRONG = "wrong", _("Wrong")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    cells = models.JSONField(default=list)
    changes = models.JSONField(default=dict, help_text="column letter → value before")
    problems = models.JSONField(default=dict, help_text="column letter → problem")
    notes = models.JSONField(default=dict, help_text="column letter → how the cell was read")
    shape = models.JSONField(null=True, help_text="GeoJSON geometry in CGCS2000, for the preview on the map")

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["batch", "verdict", "number"], name="import_row_by_verdict")]

    def __str__(self):
        return f"{self.batch_id}:{self.number}"
