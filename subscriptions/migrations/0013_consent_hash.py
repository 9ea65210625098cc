from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db import migrations, models


def add_hashes(apps: Any, schema_editor: Any) -> None:
    """There are as many wordings as versions of the pages, and not as many as consents."""
    consents = apps.get_model("subscriptions", "Consent").objects.exclude(wording="")
    for wording in consents.order_by().values_list("wording", flat=True).distinct():
        digest = sha256(wording.encode()).hexdigest()
        consents.filter(wording=wording, wording_hash="").update(wording_hash=digest)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0012_rights")]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="wording_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="consent",
            name="act",
            field=models.CharField(
                choices=[
                    ("asked", "Asked"),
                    ("confirmed", "Confirmed"),
                    ("left", "Left"),
                    ("counted", "Counted"),
                    ("uncounted", "Uncounted"),
                    ("denied", "Denied"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(add_hashes, migrations.RunPython.noop),
    ]
