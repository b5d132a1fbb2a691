"""Archived visits in the order of their making."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0018_books_and_changes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['created_at', 'id'], name='appointment_archived_created'),
        ),
    ]
