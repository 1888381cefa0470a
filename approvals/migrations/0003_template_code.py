"""A template code may hold dots (B6-49.5): a plain column with a rule of its own, not a slug."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_list_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="chaintemplate",
            name="code",
            field=models.CharField(
                max_length=40,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A(?:[A-Za-z0-9][A-Za-z0-9._-]{0,39})\\Z",
                        "Latin letters, digits, dots, hyphens and underscores only.",
                    )
                ],
                verbose_name="template code",
            ),
        ),
    ]
