"""Requests to post: drafted by a maker, passed or refused by a checker who is somebody else."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors.models.demands import Demand
from factors.models.journal import Account, Posting, Reservation
from projects.uploads import KeptFile


class Voucher(models.Model):
    """A voucher on its way (待审凭证). It occupies nothing until a checker passes it; then it becomes a posting."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("voucher", "Draft")
        SUBMITTED = "submitted", _("Waits for its checker")
        POSTED = "posted", _("Posted")
        REFUSED = "refused", _("Refused by its checker")
        CANCELLED = "cancelled", _("Withdrawn by its maker")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Posting.Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    document_no = models.CharField(_("document number"), max_length=60, blank=True)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    reverses = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True, related_name="+")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    asked_checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checker asked"),
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    check_note = models.CharField(_("checker's note"), max_length=500, blank=True)
    seen_available = models.BigIntegerField(null=True, blank=True)  # what the maker's screen said, for the refusal
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "id"], name="voucher_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="voucher_checker_is_another"
            ),
            models.CheckConstraint(
                condition=Q(asked_checker__isnull=True) | ~Q(asked_checker=F("maker")), name="voucher_asked_is_another"
            ),
            models.CheckConstraint(  # a city may free reservations from the checker, nothing else
                condition=~Q(status="posted") | Q(checker__isnull=False) | Q(kind="reserve"),
                name="voucher_posted_was_checked",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["submitted", "posted"]) | ~Q(document_no=""),
                name="voucher_has_document_number",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.document_no}".strip()


class VoucherLine(models.Model):
    """One line of a voucher: what is to move. For confirmation, release and renewal it names the reservation."""

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="lines")
    line = models.PositiveSmallIntegerField(default=1)
    debit = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from"))
    credit = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("to"))
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    reservation = models.ForeignKey(Reservation, models.PROTECT, null=True, blank=True, related_name="+")
    demand = models.ForeignKey(Demand, models.PROTECT, null=True, blank=True, related_name="voucher_lines")
    expires_on = models.DateField(_("reserved until"), null=True, blank=True)
    stock = models.ForeignKey(
        "factors.StockAmount", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from stock")
    )

    class Meta:
        verbose_name = _("voucher line")
        verbose_name_plural = _("voucher lines")
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "line"], name="voucher_line_once"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="voucher_amount_positive"),
        ]

    def __str__(self):
        return f"{self.voucher_id}/{self.line}"


class VoucherAttachment(KeptFile):
    """A file kept with a voucher, named by its hash."""

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="vouchers/%Y/%m")


class QuotaRequest(models.Model):
    """A project's place in the queue for a scarce factor. The order is advisory; a human decides and says why."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        GRANTED = "granted", _("Granted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    demand = models.ForeignKey(Demand, models.PROTECT, related_name="requests", verbose_name=_("demand"))
    amount = models.BigIntegerField(_("amount"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=500, blank=True)
    advice = models.JSONField(default=dict)  # the place and the figures that the rule gave when it was decided
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="requests")

    class Meta:
        verbose_name = _("quota request")
        verbose_name_plural = _("quota requests")
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="quota_request_positive"),
            models.UniqueConstraint(fields=["demand"], condition=Q(status="waiting"), name="quota_request_one_waiting"),
        ]

    def __str__(self):
        return f"{self.demand_id}: {self.amount}"

    @property
    def wanted(self) -> int:
        """What of the amount is still missing: the demand may have got something, or become smaller, since."""
        return max(0, min(self.amount, self.demand.gap))
