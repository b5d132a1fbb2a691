"""Orders of a status in the order in which they were placed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0005_lists_of_few_orders'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['status', 'id'], name='order_status_placed'),
        ),
    ]
