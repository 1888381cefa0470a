"""The ledger: accounts with four running totals, and the journal that they are the sum of.

Words and semantics are TigerBeetle's: a transfer debits one account and credits another; a pending transfer (预占) is
later posted (确认), voided (释放) or expires, once at the most. All amounts are whole numbers of the factor's smallest
unit. Rows of the journal are written by `factors.ledger.post` only and never change: triggers refuse it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors.models.kinds import Book
from people.models import Department, District
from projects.models import Enterprise, Park, Project


class Account(models.Model):
    """An account of one book and period. `tier` orders locks: what many writers share comes last."""

    class Role(models.TextChoices):
        ISSUER = "issuer", _("Upper level")
        POOL = "pool", _("Pool")
        HOLDING = "holding", _("Holding")
        RECOVERED = "recovered", _("Recovered stock")
        RETIRED = "retired", _("Retired")
        CAP = "cap", _("Total cap")
        USED = "used", _("Used under the cap")

    TIERS = {"holding": 1, "retired": 5, "issuer": 6, "recovered": 7, "pool": 8, "used": 9, "cap": 10}

    book = models.ForeignKey(Book, models.PROTECT, related_name="accounts", verbose_name=_("account book"))
    period = models.CharField(
        _("period"), max_length=60, blank=True, help_text=_("The year of the pool, or a vintage; blank: no period.")
    )
    role = models.CharField(_("kind of account"), max_length=10, choices=Role)
    code = models.CharField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="accounts")
    park = models.ForeignKey(Park, models.PROTECT, null=True, blank=True, related_name="accounts")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, null=True, blank=True, related_name="accounts")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="accounts")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("managed by")
    )
    cap = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="capped", verbose_name=_("total cap above it")
    )
    tier = models.PositiveSmallIntegerField(editable=False)
    may_overdraw = models.BooleanField(default=False, editable=False)
    debits_posted = models.BigIntegerField(default=0, editable=False)
    credits_posted = models.BigIntegerField(default=0, editable=False)
    debits_pending = models.BigIntegerField(default=0, editable=False)
    credits_pending = models.BigIntegerField(default=0, editable=False)
    last_on = models.DateField(_("latest entry on"), null=True, editable=False)
    permit_limit = models.BigIntegerField(_("permit limit"), null=True, blank=True)
    permit_until = models.DateField(_("permit valid until"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["book", "period", "role", "code"]
        indexes = [
            models.Index(fields=["role", "book", "period"], name="account_of_role"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["book", "period", "code"], name="account_once"),
            models.CheckConstraint(
                condition=Q(debits_posted__gte=0, credits_posted__gte=0, debits_pending__gte=0, credits_pending__gte=0),
                name="account_totals_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(may_overdraw=True) | Q(credits_posted__gte=F("debits_posted") + F("debits_pending")),
                name="account_never_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(may_overdraw=False) | Q(role="issuer"), name="account_only_issuer_overdraws"
            ),
        ]

    def __str__(self):
        return f"{self.book} · {self.name}" + (f" · {self.period}" if self.period else "")

    def save(self, *args, **kwargs):
        self.tier = self.TIERS[self.role]
        self.may_overdraw = self.role == self.Role.ISSUER
        super().save(*args, **kwargs)

    @property
    def balance(self) -> int:
        """What was received less what was given away, reservations not counted (余额)."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What can still be given away (可用)."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def secured(self) -> int:
        """For a holding: confirmed and reserved together."""
        return self.credits_posted - self.debits_posted + self.credits_pending


