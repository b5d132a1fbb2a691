"""Visits from slots in the orders of their lists, and what changed of each month: ten seconds for a million visits."""

from django.db import migrations, models

import scheduling.dated

FROM_SLOTS = models.Q(('archived_at', None), ('slot__isnull', False))
MORE = ['practice', 'updated_at', 'slot', 'archived_at']


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0017_visits_as_made_and_cancelled'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(
                condition=FROM_SLOTS, fields=['starts_at', 'id', 'status', *MORE], name='appointment_book'
            ),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(
                condition=FROM_SLOTS, fields=['status', 'starts_at', 'id', *MORE], name='appointment_book_status'
            ),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(
                condition=FROM_SLOTS,
                fields=['specialist', 'status', 'starts_at', 'id', *MORE],
                name='appointment_book_specialist',
            ),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(
                scheduling.dated.Month('starts_at'),
                models.F('updated_at'),
                condition=FROM_SLOTS,
                name='appointment_month_updated',
            ),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(
                scheduling.dated.Month('starts_at'),
                models.F('updated_at'),
                condition=models.Q(('withdrawn_at', None)),
                name='slot_month_updated',
            ),
        ),
    ]
