"""Visits done at a practice by when they last changed. Seconds on a million visits."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0014_users_of_a_kind'),
        ('patients', '0011_patients_of_several_organizations'),
        ('programs', '0006_status_in_order_of_making'),
        ('scheduling', '0014_groups_in_order_of_making'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('status', 'done')), fields=['practice', 'updated_at'], name='appointment_done'),
        ),
    ]
