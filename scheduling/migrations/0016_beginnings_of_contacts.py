"""Contacts of registrations by what their name, address or number begins with."""

from django.db import migrations, models

COLUMNS = ("contact_name", "contact_email", "contact_phone")


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0015_visits_done'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(
                fields=[column],
                name=f'appointment_{column}',
                opclasses=['varchar_pattern_ops'],
                condition=models.Q(('contact_name', ''), _negated=True),
            ),
        )
        for column in COLUMNS
    ]
