"""The currency of a bill beside what is owed on it; at once, as it is empty. The old release goes on issuing bills."""

from django.db import migrations, models

import core.iso


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0013_balances_that_changed'),
    ]

    operations = [
        migrations.AddField(
            model_name='billbalance',
            name='currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3, validators=[core.iso.check_currency], verbose_name='currency'),
        ),
    ]
