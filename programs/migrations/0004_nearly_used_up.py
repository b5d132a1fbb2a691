"""Programs with a session left or none are counted and listed by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0003_program_lists'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['sessions_left', 'id'], name='enrollment_sessions_left'),
        ),
    ]
