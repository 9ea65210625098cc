from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('papers', '0005_hosts'),
    ]

    operations = [
        migrations.AddField(
            model_name='ingestion',
            name='bookmark',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='paper',
            name='version',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='The newest seen on arXiv; 0 if none was told.'),
        ),
        migrations.AddField(
            model_name='paper',
            name='withdrawn_on',
            field=models.DateField(blank=True, help_text='When we learnt of it.  No digest has it from then on.', null=True),
        ),
    ]
