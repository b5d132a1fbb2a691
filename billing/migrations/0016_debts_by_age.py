"""Debts by age and currency, summed in an index alone. Quick: of open bills only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0015_currency_of_each_bill'),
        ('directory', '0014_users_of_a_kind'),
        ('patients', '0012_endings_of_names'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='billbalance',
            index=models.Index(condition=models.Q(('owed', 0), _negated=True), fields=['practice', 'direction', 'currency', 'issued_on', 'owed'], name='bill_balance_age'),
        ),
    ]
