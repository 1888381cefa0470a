"""What a project is expected to bring each year once it produces: output and tax, in 10,000 yuan. Empty is unknown."""

from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0007_person_by_role")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="output_wan",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=14,
                null=True,
                validators=[MinValueValidator(0)],
                verbose_name="yearly output at full production (10,000 yuan)",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="tax_wan",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=14,
                null=True,
                validators=[MinValueValidator(0)],
                verbose_name="yearly tax at full production (10,000 yuan)",
            ),
        ),
    ]
