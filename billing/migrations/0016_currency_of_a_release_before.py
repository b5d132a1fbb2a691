"""The release before, which still runs while this one is installed, issues bills without the new column. At once."""

import core.iso
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0015_debts_by_age'),
    ]

    operations = [
        migrations.AlterField(
            model_name='billbalance',
            name='currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3, validators=[core.iso.check_currency], verbose_name='currency'),
        ),
    ]
