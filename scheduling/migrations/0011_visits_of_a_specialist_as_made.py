"""A specialist's visits in the order in which they were made. Seconds on a million visits."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0010_series_that_go_on'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['specialist', 'created_at', 'id'], name='appointment_specialist_created'),
        ),
    ]
