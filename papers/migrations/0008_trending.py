from django.db import migrations, models
from django.db.models import F


def expect_what_is_there(apps, schema_editor):
    """Lists that settled long ago are never scored again: they have the votes that they have."""
    apps.get_model("papers", "Paper").objects.update(expected_votes=F("votes"))


class Migration(migrations.Migration):
    dependencies = [("papers", "0007_topic_models")]

    operations = [
        migrations.CreateModel(
            name="GrowthPoint",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                )),
                ("hours", models.PositiveSmallIntegerField(unique=True)),
                ("share", models.FloatField()),
                ("lists", models.PositiveSmallIntegerField()),
                ("learned_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["hours"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("share__gt", 0), ("share__lte", 1)),
                        name="growth_share_in_range",
                    )
                ],
            },
        ),
        migrations.AddField("paper", "own_votes",
            models.PositiveIntegerField(default=0, editable=False)),
        migrations.AddField("paper", "vouched_at",
            models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField("paper", "expected_votes",
            models.FloatField(default=0, editable=False)),
        migrations.AddField("paper", "doubted_votes",
            models.PositiveIntegerField(default=0, editable=False)),
        migrations.RunPython(expect_what_is_there, migrations.RunPython.noop),
    ]
