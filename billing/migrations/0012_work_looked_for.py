"""Until when `bill_due_work` has looked for work of a practice. At once: the column is empty."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0011_bills_to_refund'),
    ]

    operations = [
        migrations.AddField(
            model_name='billingsettings',
            name='looked_until',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='looked for work to bill until'),
        ),
    ]
