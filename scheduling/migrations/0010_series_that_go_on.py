"""The series that `manage.py extend_slots` rolls forward, beside all that are over. Quick: they are few."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0009_time_off_ahead'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='slotseries',
            index=models.Index(condition=models.Q(models.Q(('until_date', None), ('generated_until', None), ('until_date__gt', models.F('generated_until')), _connector='OR'), ('withdrawn_at', None)), fields=['generated_until'], name='slot_series_goes_on'),
        ),
        migrations.AddIndex(
            model_name='timeoffseries',
            index=models.Index(condition=models.Q(models.Q(('until_date', None), ('generated_until', None), ('until_date__gt', models.F('generated_until')), _connector='OR'), ('archived_at', None)), fields=['generated_until'], name='timeoff_series_goes_on'),
        ),
    ]