class JournalYear(models.Model):
    """The last voucher number of a year: one row that postings take in turn, so that numbers have no holes."""

    year = models.PositiveSmallIntegerField(unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("voucher numbers")
        verbose_name_plural = _("voucher numbers")

    def __str__(self):
        return f"{self.year}: {self.last_number}"


class Posting(models.Model):
    """One numbered entry of the journal (凭证): who, when, by which document, why; its transfers stand or fall."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening balance")
        GRANT = "grant", pgettext_lazy("quota", "Grant")
        REALLOCATE = "reallocate", _("Reallocation")
        RESERVE = "reserve", _("Reservation")
        CONFIRM = "confirm", _("Confirmation")
        RELEASE = "release", _("Release")
        EXPIRE = "expire", _("Expiry")
        RENEW = "renew", _("Renewal")
        RECOVER = "recover", _("Recovery")
        ABSORB = "absorb", _("Recovered stock into the pool")
        EARN = "earn", _("Earned from stock")
        TRADE = "trade", _("Trade")
        REDUCE = "reduce", _("Reduction")
        EXPIRE_YEAR = "expire_year", _("Expiry at year end")
        CARRY_OVER = "carry_over", _("Carry-over")
        REVERSE = "reverse", _("Reversal")

    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("voucher number"))
    key = models.CharField(_("idempotency key"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    occurred_on = models.DateField(_("date"))
    recorded_at = models.DateTimeField(_("recorded at"))
    document_no = models.CharField(_("document number"), max_length=60, blank=True)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("checked by"),
        db_index=False,
    )  # fmt: skip
    voucher = models.ForeignKey(
        "factors.Voucher", models.PROTECT, null=True, related_name="postings", verbose_name=_("request")
    )
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    renews = models.OneToOneField("factors.Reservation", models.PROTECT, null=True, related_name="renewal")
    renewed_until = models.DateField(_("renewed until"), null=True)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        ordering = ["year", "number"]
        indexes = [
            models.Index(fields=["document_no"], name="posting_document"),
            models.Index(fields=["occurred_on", "id"], name="posting_by_day"),
        ]
        constraints = [
            # Not `unique`, which makes a second index for LIKE on PostgreSQL: every posting would pay for it.
            models.UniqueConstraint(fields=["key"], name="posting_key_once"),
            models.UniqueConstraint(fields=["year", "number"], name="posting_number_once"),
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="posting_checker_is_another"
            ),
            models.CheckConstraint(
                condition=Q(kind="renew", renews__isnull=False, renewed_until__isnull=False)
                | (~Q(kind="renew") & Q(renews__isnull=True, renewed_until__isnull=True)),
                name="posting_renewal_names_reservation",
            ),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False) | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="posting_reversal_names_entry",
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def label(self) -> str:
        """The number as clerks write it: four digits, unique within the year."""
        return f"{self.number:04d}"


class Transfer(models.Model):
    """One movement between two accounts; balanced by construction. Append-only."""

    class Phase(models.TextChoices):
        POSTED = "posted", _("at once")
        PENDING = "pending", _("reserved")
        POST = "post", _("reservation confirmed")
        VOID = "void", _("reservation released")
        EXPIRE = "expire", _("reservation expired")

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="transfers", db_index=False)
    line = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=8, choices=Phase)
    debit = models.ForeignKey(Account, models.PROTECT, related_name="debits", db_index=False)
    credit = models.ForeignKey(Account, models.PROTECT, related_name="credits", db_index=False)
    amount = models.BigIntegerField()
    resolves = models.OneToOneField("self", models.PROTECT, null=True, related_name="resolved_by")
    expires_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["debit", "id"], name="transfer_of_debit"),
            models.Index(fields=["credit", "id"], name="transfer_of_credit"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["posting", "line"], name="transfer_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_accounts"),
            models.CheckConstraint(
                condition=Q(phase__in=["posted", "pending"], resolves__isnull=True)
                | Q(phase__in=["post", "void", "expire"], resolves__isnull=False),
                name="transfer_resolution_names_reservation",
            ),
        ]

    def __str__(self):
        return f"{self.posting_id}/{self.line}"


class Reservation(models.Model):
    """A pending transfer as work in hand: until when it holds, and what became of it. Derived from the journal.

    `twin_of`: the reservation under the total cap that goes with one of a source; it is resolved with it.
    """

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="reservation")
    pool = models.ForeignKey(Account, models.PROTECT, related_name="reservations_out", db_index=False)
    holding = models.ForeignKey(Account, models.PROTECT, related_name="reservations_in", db_index=False)
    amount = models.BigIntegerField()
    reserved_on = models.DateField()
    expires_on = models.DateField()
    renewed = models.BooleanField(default=False)
    twin_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="twin")
    resolved_by = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        indexes = [
            models.Index(
                fields=["expires_on", "id"], condition=Q(resolved_by__isnull=True), name="reservation_expiring"
            ),
            models.Index(fields=["holding"], condition=Q(resolved_by__isnull=True), name="reservation_open_in"),
            models.Index(fields=["pool"], condition=Q(resolved_by__isnull=True), name="reservation_open_out"),
        ]

    def __str__(self):
        return f"{self.transfer_id}"
