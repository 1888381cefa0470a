"""Versions of the working calendar and the days that a city entered by hand.

Design overview: the notices that come with the software are data of `calendars.store`, not rows. Rows are only what was
entered here: a pasted notice or a local decision. Rows are never changed or deleted: an entry is retired by a later
version, so the calendar of any version can be built again. Version 0 is the calendar without any row.
Writes only through `calendars.actions`.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from calendars.workdays import FIRST, LAST


class CalendarVersion(models.Model):
    """One change of the calendar: who made it, when, why, on whose word, and how many deadlines it moved."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )
    source = models.CharField(_("source"), max_length=200)
    note = models.CharField(_("note"), max_length=200, blank=True)
    notice_year = models.PositiveSmallIntegerField(_("notice for the year"), null=True, blank=True)
    reverted_in = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reverted in")
    )
    moved_count = models.PositiveIntegerField(_("deadlines moved"), default=0)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="calendars_version_from_one"),
            models.CheckConstraint(
                condition=Q(notice_year__isnull=True) | Q(notice_year__range=(FIRST.year, LAST.year)),
                name="calendars_notice_year_in_table",
            ),
        ]

    def __str__(self):
        return f"v{self.number}"


class DayOverrideQuerySet(models.QuerySet):
    """Reads of the entries on the calendar."""

    def in_force(self):
        """Return the entries of the newest version, one a day at most."""
        return self.filter(retired_in=None)

    def in_force_at(self, number: int):
        """Return the entries of version `number`, one a day at most."""
        return self.filter(version__number__lte=number).filter(
            Q(retired_in=None) | Q(retired_in__number__gt=number),
        )


class DayOverride(models.Model):
    """One day that differs from the delivered calendar, with its source (document number or decision)."""

    date = models.DateField(_("date"))
    is_workday = models.BooleanField(_("working day"))
    name = models.CharField(_("festival or reason"), max_length=60, blank=True)
    source = models.CharField(_("source"), max_length=200)
    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="overrides", verbose_name=_("version"))
    retired_in = models.ForeignKey(
        CalendarVersion, models.PROTECT, null=True, blank=True, related_name="retired", verbose_name=_("retired in")
    )

    objects = DayOverrideQuerySet.as_manager()

    class Meta:
        ordering = ["date", "pk"]
        verbose_name = _("calendar entry")
        verbose_name_plural = _("calendar entries")
        constraints = [
            models.UniqueConstraint(
                fields=["date"], condition=Q(retired_in__isnull=True), name="calendars_one_entry_in_force_a_day"
            ),
            models.CheckConstraint(condition=Q(date__range=(FIRST, LAST)), name="calendars_date_in_table"),
            models.CheckConstraint(condition=~Q(source=""), name="calendars_source_given"),
            models.CheckConstraint(
                condition=Q(retired_in__isnull=True) | ~Q(retired_in=F("version")), name="calendars_retired_later"
            ),
        ]

    def __str__(self):
        return f"{self.date} {'班' if self.is_workday else '休'} {self.name}".rstrip()
