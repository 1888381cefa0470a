from django.db import migrations, models


class Migration(migrations.Migration):
    """Imports that are being written, or died on the way, are told apart."""

    dependencies = [("imports", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="import started"),
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="status",
            field=models.CharField(
                choices=[
                    ("previewed", "Checked, nothing written"),
                    ("running", "Being imported"),
                    ("broken", "Import interrupted"),
                    ("done", "Import done"),
                    ("cancelled", "Import cancelled"),
                ],
                default="previewed",
                max_length=10,
                verbose_name="status",
            ),
        ),
    ]
