"""Delivered orders of a practice in the order in which they were delivered. Seconds on a million orders."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_references'),
        ('directory', '0014_users_of_a_kind'),
        ('orders', '0006_status_in_order_of_placing'),
        ('patients', '0011_patients_of_several_organizations'),
        ('programs', '0006_status_in_order_of_making'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(condition=models.Q(('status', 'delivered')), fields=['practice', 'delivered_at', 'id'], name='order_delivered'),
        ),
    ]
