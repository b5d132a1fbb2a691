"""Visits that have a time, in the order of their making; by when they were cancelled, and archived."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0016_beginnings_of_contacts'),
    ]

    operations = [
        # Dropping it first would lock everybody out of the table until the end.
        migrations.RenameIndex(model_name='appointment', old_name='appointment_created', new_name='appointment_created_before'),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('starts_at__isnull', False)), fields=['created_at', 'id'], name='appointment_created'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('cancelled_at__isnull', False)), fields=['cancelled_at', 'id'], name='appointment_cancelled_at'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['archived_at', 'id'], name='appointment_archived_at'),
        ),
    ]
