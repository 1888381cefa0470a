"""Prints: what a paper said, frozen for good; the jobs that make many of them, and the workers that do the jobs.

A paper's content is stored with it, so that `/v/<token>` can show years later what was printed and what has changed.
The file of a print is kept for a while only (PRINT_DAYS); the row and its content stay.
"""

import zlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.models import Project


class Kind(models.TextChoices):
    """The papers of a dossier that are printed in versions."""

    CARD = "card", _("Card (A4, one page)")
    CARD_A5 = "card_a5", _("Card (folded A5)")
    BOOKLET = "booklet", _("Booklet")


class Print(models.Model):
    """One paper: a frozen content, its version, who printed it when. Nothing of it is changed once the file is there.

    `version` counts the different contents of a project's papers of one kind; `copy` counts the prints of one version.
    `finished_at` is None until the whole file lies on the disk: before that the paper does not exist for anybody.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="prints", verbose_name=_("project"))
    kind = models.CharField(_("paper"), max_length=8, choices=Kind)
    version = models.PositiveIntegerField(_("version"))
    copy = models.PositiveIntegerField(_("copy"), default=1)
    number = models.CharField(_("number"), max_length=60)
    token = models.CharField(max_length=32, unique=True, editable=False)
    check_code = models.CharField(_("check code"), max_length=9)
    content = models.BinaryField(help_text="canonical JSON of the dossier, deflated")
    sha256 = models.CharField(max_length=64, help_text="of the canonical JSON")
    face = models.CharField(max_length=64, help_text="sha256 of the JSON without the moment it was read")
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="prints")
    printed_at = models.DateTimeField(_("printed at"))
    base_url = models.CharField(max_length=200)
    rung = models.CharField(_("rung"), max_length=20, blank=True, help_text="of the one-page ladder")
    shortened = models.JSONField(default=list, help_text="what was shortened to keep one page")
    pages = models.PositiveIntegerField(_("pages"), default=0)
    file = models.CharField(max_length=120, blank=True, help_text="below MEDIA_ROOT; blank when expired")
    file_size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("print")
        verbose_name_plural = _("prints")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "version", "copy"], name="print_once"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, file="") | Q(finished_at__isnull=False, pages__gt=0),
                name="print_finished_has_pages",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="print_expiry")]

    def __str__(self):
        return f"{self.number} {self.kind} v{self.version}"

    def json(self) -> bytes:
        """Return the frozen content as it was, canonical JSON."""
        return zlib.decompress(bytes(self.content))

    @property
    def is_there(self) -> bool:
        """Whether the file can be fetched."""
        return bool(self.finished_at and self.file)


class PrintJob(models.Model):
    """Some papers ordered at once. It is done when every item is printed or has failed, and the bundle is written."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for a printer process")
        RUNNING = "running", _("Being printed")
        BUNDLING = "bundling", _("Being put together")
        DONE = "done", _("Finished")
        CANCELLED = "cancelled", pgettext_lazy("print", "Cancelled")
        EXPIRED = "expired", _("Expired")

    class Bundle(models.TextChoices):
        MERGED = "merged", _("One PDF")
        ZIP = "zip", _("One file each, in a ZIP archive")

    OPEN = (Status.WAITING, Status.RUNNING, Status.BUNDLING)

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="print_jobs")
    kind = models.CharField(_("paper"), max_length=8, choices=Kind)
    bundle = models.CharField(_("bundle"), max_length=6, choices=Bundle, default=Bundle.MERGED)
    title = models.CharField(_("title"), max_length=200, blank=True)
    base_url = models.CharField(max_length=200)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    held_up = models.CharField(max_length=12, blank=True, help_text="why it waits, e.g. disk_full")
    worker = models.CharField(max_length=40, blank=True, help_text="who is writing the bundle")
    total = models.PositiveIntegerField(_("papers"))
    created_at = models.DateTimeField(_("ordered at"))
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=120, blank=True, help_text="below MEDIA_ROOT; blank when there is none")
    file_size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    pages = models.PositiveIntegerField(_("pages"), default=0)

    class Meta:
        verbose_name = _("print job")
        verbose_name_plural = _("print jobs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["by", "-id"], name="print_job_of_person"),
            models.Index(fields=["status"], name="print_job_by_status"),
        ]

    def __str__(self):
        return f"#{self.pk} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has still something to do for it."""
        return self.status in self.OPEN


class PrintItem(models.Model):
    """One paper of a job. Who holds it is a worker; a worker that is dead or silent loses it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being printed")
        DONE = "done", _("printed")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    job = models.ForeignKey(PrintJob, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=12, blank=True, help_text="why it failed: a key of dossiers.reasons.REASONS")
    detail = models.CharField(
        max_length=200, blank=True, help_text="of a failure: what the log has; else: characters without a font"
    )
    print = models.ForeignKey(Print, models.SET_NULL, null=True, blank=True, related_name="items")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("paper of a print job")
        verbose_name_plural = _("papers of a print job")
        ordering = ["job", "position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "project"], name="print_item_once"),
            models.CheckConstraint(condition=~Q(status="done") | Q(finished_at__isnull=False), name="print_item_done"),
        ]
        indexes = [
            models.Index(fields=["job", "status", "position"], name="print_item_next"),
            models.Index(fields=["status", "worker"], name="print_item_held"),
        ]

    def __str__(self):
        return f"{self.job_id}:{self.position}"


class PrintWorker(models.Model):
    """A process that prints. It signs in every few seconds; one that does not is taken for dead."""

    name = models.CharField(max_length=40, unique=True)
    host = models.CharField(_("machine"), max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    documents = models.PositiveIntegerField(_("papers"), default=0)
    memory_kb = models.PositiveIntegerField(_("memory (KB)"), default=0)

    class Meta:
        verbose_name = _("printer process")
        verbose_name_plural = _("printer processes")

    def __str__(self):
        return self.name
