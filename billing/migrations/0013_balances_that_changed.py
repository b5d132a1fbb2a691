"""Bills by when what is owed on them last changed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0012_work_looked_for'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='billbalance',
            index=models.Index(fields=['updated_at', 'bill'], name='bill_balance_updated'),
        ),
    ]
