"""Give a new database the shipped topics.  Topics that exist are left alone."""

import json
from pathlib import Path

from django.db import migrations

CATALOGUE = Path(__file__).parent.parent / "data" / "topics.json"
LISTS = ("include", "exclude", "categories")  # stored as one entry a line


def load_topics(apps, schema_editor):
    topics = apps.get_model("papers", "Topic").objects.using(schema_editor.connection.alias)
    for position, entry in enumerate(json.loads(CATALOGUE.read_text(encoding="utf-8")), start=1):
        fields = {name: "\n".join(entry[name]) for name in LISTS}
        fields |= {"name": entry["name"], "description": entry["description"]}
        topics.get_or_create(slug=entry["slug"], defaults={**fields, "position": position})


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial")]

    operations = [migrations.RunPython(load_topics, migrations.RunPython.noop, elidable=False)]
