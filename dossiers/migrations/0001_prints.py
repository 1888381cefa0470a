"""Prints, the jobs that make them, their items and the workers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("projects", "0007_person_by_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrintWorker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("host", models.CharField(max_length=100, verbose_name="machine")),
                ("pid", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("documents", models.PositiveIntegerField(default=0, verbose_name="papers")),
                ("memory_kb", models.PositiveIntegerField(default=0, verbose_name="memory (KB)")),
            ],
            options={
                "verbose_name": "printer process",
                "verbose_name_plural": "printer processes",
            },
        ),
        migrations.CreateModel(
            name="Print",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("card", "Card (A4, one page)"),
                            ("card_a5", "Card (folded A5)"),
                            ("booklet", "Booklet"),
                        ],
                        max_length=8,
                        verbose_name="paper",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("copy", models.PositiveIntegerField(default=1, verbose_name="copy")),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("token", models.CharField(editable=False, max_length=32, unique=True)),
                ("check_code", models.CharField(max_length=9, verbose_name="check code")),
                ("content", models.BinaryField(help_text="canonical JSON of the dossier, deflated")),
                ("sha256", models.CharField(help_text="of the canonical JSON", max_length=64)),
                (
                    "face",
                    models.CharField(help_text="sha256 of the JSON without the moment it was read", max_length=64),
                ),
                ("printed_at", models.DateTimeField(verbose_name="printed at")),
                ("base_url", models.CharField(max_length=200)),
                (
                    "rung",
                    models.CharField(
                        blank=True, help_text="of the one-page ladder", max_length=20, verbose_name="rung"
                    ),
                ),
                ("shortened", models.JSONField(default=list, help_text="what was shortened to keep one page")),
                ("pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
                (
                    "file",
                    models.CharField(blank=True, help_text="below MEDIA_ROOT; blank when expired", max_length=120),
                ),
                ("file_size", models.PositiveBigIntegerField(default=0, verbose_name="size (bytes)")),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "printed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="prints", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prints",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "print",
                "verbose_name_plural": "prints",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["expires_at"], name="print_expiry")],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "kind", "version", "copy"), name="print_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("file", ""), ("finished_at__isnull", True)),
                            models.Q(("finished_at__isnull", False), ("pages__gt", 0)),
                            _connector="OR",
                        ),
                        name="print_finished_has_pages",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("card", "Card (A4, one page)"),
                            ("card_a5", "Card (folded A5)"),
                            ("booklet", "Booklet"),
                        ],
                        max_length=8,
                        verbose_name="paper",
                    ),
                ),
                (
                    "bundle",
                    models.CharField(
                        choices=[("merged", "One PDF"), ("zip", "One file each, in a ZIP archive")],
                        default="merged",
                        max_length=6,
                        verbose_name="bundle",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("base_url", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a printer process"),
                            ("running", "Being printed"),
                            ("bundling", "Being put together"),
                            ("done", "Finished"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("held_up", models.CharField(blank=True, help_text="why it waits, e.g. disk_full", max_length=12)),
                ("worker", models.CharField(blank=True, help_text="who is writing the bundle", max_length=40)),
                ("total", models.PositiveIntegerField(verbose_name="papers")),
                ("created_at", models.DateTimeField(verbose_name="ordered at")),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "file",
                    models.CharField(
                        blank=True, help_text="below MEDIA_ROOT; blank when there is none", max_length=120
                    ),
                ),
                ("file_size", models.PositiveBigIntegerField(default=0, verbose_name="size (bytes)")),
                ("pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="print_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "print job",
                "verbose_name_plural": "print jobs",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["by", "-id"], name="print_job_of_person"),
                    models.Index(fields=["status"], name="print_job_by_status"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "being printed"),
                            ("done", "printed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("worker", models.CharField(blank=True, max_length=40)),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="why it failed: a key of dossiers.reasons.REASONS", max_length=12
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        blank=True,
                        help_text="of a failure: what the log has; else: characters without a font",
                        max_length=200,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "print",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="items",
                        to="dossiers.print",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="dossiers.printjob"
                    ),
                ),
            ],
            options={
                "verbose_name": "paper of a print job",
                "verbose_name_plural": "papers of a print job",
                "ordering": ["job", "position"],
                "indexes": [
                    models.Index(fields=["job", "status", "position"], name="print_item_next"),
                    models.Index(fields=["status", "worker"], name="print_item_held"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "project"), name="print_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "done"), _negated=True), ("finished_at__isnull", False), _connector="OR"
                        ),
                        name="print_item_done",
                    ),
                ],
            },
        ),
    ]
