from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0010_debts_by_payee'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='billbalance',
            index=models.Index(condition=models.Q(('owed__lt', 0)), fields=['bill'], name='bill_balance_back'),
        ),
    ]
