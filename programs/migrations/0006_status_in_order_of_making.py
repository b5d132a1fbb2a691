"""Programs of a status in the order in which they were made."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0005_ends_and_sessions_by_status'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['status', 'id'], name='enrollment_status_made'),
        ),
    ]
