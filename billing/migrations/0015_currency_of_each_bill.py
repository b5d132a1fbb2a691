"""The currency of each bill beside what is owed on it: ten seconds or so for a million bills, read meanwhile."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_currency(apps, _schema_editor):
    currency = apps.get_model("billing", "Bill").objects.filter(pk=OuterRef("bill_id")).values("currency")
    apps.get_model("billing", "BillBalance").objects.update(currency=Subquery(currency))


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0014_currency_beside_what_is_owed'),
    ]

    operations = [migrations.RunPython(copy_currency, migrations.RunPython.noop)]
