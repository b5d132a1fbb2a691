"""Slots for groups in the order in which they were made."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0013_time_off_by_start'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('capacity__gt', 1)), fields=['created_at', 'id'], name='slot_group_created'),
        ),
    ]
