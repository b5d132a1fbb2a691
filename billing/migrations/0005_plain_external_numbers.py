import core.plain_text
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0004_money_lists'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bill',
            name='external_number',
            field=core.plain_text.PlainTextField(blank=True, max_length=50, verbose_name='number there'),
        ),
    ]
