"""Which factors (要素) the city keeps ledgers of: rows, not code. Loaded by `manage.py ledger kinds`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Department


class FactorKind(models.Model):
    """One factor: energy, coal, carbon, water, land, a pollutant, power, steam, gas.

    `family` names the units of `factors.quantity`; every amount of the factor is a whole number of the family's
    smallest unit.
    """

    class Group(models.TextChoices):
        ENERGY = "energy", _("Energy")
        WATER = "water", _("Water")
        LAND = "land", _("Land")
        EMISSION = "emission", _("Emissions")
        UTILITY = "utility", _("Utilities")
        OTHER = "other", _("Other instruments")

    class GateMode(models.TextChoices):
        HARD = "hard", _("The stage cannot go on")
        WARN = "warn", _("The stage may go on with a warning")
        OFF = "off", _("Not checked")

    class GateAt(models.TextChoices):
        ACCEPT = "accept", _("from acceptance on")
        DECIDE = "decide", _("at the decision")

    class YearEnd(models.TextChoices):
        EXPIRE = "expire", _("What is left expires")
        CARRY_OVER = "carry_over", _("What is left is carried over")
        KEEP = "keep", _("Pools have no year")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40)
    group = models.CharField(_("group"), max_length=10, choices=Group)
    family = models.CharField(_("family of units"), max_length=12)
    unit = models.CharField(_("display unit"), max_length=12)
    year_end = models.CharField(_("at the end of the year"), max_length=12, choices=YearEnd)
    gate = models.CharField(
        _("gate"), max_length=12, blank=True, help_text=_("The word that chain templates use for stages that need it.")
    )
    gate_mode = models.CharField(_("what the gate does"), max_length=5, choices=GateMode, default=GateMode.HARD)
    gate_at = models.CharField(_("when the gate asks"), max_length=8, choices=GateAt, default=GateAt.ACCEPT)
    reservation_days = models.PositiveSmallIntegerField(_("reservation lasts (calendar days)"), default=180)
    free_reservations = models.BooleanField(
        _("reservations need no checker"), default=False, help_text=_("Every other kind of voucher always needs one.")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department in charge")
    )
    legal_source = models.CharField(_("legal source"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("factor")
        verbose_name_plural = _("factors")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class FactorSource(models.Model):
    """A source of a factor: 黄河水, 中水, 新增建设用地计划. A factor without sources has one with an empty code."""

    kind = models.ForeignKey(FactorKind, models.PROTECT, related_name="sources", verbose_name=_("factor"))
    code = models.CharField(_("code"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=40, blank=True)
    rank = models.PositiveSmallIntegerField(
        _("order of use"), default=0, help_text=_("Lower first: unconventional water before groundwater.")
    )
    needs_reason_while = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked only with a reason while this source has balance"),
        help_text=_("Groundwater for industry while reclaimed water of the same park is left."),
    )
    is_cap = models.BooleanField(
        _("total cap"), default=False, help_text=_("Counts what all sources of the region use together.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["kind", "position", "code"]
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="factor_source_once")]

    def __str__(self):
        return self.name or self.kind.name


class Book(models.Model):
    """An account book (账簿): one factor, one source, one basis. Quota never moves from one book to another."""

    class Basis(models.TextChoices):
        NONE = "", "—"
        CALORIFIC = "calorific", _("Calorific value (当量)")
        PRIMARY = "primary", _("Primary value (等价)")

    code = models.CharField(_("code"), max_length=50, unique=True)
    kind = models.ForeignKey(FactorKind, models.PROTECT, related_name="books", verbose_name=_("factor"))
    source = models.ForeignKey(FactorSource, models.PROTECT, related_name="books", verbose_name=_("source"))
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, blank=True, default=Basis.NONE)

    class Meta:
        verbose_name = _("account book")
        verbose_name_plural = _("account books")
        ordering = ["kind__position", "source__position", "basis"]
        constraints = [models.UniqueConstraint(fields=["kind", "source", "basis"], name="book_once")]

    def __str__(self):
        words = [self.kind.name, self.source.name, self.get_basis_display() if self.basis else ""]
        return " · ".join(word for word in words if word)
