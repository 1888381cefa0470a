"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("calendars", "0001_initial")]

    initial = True

    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "notice_year",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="notice for the year"),
                ),
                ("moved_count", models.PositiveIntegerField(default=0, verbose_name="deadlines moved")),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "reverted_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendarversion",
                        verbose_name="reverted in",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar version",
                "verbose_name_plural": "calendar versions",
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="calendars_version_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("notice_year__isnull", True), ("notice_year__range", (2004, 2060)), _connector="OR"
                        ),
                        name="calendars_notice_year_in_table",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(verbose_name="date")),
                ("is_workday", models.BooleanField(verbose_name="working day")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="festival or reason")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                (
                    "retired_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retired",
                        to="calendars.calendarversion",
                        verbose_name="retired in",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="calendars.calendarversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar entry",
                "verbose_name_plural": "calendar entries",
                "ordering": ["date", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_in__isnull", True)),
                        fields=("date",),
                        name="calendars_one_entry_in_force_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("date__range", (datetime.date(2004, 1, 1), datetime.date(2060, 12, 31)))),
                        name="calendars_date_in_table",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="calendars_source_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retired_in__isnull", True),
                            models.Q(("retired_in", models.F("version")), _negated=True),
                            _connector="OR",
                        ),
                        name="calendars_retired_later",
                    ),
                ],
            },
        ),
    ]
