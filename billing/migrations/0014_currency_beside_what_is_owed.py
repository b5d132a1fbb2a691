"""The currency of a bill beside what is owed on it. Ten seconds or so on a million bills."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery

import core.iso


def copy_currency(apps, _schema_editor):
    currency = apps.get_model("billing", "Bill").objects.filter(pk=OuterRef("bill_id")).values("currency")
    apps.get_model("billing", "BillBalance").objects.update(currency=Subquery(currency))


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0013_balances_that_changed'),
    ]

    operations = [
        migrations.AddField(
            model_name='billbalance',
            name='currency',
            field=models.CharField(default='', max_length=3, validators=[core.iso.check_currency], verbose_name='currency'),
            preserve_default=False,
        ),
        migrations.RunPython(copy_currency, migrations.RunPython.noop),
    ]
