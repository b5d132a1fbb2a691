"""Time off by its end: what lies ahead of somebody is a range, however long they have been there.

Quick: the index has the claims of time off alone.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0008_patients_of_a_specialist'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(condition=models.Q(('time_off__isnull', False)), fields=['resource', 'ends_at', 'starts_at'], name='claim_time_off_ahead'),
        ),
        migrations.RemoveIndex(
            model_name='claim',
            name='claim_time_off',
        ),
    ]
