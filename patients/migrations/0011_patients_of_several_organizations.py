"""Patients of several organizations in the order in which they were made."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0010_lists_in_order_of_making'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['created_at', 'id'], name='patient_created_anywhere'),
        ),
    ]
