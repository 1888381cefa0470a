"""Where quota comes from beside grants: parcels, stock that can be recovered, replacement sources, trades."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from factors.models.demands import Demand
from factors.models.journal import Account, Posting
from factors.models.kinds import Book
from factors.models.vouchers import Voucher
from people.access import AccessPaths
from people.models import Department, District
from projects.models import Enterprise, Park, Project


class Parcel(models.Model):
    """A parcel of land on its way 批 → 供 → 用. Areas are in the ledger's unit of land; price in 分."""

    class Fault(models.TextChoices):
        NONE = "", _("Not decided")
        ENTERPRISE = "enterprise", _("The enterprise's")
        GOVERNMENT = "government", _("The government's")

    code = models.CharField(_("parcel code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    district = models.ForeignKey(District, models.PROTECT, related_name="parcels", verbose_name=_("district"))
    park = models.ForeignKey(
        Park, models.PROTECT, null=True, blank=True, related_name="parcels", verbose_name=_("park")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="parcels", verbose_name=_("project")
    )
    area = models.BigIntegerField(_("area"))
    reported_on = models.DateField(_("sent up for approval on"), null=True, blank=True)
    approval_no = models.CharField(_("approval document"), max_length=60, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    cleared_on = models.DateField(_("cleared on"), null=True, blank=True)
    supplied_on = models.DateField(_("supplied on"), null=True, blank=True)
    contract_no = models.CharField(_("contract or allocation no."), max_length=60, blank=True)
    price_fen = models.BigIntegerField(_("price"), null=True, blank=True)
    agreed_start_on = models.DateField(_("agreed start of works"), null=True, blank=True)
    started_on = models.DateField(_("works started on"), null=True, blank=True)
    started_share = models.DecimalField(_("share of area started (%)"), max_digits=5, decimal_places=2, default=0)
    invested_share = models.DecimalField(_("share of investment done (%)"), max_digits=5, decimal_places=2, default=0)
    stopped_on = models.DateField(_("works stopped since"), null=True, blank=True)
    completed_on = models.DateField(_("completed on"), null=True, blank=True)
    fault = models.CharField(_("whose fault"), max_length=10, choices=Fault, blank=True, default=Fault.NONE)
    disposed_on = models.DateField(_("disposed of on"), null=True, blank=True)
    disposal = models.CharField(_("how it was disposed of"), max_length=200, blank=True)

    ACCESS = AccessPaths(district="district", park="park", edit="factor.make")

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(area__gt=0), name="parcel_area_positive"),
            models.CheckConstraint(
                condition=Q(started_share__range=(0, 100), invested_share__range=(0, 100)),
                name="parcel_shares_are_percent",
            ),
            models.CheckConstraint(
                condition=Q(supplied_on__isnull=True) | Q(approved_on__isnull=False, approved_on__lte=F("supplied_on")),
                name="parcel_supplied_after_approval",
            ),
            models.CheckConstraint(
                condition=Q(started_on__isnull=True) | Q(supplied_on__isnull=False), name="parcel_started_after_supply"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"


class StockAsset(models.Model):
    """Stock that holds quota and could give it back: 僵尸企业, 落后产能, idle plant."""

    class Kind(models.TextChoices):
        ZOMBIE = "zombie", _("Zombie enterprise")
        BACKWARD = "backward", _("Backward capacity")
        UPGRADE = "upgrade", _("Saving by upgrading")
        IDLE = "idle", _("Idle plant or land")
        UNUSED = "unused", _("Confirmed quota not used")

    class Status(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        VERIFIED = "verified", _("Verified")
        RECOVERED = "recovered", _("Recovered")
        DROPPED = "dropped", _("Given up")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, null=True, blank=True, related_name="stock_assets")
    district = models.ForeignKey(District, models.PROTECT, related_name="stock_assets", verbose_name=_("district"))
    park = models.ForeignKey(Park, models.PROTECT, null=True, blank=True, related_name="stock_assets")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    plan = models.CharField(_("plan"), max_length=300, blank=True)
    plan_on = models.DateField(_("planned for"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CHECKING)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verified_on = models.DateField(null=True, blank=True)
    verification_no = models.CharField(_("verification document"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    ACCESS = AccessPaths(district="district", park="park", edit="factor.make")

    class Meta:
        verbose_name = _("stock asset")
        verbose_name_plural = _("stock assets")
        ordering = ["plan_on", "code"]

    def __str__(self):
        return self.name


class StockAmount(models.Model):
    """How much of a book a stock asset could give back, into which pool; what was, is the sum of its postings."""

    asset = models.ForeignKey(StockAsset, models.CASCADE, related_name="amounts")
    book = models.ForeignKey(Book, models.PROTECT, related_name="+")
    pool = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="recoverable")
    recoverable = models.BigIntegerField(_("recoverable"))
    recovered = models.BigIntegerField(_("recovered"), default=0, editable=False)

    class Meta:
        verbose_name = _("recoverable amount")
        verbose_name_plural = _("recoverable amounts")
        constraints = [
            models.UniqueConstraint(fields=["asset", "book"], name="stock_amount_once"),
            models.CheckConstraint(condition=Q(recoverable__gt=0), name="stock_amount_positive"),
            models.CheckConstraint(
                condition=Q(recovered__gte=0, recovered__lte=F("recoverable")), name="stock_never_more_than_verified"
            ),
        ]

    def __str__(self):
        return f"{self.asset_id} {self.book_id}"


class StockRecovery(models.Model):
    """Which posting recovered how much of an asset."""

    stock = models.ForeignKey(StockAmount, models.PROTECT, related_name="recoveries")
    posting = models.OneToOneField(Posting, models.PROTECT, related_name="stock_recovery")
    amount = models.BigIntegerField()

    class Meta:
        verbose_name = _("recovery")
        verbose_name_plural = _("recoveries")

    def __str__(self):
        return f"{self.stock_id} {self.amount}"


class ReplacementSource(models.Model):
    """A verified saving that two-high projects may cite as their replacement (等量/减量替代). Used once."""

    name = models.CharField(_("name"), max_length=120)
    book = models.ForeignKey(Book, models.PROTECT, related_name="+", verbose_name=_("account book"))
    asset = models.ForeignKey(StockAsset, models.PROTECT, null=True, blank=True, related_name="replacement_sources")
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    saving = models.BigIntegerField(_("verified saving"))
    used = models.BigIntegerField(default=0, editable=False)
    verified_on = models.DateField(_("verified on"))
    verification_no = models.CharField(_("verification document"), max_length=60)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    ACCESS = AccessPaths(district="district", edit="factor.make")

    class Meta:
        verbose_name = _("replacement source")
        verbose_name_plural = _("replacement sources")
        constraints = [
            models.CheckConstraint(condition=Q(saving__gt=0), name="replacement_saving_positive"),
            models.CheckConstraint(condition=Q(used__gte=0, used__lte=F("saving")), name="replacement_used_once"),
        ]

    def __str__(self):
        return self.name


class ReplacementUse(models.Model):
    """What a demand takes of a replacement source. `ratio` in thousandths: 1200 is a reduction by 1 to 1.2."""

    source = models.ForeignKey(ReplacementSource, models.PROTECT, related_name="uses")
    demand = models.ForeignKey(Demand, models.PROTECT, related_name="replacements")
    amount = models.BigIntegerField(_("amount"))
    ratio_thousandths = models.PositiveIntegerField(_("ratio (thousandths)"), default=1000)
    document_no = models.CharField(_("document number"), max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("use of a replacement source")
        verbose_name_plural = _("uses of replacement sources")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="replacement_use_positive")]

    def __str__(self):
        return f"{self.source_id} → {self.demand_id}"


class Trade(models.Model):
    """A paid transfer of water right or energy right between two holdings, with what it was checked against."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waits for approval")
        APPROVED = "approved", _("Approved and posted")
        REFUSED = "refused", _("Refused")

    code = models.CharField(_("registration no."), max_length=40, unique=True)
    book = models.ForeignKey(Book, models.PROTECT, related_name="trades", verbose_name=_("account book"))
    seller = models.ForeignKey(Account, models.PROTECT, related_name="sales", verbose_name=_("seller's account"))
    buyer = models.ForeignKey(Account, models.PROTECT, related_name="purchases", verbose_name=_("buyer's account"))
    amount = models.BigIntegerField(_("amount"))
    price_fen = models.BigIntegerField(_("price per display unit (分)"))
    from_on = models.DateField(_("term from"))
    until_on = models.DateField(_("term until"))
    verified_saving = models.BigIntegerField(_("verified saving"))
    saving_document_no = models.CharField(_("saving verified by"), max_length=60)
    saving_measure = models.CharField(_("how it was saved"), max_length=200, blank=True)
    filing_no = models.CharField(_("filing no."), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    voucher = models.OneToOneField(Voucher, models.PROTECT, null=True, blank=True, related_name="trade")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("trade")
        verbose_name_plural = _("trades")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, price_fen__gte=0), name="trade_amount_positive"),
            models.CheckConstraint(condition=Q(from_on__lte=F("until_on")), name="trade_term_in_order"),
            models.CheckConstraint(condition=~Q(seller=F("buyer")), name="trade_two_parties"),
            models.CheckConstraint(condition=Q(amount__lte=F("verified_saving")), name="trade_only_what_was_saved"),
        ]

    def __str__(self):
        return self.code
