"""Archived patients of several organizations, and of a specialist, in the order of their making."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0014_counts_by_name'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['created_at', 'id'], name='patient_archived_anywhere'),
        ),
    ]
