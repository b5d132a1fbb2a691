"""Programs that end soon or are nearly used up are found by whole indexes: SQLite takes no partial one for a bound value."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0004_nearly_used_up'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='enrollment',
            name='enrollment_sessions_left',
        ),
        migrations.RemoveIndex(
            model_name='enrollment',
            name='enrollment_ends',
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['status', 'ends_at', 'id'], name='enrollment_status_ends'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['status', 'sessions_left', 'id'], name='enrollment_status_sessions'),
        ),
    ]
