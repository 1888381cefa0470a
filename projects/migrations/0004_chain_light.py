"""Until now every light was the chain's own: the new column starts as its copy."""

from django.db import migrations
from django.db.models import F


def copy_light(apps, schema_editor):
    apps.get_model("projects", "Project").objects.update(chain_light=F("light"))


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_blocked")]

    operations = [migrations.RunPython(copy_light, migrations.RunPython.noop)]
