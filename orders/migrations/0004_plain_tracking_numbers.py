import core.plain_text
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0003_order_lists'),
    ]

    operations = [
        migrations.AlterField(
            model_name='productorder',
            name='tracking_number',
            field=core.plain_text.PlainTextField(blank=True, editable=False, max_length=100, verbose_name='tracking number'),
        ),
    ]
