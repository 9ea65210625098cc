from django.db import migrations, models

import numpy as np

from newsletter.picks import PACKED

READERS_AT_ONCE = 1000


def fill(apps, schema_editor):
    """Note what was accepted before there was a history; what is on the way is noted later."""
    alias = schema_editor.connection.alias
    deliveries = apps.get_model("newsletter", "Delivery").objects.using(alias)
    accepted = deliveries.filter(state="accepted").exclude(subscriber=None)
    sent = apps.get_model("newsletter", "Sent").objects.using(alias)
    readers = accepted.order_by("subscriber").values_list("subscriber", flat=True).distinct()
    ids = list(readers)
    for start in range(0, len(ids), READERS_AT_ONCE):
        some = ids[start : start + READERS_AT_ONCE]
        found = accepted.filter(subscriber__gte=some[0], subscriber__lte=some[-1]).order_by("pk")
        sent.bulk_create(rows(sent.model, found.values_list("subscriber", "packed_picks")))


def rows(sent, deliveries):
    """Collect the papers of each reader and block, two bytes each, in the order of sending."""
    papers = {}
    for reader, packed in deliveries.iterator():
        for paper in np.frombuffer(packed, PACKED)["paper"].tolist():
            block = papers.setdefault((reader, paper >> 12), bytearray())
            block += (paper & 4095).to_bytes(2, "little")
    return [
        sent(subscriber_id=reader, block=block, papers=bytes(held))
        for (reader, block), held in papers.items()
    ]


class Migration(migrations.Migration):

    dependencies = [
        ("newsletter", "0005_cards"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "parked")), fields=["issue"], name="delivery_parked"
            ),
        ),
    ]
