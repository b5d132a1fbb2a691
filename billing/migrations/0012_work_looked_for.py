"""Until when a practice that bills automatically was looked through. At once: an empty column."""

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
