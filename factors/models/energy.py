"""The energy demand form: physical quantities, coefficients with year and source, and who examines."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from factors.models.demands import Demand
from projects.models import Project


class EnergyCarrier(models.Model):
    """An energy carrier: coal, coke, gas, power, heat. Its coefficients stand by year and basis."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40)
    unit = models.CharField(_("unit"), max_length=20)
    is_coal = models.BooleanField(_("counts as coal"), default=False)
    is_power = models.BooleanField(_("is electric power"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("energy carrier")
        verbose_name_plural = _("energy carriers")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class EnergyCoefficient(models.Model):
    """Kilograms of standard coal per unit of a carrier, on one basis, from a year on (GB/T 2589)."""

    carrier = models.ForeignKey(EnergyCarrier, models.CASCADE, related_name="coefficients")
    basis = models.CharField(
        _("basis"), max_length=10, choices=[("calorific", _("Calorific")), ("primary", _("Primary"))]
    )
    year = models.PositiveSmallIntegerField(_("from year"))
    kgce_per_unit = models.DecimalField(_("kgce per unit"), max_digits=12, decimal_places=6)
    source = models.CharField(_("source"), max_length=120)
    checked = models.BooleanField(_("checked against the standard"), default=True)

    class Meta:
        verbose_name = _("coefficient")
        verbose_name_plural = _("coefficients")
        ordering = ["carrier", "basis", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["carrier", "basis", "year"], name="coefficient_once"),
            models.CheckConstraint(condition=Q(kgce_per_unit__gt=0), name="coefficient_positive"),
        ]

    def __str__(self):
        return f"{self.carrier_id} {self.basis} {self.year}"


class ReviewRule(models.Model):
    """From when on which level examines a project of which size (节能审查). A null threshold is not tested."""

    class Level(models.TextChoices):
        EXEMPT = "exempt", _("No examination, a promise is enough")
        COUNTY = "county", _("County or city level")
        CITY = "city", _("City level")
        PROVINCE = "province", _("Provincial level")
        NATION = "nation", _("National level")

    effective_from = models.DateField(_("in force from"))
    level = models.CharField(_("level"), max_length=10, choices=Level)
    min_tce = models.DecimalField(_("from tce a year"), max_digits=14, decimal_places=3, null=True, blank=True)
    min_coal_t = models.DecimalField(
        _("from tonnes of coal a year"), max_digits=14, decimal_places=3, null=True, blank=True
    )
    min_kwh = models.DecimalField(_("from kWh a year"), max_digits=18, decimal_places=2, null=True, blank=True)
    source = models.CharField(_("legal source"), max_length=200)
    checked = models.BooleanField(_("checked against the text"), default=True)

    class Meta:
        verbose_name = _("review rule")
        verbose_name_plural = _("review rules")
        ordering = ["effective_from", "min_tce"]
        constraints = [
            models.UniqueConstraint(fields=["effective_from", "level"], name="review_rule_once"),
        ]

    def __str__(self):
        return f"{self.effective_from} {self.level}"


class EnergyForm(models.Model):
    """A project's yearly energy use as it was reported; `charged_*` (kgce) is what a demand is registered from."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="energy_forms", verbose_name=_("project"))
    demand = models.ForeignKey(Demand, models.SET_NULL, null=True, blank=True, related_name="energy_forms")
    year = models.PositiveSmallIntegerField(_("coefficients of the year"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    total_calorific = models.BigIntegerField(default=0, editable=False)
    total_primary = models.BigIntegerField(default=0, editable=False)
    charged_calorific = models.BigIntegerField(default=0, editable=False)
    charged_primary = models.BigIntegerField(default=0, editable=False)
    coal_kg = models.BigIntegerField(default=0, editable=False)
    power_kwh = models.DecimalField(max_digits=18, decimal_places=2, default=0, editable=False)
    review_level = models.CharField(max_length=10, blank=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    superseded_by = models.OneToOneField("self", models.SET_NULL, null=True, blank=True, related_name="supersedes")

    class Meta:
        verbose_name = _("energy form")
        verbose_name_plural = _("energy forms")
        ordering = ["-made_at"]

    def __str__(self):
        return f"{self.project_id} {self.year}"


class EnergyLine(models.Model):
    """One carrier of the form. A measured value overrides the table and says where it was measured."""

    form = models.ForeignKey(EnergyForm, models.CASCADE, related_name="lines")
    carrier = models.ForeignKey(EnergyCarrier, models.PROTECT, related_name="+", verbose_name=_("carrier"))
    quantity = models.DecimalField(_("quantity a year"), max_digits=18, decimal_places=4)
    raw_material = models.DecimalField(_("of which raw material"), max_digits=18, decimal_places=4, default=0)
    green = models.DecimalField(_("of which renewable"), max_digits=18, decimal_places=4, default=0)
    measured_kgce = models.DecimalField(
        _("measured kgce per unit"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    evidence = models.CharField(_("where it was measured"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("energy line")
        verbose_name_plural = _("energy lines")
        constraints = [
            models.UniqueConstraint(fields=["form", "carrier"], name="energy_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, raw_material__gte=0, green__gte=0), name="energy_line_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=models.F("raw_material") + models.F("green")), name="energy_line_parts_fit"
            ),
            models.CheckConstraint(
                condition=Q(measured_kgce__isnull=True) | ~Q(evidence=""), name="energy_line_measured_has_evidence"
            ),
        ]

    def __str__(self):
        return f"{self.form_id} {self.carrier_id}"
