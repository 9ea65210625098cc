from django.db import migrations

from papers import search


def install(apps, schema_editor):
    search.install(schema_editor.connection)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE papers_paper DROP COLUMN search")
        return
    for name in ("new", "gone", "changed"):
        schema_editor.execute(f"DROP TRIGGER papers_search_{name}")
    schema_editor.execute("DROP TABLE papers_search")


class Migration(migrations.Migration):

    dependencies = [
        ('papers', '0009_desk'),
    ]

    operations = [
        migrations.RunPython(install, remove),
    ]
